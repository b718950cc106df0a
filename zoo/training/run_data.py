"""Records of a run's data, in its folder and checkpoints: it resumes only with the same data.

A run folder stores the facts from `facts_of` in `data.json`, and one row per image (see
`zoo.data.fingerprint`) so that an error can name the first difference. A checkpoint stores what the
rows of its weights refer to: the vocabulary, the classes, the seed, the data's fingerprint, and the
hashes of the pre-trained networks.
"""

import contextlib
import gzip
import json
import zlib
from pathlib import Path

from zoo.data import fingerprint
from zoo.errors import ZooError
from zoo.training.run_folder import COUNT, NAMES, TEXT, read_object

FACTS, ROWS, FORMAT = "data.json", "data_rows.jsonl.gz", 1
SIDES = {"training": "training", "held_out": "held-out"}
NOTE = "meaning"  # key of a checkpoint's notes
_FORM = {
    "format": COUNT, "classes": NAMES,
    **dict.fromkeys(SIDES, {"images": COUNT, "fingerprint": TEXT, "which": TEXT}),
}


def facts_of(data):
    """The facts of a `zoo.training.TextToImageData` or `zoo.training.ImageData`.

    Returns:
        dict of `format`, `source`, `classes` (list of str or None), and for `training` and
        `held_out` (None if nothing is held out) a dict of `which`, a description, `images`, their
        number (of two domains: the sum), and `fingerprint`.
    """
    if not hasattr(data, "facts"):
        classes = getattr(data.source, "class_names", None)
        data.facts = {
            "format": FORMAT, "source": data.settings.name,
            "classes": classes and [str(name) for name in classes],
            "training": _side(data.source, "training"),
            "held_out": None if data.whole is None else _side(data.whole, data.word),
        }
    return data.facts


def _side(source, which):
    lines = _lines(source)
    return {"which": which, "images": len(lines),
            "fingerprint": fingerprint.fingerprint(lines, source)}


def _lines(source):
    return [fingerprint.line_of(row) for row in fingerprint.rows_of(source)]


def card_facts(data):
    """The facts about the data for a preset's metadata: a dict of str and int."""
    facts = facts_of(data)
    training, held_out = facts["training"], facts["held_out"]
    return {
        "source": facts["source"], "images": training["images"],
        "fingerprint": training["fingerprint"],
        "held_out": held_out["which"] if held_out else "nothing",
        **({"held_out_images": held_out["images"]} if held_out else {}),
    }


# --- folders --------------------------------------------------------------------------------------


def check_folder(directory, data):
    """Raises `ZooError`, naming the first difference, if the run in a folder used other data.

    A folder without a record of its data is not checked.
    """
    old = read_object(Path(directory) / FACTS, _FORM)
    if old is None:
        return
    if old.get("format") != FORMAT:
        raise ZooError(
            f"{Path(directory) / FACTS} is of another zoo version (format {old.get('format')}, "
            f"expected {FORMAT}): resume with that version, or give another --workdir."
        )
    difference = _difference(directory, old, facts_of(data), data)
    if difference:
        raise ZooError(
            f"--workdir {directory} was started with other data: {difference}. Restore the old "
            "data to resume it, or start again in another folder."
        )


def _difference(directory, old, new, data):
    if problem := list_difference("class", old.get("classes"), new["classes"]):
        return problem
    which = [(facts.get("held_out") or {}).get("which", "no images") for facts in (old, new)]
    if which[0] != which[1]:
        return f"{which[0]} were held out for scores and samples, now it is {which[1]}"
    for side, words in SIDES.items():
        before, now = old.get(side) or {}, new[side] or {}
        if before.get("fingerprint") != now.get("fingerprint"):
            source = data.source if side == "training" else data.whole
            return f"in the {words} images, {_first(directory, side, before, now, source)}"
    return ""


def _first(directory, side, before, now, source):
    """The first difference of one side, from the rows that the folder stores."""
    rows = _read_rows(directory, side)
    difference = rows and fingerprint.first_difference(rows, list(fingerprint.rows_of(source)))
    return difference or (
        f"names, captions, classes or contents differ ({before.get('images')} images there, "
        f"{now.get('images')} now)"
    )


def _read_rows(directory, side):
    """The stored rows of one side, or None if they are missing or unreadable."""
    try:
        with gzip.open(Path(directory) / ROWS, "rt", encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        return [row["row"] for row in rows if row["side"] == side]
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError):
        return None


