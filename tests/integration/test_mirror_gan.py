"""MirrorGAN's recipes end to end with tiny networks: DAMSM, STREAM, GAN, descriptions."""

import json

import numpy as np
import pytest

import zoo
from recipes import mirror_gan, stream
from tests.support.graphs import eagerly
from tests.support.recipes import open_data, train
from zoo.errors import ZooError

RUN = {"log_every": 1, "checkpoint_every": 2, "sample_every": 2}
SHAPES = {"data.count": 32, "data.held_out_count": 8}
SIZES = {
    **SHAPES, "batch_size": 4, "steps": 2,
    "samples.images_per_caption": 2, "model.stage_sizes": (8, 16), "model.generator_filters": 4,
    "model.discriminator_filters": 4, "model.latent_dim": 4, "model.condition_dim": 4,
}
DAMSM = {"steps": 2, "batch_size": 8, "model.image_size": 16, "model.features": 8,
         "model.embedding_dim": 8, "model.image_filters": 4}
STREAM = {"steps": 2, "batch_size": 8, "model.image_size": 16, "model.features": 8,
          "model.units": 8, "model.image_filters": 4}


def under(prefix, settings):
    return {f"{prefix}{key}": value for key, value in {**settings, **RUN}.items()}


def tiny(**changes):
    """The recipe for shapes with the smallest networks and two steps of each of the three."""
    config = mirror_gan.get_config("shapes")
    config.update_from_flattened_dict({
        **SIZES, **RUN, **under("pretraining.", DAMSM), **under("captioning.", STREAM),
        **{key.replace("__", "."): value for key, value in changes.items()},
    })
    return config


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mirror") / "run"
    with eagerly():
        assert train(tiny(), folder)
    return folder


def test_the_folder_has_all_three_runs(folder):
    for name in ("damsm/presets/best/metadata.json", "stream/presets/best/metadata.json",
                 "stream/samples/step_0000002.png", "samples/step_0000002_explain.png",
                 "samples/step_0000002_described.png",
                 "presets/last/model.weights.h5"):
        assert (folder / name).stat().st_size > 0, name
    log = (folder / "log.txt").read_text() + (folder / "stream" / "log.txt").read_text()
    assert "captioner" in log and "pre-training a STREAM" in log
    figures = json.loads((folder / "checkpoints" / "last.json").read_text())["figures"]
    assert figures["caption_loss"] > 0 and figures["word_loss"] == figures["mode_seeking"] == 0
    notes = json.loads((folder / "stream" / "presets.json").read_text())
    assert notes["best"]["metric"] == "loss" and 0 <= notes["best"]["accuracy"] <= 1
    training = json.loads((folder / "presets/last/metadata.json").read_text())["training"]
    assert training["model.caption_weight"] == 10 and "stream" not in training


def test_the_preset_describes_its_images_as_the_stream_does(folder):
    model = zoo.from_preset(str(folder / "presets" / "last"))
    images, details = model.generate(["a red circle"], images_per_caption=2, seed=5, describe=True)
    assert images.shape == (2, 16, 16, 3) and images.dtype == np.uint8
    descriptions = details["descriptions"]
    assert len(descriptions) == 2 and all(isinstance(text, str) for text in descriptions)
    captioner = zoo.from_preset(str(folder / "stream" / "presets" / "best"))
    assert captioner.describe(images) == descriptions
    assert set(" ".join(descriptions).split()) <= set(model.vocabulary.tokens)


def test_trained_networks_are_used_with_the_lambda_of_the_paper(folder, tmp_path, eager):
    """The paper's sum over a caption's words is the code's mean times their number."""
    given = {"damsm": f"{folder}/damsm/presets/best", "stream": f"{folder}/stream/presets/best",
             "model__caption_weight": 20.0, "model__caption_reduction": "captions"}
    assert train(tiny(**given, steps=1, sample_every=0), tmp_path / "run")
    assert not (tmp_path / "run" / "stream").exists()
    log = (tmp_path / "run" / "log.txt").read_text()
    assert "pre-training" not in log

    def first_loss(place):
        lines = (place / "log.txt").read_text().splitlines()
        line = next(line for line in lines if "step 1/" in line)
        return float(line.split("caption_loss ")[1].split()[0])

    words = first_loss(tmp_path / "run") / first_loss(folder) / 2  # of a caption, on average
    assert 2 < words < 8


def test_a_stream_with_another_vocabulary_is_rejected(folder, tmp_path):
    config = stream.get_config("shapes")
    config.update_from_flattened_dict({**STREAM, **SHAPES, "data.unknown": "unk"})
    model = stream.make_model(config, open_data(config))
    model.save_to_preset(str(tmp_path / "other"))
    config = tiny(damsm=f"{folder}/damsm/presets/best", stream=str(tmp_path / "other"))
    with pytest.raises(ZooError, match="another vocabulary"):
        train(config, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_frozen_trunk_without_weights_is_rejected(tmp_path):
    config = tiny(captioning__model__image_encoder="resnet", damsm="no_such")
    with pytest.raises(ZooError, match="STREAM.*frozen ResNet.*resnet152"):
        train(config, tmp_path / "run")
    config = tiny(captioning__model__image_size=8)
    with pytest.raises(ZooError, match="config.captioning.model.image_size is 8.*is 16"):
        train(config, tmp_path / "run")
    assert not (tmp_path / "run").exists()
