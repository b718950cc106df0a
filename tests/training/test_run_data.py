"""Records of the data in a run folder: real folders and short runs."""

import json
import re
import shutil

import numpy as np
import pytest
from PIL import Image

from recipes import damsm, dcgan, pix2pix
from tests.support.recipes import open_data, train
from tests.training.fakes import config as tiny_config
from zoo.errors import ZooError
from zoo.storage import save_variables
from zoo.training.config import to_plain
from zoo.training.run_data import (
    FACTS,
    ROWS,
    check_folder,
    check_meaning,
    check_pretrained,
    facts_of,
    meaning_notes,
    record,
)
from zoo.training.run_folder import RunFolder, as_begun, check_config_matches

WORDS = ("red", "blue", "green")


def image(path, value, size=(16, 16)):
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(value).integers(0, 256, (*size[::-1], 3), np.uint8)
    Image.fromarray(noise).save(path)


def captioned(folder, count=12):
    for number in range(count):
        image(folder / f"{number}.png", number)
    write_captions(folder, [f"a {WORDS[number % 3]} cat" for number in range(count)])


def write_captions(folder, captions):
    (folder / "metadata.jsonl").write_text("\n".join(
        json.dumps({"file_name": f"{number}.png", "text": text})
        for number, text in enumerate(captions)
    ))


def settings(recipe, **changes):
    config = recipe.get_config("shapes").copy_and_resolve_references().unlock()
    config.update_from_flattened_dict(changes)
    config.checkpoint_every = config.sample_every = config.log_every = 1
    return config


def captions_config(folder, **changes):
    config = settings(damsm, **{
        "model.image_size": 16, "model.features": 4, "model.embedding_dim": 4,
        "model.image_filters": 2, "batch_size": 4, "steps": 1,
    })
    config.data = damsm.get_config("emoji").data.copy_and_resolve_references()
    config.data.update({"name": "folder", "directory": str(folder), "min_count": 1, **changes})
    return config


def classes_config(folder, **changes):
    return settings(dcgan, **{
        "data.name": "classes", "data.directory": str(folder), "batch_size": 4, "steps": 1,
        "model.image_size": 16, "model.latent_dim": 2, **changes,
    })


def begun(tmp_path, config):
    """The `Data` of a config, recorded in a run folder."""
    data = open_data(config)
    folder = RunFolder(tmp_path / "run", tiny_config(), quiet=True)
    record(folder, data)
    folder.close()
    check_folder(tmp_path / "run", open_data(config))  # the same data pass
    return data


def refused(tmp_path, config):
    with pytest.raises(ZooError) as found:
        check_folder(tmp_path / "run", open_data(config))
    text = str(found.value)
    assert "was started with other data" in text and "\n" not in text
    return text


@pytest.mark.parametrize(("change", "message"), [
    (lambda c: c.__setitem__(1, "a blue dog"), 'in the training images, caption 1 of "1.png" was '
                                               '"a blue cat" and is now "a blue dog"'),
    (lambda c: c.__setitem__(0, "a red dog"), 'in the held-out images, caption 1 of "0.png"'),
    (lambda c: c.pop(), 'in the training images, "11.png" no longer exists'),
])
def test_changed_captions_are_rejected(tmp_path, change, message):
    captioned(tmp_path / "mine")
    config = captions_config(tmp_path / "mine")
    begun(tmp_path, config)
    captions = [f"a {WORDS[number % 3]} cat" for number in range(12)]
    change(captions)
    write_captions(tmp_path / "mine", captions)
    assert message in refused(tmp_path, config)


def test_exchanged_images_and_embeddings_are_rejected(tmp_path):
    captioned(tmp_path / "mine")
    values = np.random.default_rng(0).normal(size=(12, 1, 3)).astype("float32")
    np.save(tmp_path / "mine" / "embeddings.npy", values)
    config = captions_config(tmp_path / "mine")
    config.text = "embeddings"  # the data are read so, though a DAMSM is not trained so
    begun(tmp_path, config)
    values[5, 0, 2] += 1
    np.save(tmp_path / "mine" / "embeddings.npy", values)
    assert 'the embeddings of "5.png" have changed' in refused(tmp_path, config)
    values[5, 0, 2] -= 1
    np.save(tmp_path / "mine" / "embeddings.npy", values)
    image(tmp_path / "mine" / "7.png", 7, (9, 9))
    assert re.search(r'the image "7.png" has changed \(\d+ bytes before', refused(tmp_path, config))


