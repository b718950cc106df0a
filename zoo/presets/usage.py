"""How a preset is used, in Python and on the command line, by what its model reads.

`condition_of` takes it from the model itself; the metadata keeps it, so that the model card, which
is made of the metadata alone, cannot show a call that the model does not understand.
"""

import json
import shlex

_KINDS = {  # by the first of a batch's condition fields
    "tokens": "captions",
    "pieces": "captions",
    "words": "word embeddings",
    "sentence": "embeddings",
    "labels": "labels",
    "source": "images",
}
_BY_TASK = {  # of presets that do not say it
    "text-to-image": {"kind": "captions"},
    "label-to-image": {"kind": "labels", "examples": [0, 1]},
    "image-to-image": {"kind": "images"},
    "image-captioning": {"kind": "description"},
}
_TWO_WAYS = {"DRIT": ["a2b", "b2a"]}
_COUNTS = {"labels": "samples_per_condition", "images": "samples_per_condition"}


def condition_of(model):
    """What a model is told to draw by, for `metadata["condition"]`.

    Returns:
        dict of plain values: `kind` is "captions", "embeddings", "word embeddings", "nothing",
        "labels", "images", or "description" of a model that tells what pictures show; `features`
        of an embedding, `max_words` of those of words,
        `examples` of labels, `directions` of a translation, and `samples` 1 where there is no
        latent. None for a model without any of these.
    """
    fields = getattr(model, "condition_fields", None)
    if fields is None:
        return {"kind": "description"} if hasattr(model, "describe") else None
    kind = next((_KINDS[field] for field in fields if field in _KINDS), "nothing")
    condition = {"kind": kind}
    if kind.endswith("embeddings"):
        condition["features"] = int(model.text_input.features)
    if kind == "word embeddings":
        condition["max_words"] = int(model.max_words)
    if kind == "labels":
        names = model.class_names or list(range(model.classes))
        unclear = any(";" in str(name) for name in names)  # separates them on the command line
        condition["examples"] = list(range(len(names)))[:2] if unclear else list(names[:2])
    if directions := getattr(model, "directions", ()):
        condition["directions"] = list(directions)
    if not model.latent_dim:
        condition["samples"] = 1
    return condition


def recorded_condition(metadata):
    """The `condition` of a preset's metadata, or what its task and class let suppose; or None."""
    if metadata.get("condition"):
        return metadata["condition"]
    condition = _BY_TASK.get(metadata.get("task"))
    directions = _TWO_WAYS.get(metadata.get("class"))
    return {**condition, "directions": directions} if condition and directions else condition


def python_lines(name, condition):
    """Lines of Python that use the preset `name`."""
    call, comment = _call(condition)
    return (
        "import zoo\n\n"
        f"model = zoo.from_preset({json.dumps(name)})  # or the path of this directory\n"
        f"{call}{comment}"
    )


def _call(condition):
    kind, count = condition["kind"], condition.get("samples", 4)
    if kind == "description":
        return 'captions = model.describe("photos")', "  # a file, a folder, or arrays"
    words = ", ".join(str(condition.get(n, n)) for n in ("max_words", "features"))
    first, comment = {
        "captions": ('["a caption"]', ""),
        "embeddings": ("embeddings", f"  # float (rows, {condition.get('features', 'features')})"),
        "word embeddings": (
            '{"words": words, "lengths": lengths}', f"  # words float (rows, {words})"
        ),
        "nothing": ("", ""),
        "labels": (json.dumps(condition.get("examples")), ""),
        "images": ('"photos"', "  # a file, a folder, or arrays"),
    }[kind]
    arguments = [first] if first else []
    if count > 1:
        arguments.append(f"{_COUNTS.get(kind, 'images_per_caption')}={count}")
    arguments.append("seed=7")
    if directions := condition.get("directions"):
        arguments.append(f"direction={json.dumps(directions[0])}")
        comment = f"  # or {', '.join(map(json.dumps, directions[1:]))}"
    return f"images = model.generate({', '.join(arguments)})", comment


def command_lines(name, condition):
    """The command that makes (or describes) pictures with the preset `name`; a line a direction."""
    kind, count = condition["kind"], condition.get("samples", 4)
    start = f"python -m recipes.generate --preset={shlex.quote(name)}"
    if kind == "description":
        return f"{start} --images=photos --describe --out=descriptions"
    examples = ";".join(map(str, condition.get("examples", [])))
    flags = {
        "captions": '--captions="a caption"',
        "embeddings": "--embeddings=sentences.npy",
        "word embeddings": "--embeddings=words.npz",
        "nothing": "",
        "labels": f"--labels={_quoted(examples)}",
        "images": "--images=photos",
    }[kind]
    samples = f"--samples_per_condition={count}" if count > 1 else ""
    lines = []
    for direction in condition.get("directions") or [None]:
        way = f"--direction={direction}" if direction else ""
        parts = (start, flags, way, samples, "--seed=7", "--out=pictures")
        lines.append(" ".join(part for part in parts if part))
    return "\n".join(lines)


def _quoted(text):
    plain = not any(sign in text for sign in '"$`\\!')
    return f'"{text}"' if plain else shlex.quote(text)