def record(folder, data, rows=True):
    """Stores the facts of the data in a `RunFolder` that has none yet.

    `rows`: whether to store one row per image too; a pre-training stage shares those of the run.
    """
    if not folder.writer or (folder.path / FACTS).exists():
        return
    if folder.checkpoint.exists():
        folder.log(
            "this run was started by a version that did not record the data, so they could not be "
            "compared; they are recorded now"
        )
    if rows:
        from zoo.storage import write_bytes_atomically

        sides = {"training": data.source, "held_out": data.whole}
        text = "".join(
            f'{{"side":"{side}","row":{line}}}\n'
            for side, source in sides.items() if source is not None for line in _lines(source)
        )
        packed = gzip.compress(text.encode(), 1, mtime=0)
        write_bytes_atomically(str(folder.path / ROWS), packed)
    folder.write_json(FACTS, facts_of(data))


# --- pre-trained networks -------------------------------------------------------------------------


def weights_of(presets):
    """dict of name -> SHA-256 of the weights, from a dict of name -> preset; "" is left out."""
    from zoo.presets import read_metadata

    return {
        name: read_metadata(handle).get("files", {}).get("model.weights.h5", {}).get("sha256")
        for name, handle in presets.items() if handle
    }


# --- checkpoints ----------------------------------------------------------------------------------


def meaning_of(model, config, data, presets):
    """The vocabulary, classes, seed, data and pre-trained networks of a model's weights.

    Args:
        presets: dict of "damsm", "stream" -> preset of the pre-trained network.
    """
    vocabulary, classes = getattr(model, "vocabulary", None), getattr(model, "class_names", None)
    return {
        "vocabulary": None if vocabulary is None else list(vocabulary.tokens),
        "classes": None if classes is None else [str(name) for name in classes],
        "seed": config.seed, "fingerprint": facts_of(data)["training"]["fingerprint"],
        "beside": weights_of(presets),
    }


def meaning_notes(meaning):
    """The notes of a checkpoint: dict of str to str."""
    return {NOTE: json.dumps(meaning)} if meaning else {}


def has_meaning(notes):
    return NOTE in notes


def check_meaning(path, notes, meaning):
    """Raises `ZooError`, naming the first difference, if a checkpoint has another meaning."""
    if not has_meaning(notes):
        return
    with _damage_explained(path):
        difference = _other_meaning(json.loads(notes[NOTE]), meaning)
    if difference:
        raise ZooError(
            f"{path} does not belong to this run: {difference}. Restore the run's own checkpoint "
            "or data, or start again in another --workdir."
        )


def recorded_words(path):
    """The words that the weights of a checkpoint belong to, a list; None if it records none."""
    from zoo.storage import read_notes

    notes = read_notes(str(path))
    with _damage_explained(path):
        words = json.loads(notes[NOTE]).get("vocabulary") if has_meaning(notes) else None
        return None if words is None else [str(word) for word in words]


@contextlib.contextmanager
def _damage_explained(path):
    try:
        yield
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise ZooError(
            f"{path} is damaged: its record of the data cannot be read. Restore a copy, or start "
            "again in another --workdir."
        ) from None


def check_pretrained(directory, presets):
    """Raises `ZooError` if the run in a folder used other pre-trained weights than `presets`.

    Without a checkpoint, or without a record in it, nothing is checked.
    """
    from zoo.storage import read_notes

    path = Path(directory) / "checkpoints" / "last.h5"
    notes = read_notes(str(path)) if path.exists() else {}
    if has_meaning(notes):
        check_meaning(path, notes, {"beside": weights_of(presets)})


def _other_meaning(old, new):
    """The first difference among the keys of `new`, or ""."""
    for key, what in (("vocabulary", "word"), ("classes", "class")):
        if key in new and (problem := list_difference(what, old.get(key), new[key])):
            return problem
    if old.get("seed") != new.get("seed", old.get("seed")):
        return f"its seed was {old.get('seed')}, but config.seed is {new['seed']}"
    for name in sorted({*old.get("beside", {}), *new["beside"]}):
        a, b = old.get("beside", {}).get(name), new["beside"].get(name)
        if a != b:
            return (f"its {name.upper()} had other weights (SHA-256 {str(a)[:16]} there, "
                    f"{str(b)[:16]} now)")
    if old.get("fingerprint") != new.get("fingerprint", old.get("fingerprint")):
        return "it was trained on other images, captions or classes than the present ones"
    return ""


def list_difference(what, old, new):
    """The first difference between two lists of words or classes, or ""; None counts as empty."""
    old, new = list(old or ()), list(new or ())
    for index, (a, b) in enumerate(zip(old, new, strict=False)):
        if a != b:
            counts = "" if len(old) == len(new) else f" ({len(old)} there, {len(new)} now)"
            return f'{what} {index} was "{a}" and is now "{b}"{counts}'
    if len(old) != len(new):
        shorter, longer = sorted((old, new), key=len)
        change = "is missing" if longer is old else "is new"
        return (f'{what} {len(shorter)}, "{longer[len(shorter)]}", {change} ({len(old)} there, '
                f"{len(new)} now)")
    return ""