@pytest.mark.parametrize(("change", "message"), [
    (("dog", "wolf"), 'class 1 was "dog" and is now "wolf"'),
    (("cat", "zebra"), 'class 0 was "cat" and is now "dog"'),
    (("dog/1.png", "cat/9.png"), '"dog/1.png" no longer exists'),
])
def test_renamed_classes_are_rejected(tmp_path, change, message):
    for name in ("cat", "dog"):
        for number in range(4):
            image(tmp_path / "mine" / name / f"{number}.png", number)
    begun(tmp_path, classes_config(tmp_path / "mine"))
    shutil.move(tmp_path / "mine" / change[0], tmp_path / "mine" / change[1])
    assert message in refused(tmp_path, classes_config(tmp_path / "mine"))


def test_a_later_test_split_is_rejected(tmp_path):
    for number in range(9):
        image(tmp_path / "mine" / "train" / f"{number}.png", number, (32, 16))
    config = settings(pix2pix, **{
        "data.name": "pairs", "data.directory": str(tmp_path / "mine"), "steps": 1})
    data = begun(tmp_path, config)
    assert facts_of(data)["held_out"]["which"] == "held-out (10 % by hash)"
    image(tmp_path / "mine" / "test" / "0.png", 50, (32, 16))
    words = (
        "held-out (10 % by hash) were held out for scores and samples, now it is held-out (test)"
    )
    assert words in refused(tmp_path, config)


@pytest.mark.parametrize("damage", ["missing", "text", "cut", "list"])
def test_without_stored_rows_the_difference_is_given_as_counts(tmp_path, damage):
    captioned(tmp_path / "mine")
    config = captions_config(tmp_path / "mine")
    begun(tmp_path, config)
    rows = tmp_path / "run" / ROWS
    whole = rows.read_bytes()
    rows.unlink()
    if damage != "missing":
        rows.write_bytes({"text": b"hello", "cut": whole[:-9], "list": b""}[damage])
    write_captions(tmp_path / "mine", ["a red cat"] * 11)
    assert "names, captions, classes or contents differ (9 images there, 8 now)" in (
        refused(tmp_path, config))


@pytest.mark.parametrize(("content", "message"), [
    ("[]", "JSON object"), ('{"format": 99}', "another zoo version"), ("{", "JSON"),
    ('{"format": 1, "training": "x"}', '"training" should be a JSON object'),
    ('{"format": 1, "training": {"images": "9"}}', '"images" should be a whole number'),
    ('{"format": NaN}', "NaN"), ('{"format": 1, "classes": 3}', '"classes" should'),
])
def test_a_record_with_another_schema(tmp_path, content, message):
    captioned(tmp_path / "mine")
    config = captions_config(tmp_path / "mine")
    begun(tmp_path, config)
    (tmp_path / "run" / FACTS).write_text(content)
    with pytest.raises(ZooError, match=message) as found:
        check_folder(tmp_path / "run", open_data(config))
    assert FACTS in str(found.value) and "\n" not in str(found.value)


def test_pretrained_weights_of_a_finished_run(tmp_path, monkeypatch):
    monkeypatch.setattr("zoo.training.run_data.weights_of", dict)
    check_pretrained(tmp_path, {"damsm": "1"})  # nothing was trained yet
    (tmp_path / "checkpoints").mkdir()
    notes = meaning_notes({"vocabulary": ["a"], "beside": {"damsm": "1", "stream": "2"}, "seed": 0})
    save_variables(tmp_path / "checkpoints" / "last.h5", {"x": np.zeros(1)}, notes=notes)
    check_pretrained(tmp_path, {"damsm": "1", "stream": "2"})
    for other in ({"damsm": "3", "stream": "2"}, {"damsm": "1"}, {"damsm": "1", "stream": "4"}):
        with pytest.raises(ZooError, match="had other weights"):
            check_pretrained(tmp_path, other)


