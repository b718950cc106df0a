"""From the `data` group of a config to sources, vocabulary and batches."""

import json

import numpy as np
import pytest
from PIL import Image

from recipes import attn_gan, damsm
from tests.support.recipes import resolve
from zoo.data import TextCache
from zoo.data.text_cache import captions_digest
from zoo.errors import ZooError
from zoo.training import scores
from zoo.training.data import TextToImageData


def write_folder(path, captions, broken=()):
    path.mkdir(parents=True)
    lines = []
    for index, caption in enumerate(captions):
        name = f"{index}.png"
        if index in broken:
            (path / name).write_bytes(b"not a image")
        else:
            Image.fromarray(np.full((16, 16, 3), index * 20, np.uint8)).save(path / name)
        lines.append(json.dumps({"file_name": name, "text": caption}))
    (path / "metadata.jsonl").write_text("\n".join(lines))


def folder_config(directory, **settings):
    config = damsm.get_config("emoji")
    config.data.directory = str(directory)
    config.data.held_out_count = 2
    config.model.image_size = 16
    config.batch_size = 2
    for key, value in settings.items():
        config.data[key] = value
    return config


def test_missing_data_error_names_the_setting(tmp_path):
    with pytest.raises(ZooError, match=r"nowhere.*--config.data.directory=PATH"):
        TextToImageData(folder_config(tmp_path / "nowhere"))


def test_broken_image_stops_or_is_skipped(tmp_path):
    write_folder(tmp_path / "train", ["red heart", "blue heart", "red cat"], broken=[1])
    write_folder(tmp_path / "test", ["red heart"])
    with pytest.raises(ZooError, match="line 2.*1.png.*does not decode"):
        TextToImageData(folder_config(tmp_path))
    data = TextToImageData(folder_config(tmp_path, on_error="skip"))
    assert len(data.source) == 2
    assert data.notes[0].startswith("train: skipped 1 lines, the first: ")
    assert "line 2" in data.notes[0]


def test_vocabulary_follows_min_count_and_unknown(tmp_path):
    write_folder(tmp_path / "train", ["red heart", "blue heart", "red cat"])
    write_folder(tmp_path / "test", ["red heart"])
    data = TextToImageData(folder_config(tmp_path, min_count=2, unknown="unk"))
    assert data.vocabulary().tokens == ("<end>", "<unk>", "heart", "red")
    data = TextToImageData(folder_config(tmp_path, min_count=1, unknown="drop"))
    assert data.vocabulary().tokens == ("<end>", "heart", "red", "blue", "cat")


@pytest.mark.parametrize("place", ["", "train"])
def test_a_set_without_a_held_out_split_is_divided(tmp_path, place):
    write_folder(tmp_path / "mine" / place, ["red heart", "blue heart", "red cat"] * 4)
    data = TextToImageData(folder_config(tmp_path / "mine"))
    assert data.word == data.held_out.kind == "held-out (10 % by hash)"
    assert data.whole.file_names == ["0.png", "6.png", "8.png"] and len(data) == 9
    assert not set(data.source.file_names) & set(data.whole.file_names)
    assert len(data.held_out) == 2 and "3 images; training uses 9 images" in data.notes[0]
    everything = TextToImageData(folder_config(tmp_path / "mine", held_out_fraction=0.0))
    assert (len(everything), everything.word, everything.whole) == (12, "training", None)
    assert everything.held_out.kind == "training"
    assert "held_out_fraction is 0): scores and samples use training" in everything.notes[0]


@pytest.mark.parametrize("bad", ["line", "image", "caption", "empty"])
def test_a_broken_held_out_split_is_not_a_missing_one(tmp_path, bad):
    write_folder(tmp_path / "train", ["red heart", "blue heart", "red cat"])
    write_folder(tmp_path / "test", ["red heart", "cat"], broken=[1] if bad == "image" else ())
    metadata = tmp_path / "test" / "metadata.jsonl"
    if bad != "image":
        metadata.write_text({"line": "{", "empty": "", "caption": json.dumps(
            {"file_name": "0.png", "text": " "})}[bad])
    with pytest.raises(ZooError, match="test.*metadata.jsonl"):
        TextToImageData(folder_config(tmp_path))


def test_one_held_out_image_gives_no_score(tmp_path):
    write_folder(tmp_path / "train", ["red heart", "blue heart", "red cat"])
    write_folder(tmp_path / "test", ["red heart"])
    data = TextToImageData(folder_config(tmp_path))
    assert data.score(scores.MatchingScore, None, None) is None
    assert "at least 2 held-out (test) images, got 1" in data.notes[-1]


def test_cache_of_all_captions_serves_the_training_split(tmp_path):
    write_folder(tmp_path / "mine", ["red heart", "blue heart", "red cat"] * 4)
    data = TextToImageData(folder_config(tmp_path / "mine"))
    cache = object.__new__(TextCache)
    cache.directory, cache._first = "cache", [0, 12]
    cache.index = {"captions_sha256": captions_digest(data.source.source.captions)}
    texts = cache.store(data.source)
    assert texts.first.numpy().tolist() == data.source.indices.tolist()
    other = TextToImageData(folder_config(tmp_path / "mine", held_out_fraction=0.5)).source
    other.source.captions[0] = ["a wrong one"]
    with pytest.raises(ZooError, match="has other captions"):
        cache.store(other)


def test_batches_resume(tmp_path):
    write_folder(tmp_path / "train", ["red heart", "blue heart", "red cat", "a b c d e"])
    write_folder(tmp_path / "test", ["red heart"])
    config = folder_config(tmp_path, max_words=3, min_count=1)
    data = TextToImageData(config)

    class Model:
        vocabulary, hub_encoder = data.vocabulary(), None
        image_sizes = [8, 16]

    batches = data.batches(config, Model)
    whole = [batch for batch, _ in zip(batches(0), range(6), strict=False)]
    tail = [batch for batch, _ in zip(batches(4), range(2), strict=False)]
    for batch, again in zip(whole[4:], tail, strict=True):
        for key in ("tokens", "lengths", "labels"):
            np.testing.assert_array_equal(batch[key], again[key])
        np.testing.assert_array_equal(batch["images"][1], again["images"][1])
    assert whole[0]["images"][0].shape == (2, 8, 8, 3)


def test_epochs_become_steps_and_a_large_batch_is_an_error(tmp_path):
    write_folder(tmp_path / "train", ["red heart", "blue heart", "red cat"])
    config = folder_config(tmp_path, held_out_fraction=0.0)
    data = TextToImageData(config)
    config.epochs, config.steps = 5, 0
    assert resolve(config, data).steps == 5 * 3 // 2
    config.batch_size = 4
    with pytest.raises(ZooError, match="config.batch_size is 4, but there are only 3"):
        resolve(config, data)


def test_encoder_size_must_match_the_stages():
    config = attn_gan.get_config("shapes")
    config.data.count, config.data.held_out_count = 64, 4
    config.model.stage_sizes = (8, 16)
    with pytest.raises(ZooError, match="pretraining.model.image_size is 64.*is 16"):
        resolve(config, TextToImageData(config))