@pytest.mark.parametrize("note", ["{", "[]", "3", '{"vocabulary": 3}', '{"beside": [1]}', "\ud800"])
def test_an_unreadable_note(note):
    meaning = {"vocabulary": ["a"], "classes": None, "seed": 0, "fingerprint": "", "beside": {}}
    with pytest.raises(ZooError, match="last.h5 is damaged|does not belong") as found:
        check_meaning("last.h5", {"meaning": note}, meaning)
    assert "\n" not in str(found.value)


# --- whole runs -----------------------------------------------------------------------------------


def test_a_run_with_corrected_captions_is_rejected(tmp_path):
    captioned(tmp_path / "mine")
    config, place = captions_config(tmp_path / "mine"), tmp_path / "run"
    assert train(config, place)
    metadata = json.loads((place / "presets/best/metadata.json").read_text())
    assert metadata["training_data"]["held_out"] == "held-out (10 % by hash)"
    assert metadata["training_data"]["images"] == 9
    assert metadata["training_data"]["fingerprint"] == json.loads(
        (place / FACTS).read_text())["training"]["fingerprint"]
    assert "held-out (10 % by hash)" in metadata["results"][0]["protocol"]
    card = (place / "presets/best/README.md").read_text()
    assert "| held_out | held-out (10 % by hash) |" in card
    before = (place / "checkpoints/last.h5").read_bytes()
    write_captions(tmp_path / "mine", ["a red cat", "a green cat", "a blue cat"] * 4)
    config.steps = 2
    with pytest.raises(ZooError, match='"1.png" was "a blue cat" and is now "a green cat'):
        train(config, place)
    assert (place / "checkpoints/last.h5").read_bytes() == before
    (place / FACTS).unlink()  # the checkpoint knows, too
    with pytest.raises(ZooError, match="does not belong to this run: word"):
        train(config, place)


def test_a_run_with_a_renamed_class_is_rejected(tmp_path):
    for name in ("cat", "dog"):
        for number in range(4):
            image(tmp_path / "mine" / name / f"{number}.png", number)
    config, place = classes_config(tmp_path / "mine"), tmp_path / "run"
    assert train(config, place)
    shutil.move(tmp_path / "mine" / "cat", tmp_path / "mine" / "zebra")
    config.steps = 2
    with pytest.raises(ZooError, match='class 0 was "cat" and is now "dog"'):
        train(config, place)


def test_an_older_run_resumes_with_all_images(tmp_path):
    captioned(tmp_path / "mine")
    place = tmp_path / "run"
    config = captions_config(tmp_path / "mine")
    old = to_plain(config)
    del old["data"]["held_out_fraction"]
    (place / "checkpoints").mkdir(parents=True)
    (place / "config.json").write_text(json.dumps(old))
    (place / "checkpoints" / "last.h5").write_bytes(b"")
    now = as_begun(config, place)
    assert (config.data.held_out_fraction, now.data.held_out_fraction) == (0.1, 0.0)
    data = open_data(now)
    assert (len(data), data.word) == (12, "training")
    check_folder(place, data)
    folder = RunFolder(place, now, quiet=True)
    record(folder, data)
    folder.close()
    assert json.loads((place / FACTS).read_text())["held_out"] is None
    assert "could not be compared; they are recorded now" in (place / "log.txt").read_text()
    assert as_begun(config, place).data.held_out_fraction == 0.0  # and so ever after
    assert json.loads((place / "config.json").read_text()) == old
    stated = as_begun(captions_config(tmp_path / "mine", held_out_fraction=0.3), place)
    with pytest.raises(ZooError, match=r"data.held_out_fraction \(absent there, 0.3 now\)"):
        check_config_matches(place, stated)
