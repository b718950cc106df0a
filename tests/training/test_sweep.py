"""The runs of a sweep, and its report."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from recipes import attn_gan, damsm, dcgan, dm_gan, pix2pix, stackgan_v2
from tests.support import folders
from tests.support.recipes import open_data, recipe_of, resolve
from zoo.errors import ZooError
from zoo.training import sweep, sweep_points, sweep_report
from zoo.training.run_folder import RunFolder

KEY = "model.mode_seeking_weight"


def make_points(config, key, values):
    return sweep_points.make_points(recipe_of(config), key, values)


@pytest.mark.parametrize("recipe", [dm_gan, stackgan_v2])
def test_default_sweep_of_a_recipe(recipe):
    key, values = sweep_points.choose(recipe.SWEEP, None, None)
    config = recipe.get_config("shapes")
    points = make_points(config, key, values)
    assert key == KEY and 0.0 in values and 1.0 in values
    assert [point.config.model.mode_seeking_weight for point in points] == values
    assert [point.name for point in points][:2] == [
        "mode_seeking_weight_0", "mode_seeking_weight_0.5",
    ]
    assert config.model.mode_seeking_weight == 0.0  # the groups are copies
    with pytest.raises(KeyError):  # and stay locked
        points[0].config.model.update_from_flattened_dict({"no_such": 1})


def test_other_keys_and_kinds():
    points = make_points(
        dm_gan.get_config("shapes"), "model.mask_tiling", ["per_sample", "official"]
    )
    assert [point.name for point in points] == ["mask_tiling_per_sample", "mask_tiling_official"]
    points = make_points(attn_gan.get_config("shapes"), "batch_size", ["4", " 8"])
    assert [point.config.batch_size for point in points] == [4, 8]
    points = make_points(
        attn_gan.get_config("shapes"), "model.single_image", ["true", "False"]
    )
    assert [point.config.model.single_image for point in points] == [True, False]


@pytest.mark.parametrize("arguments,message", [
    (({}, None, None), "no default sweep: give --key=SETTING --values=A,B"),
    (({}, KEY, None), "--values is missing"),
    ((dm_gan.SWEEP, "model.damsm_weight", None), "no default values for model.damsm_weight"),
])
def test_missing_key_or_values(arguments, message):
    with pytest.raises(ZooError, match=message):
        sweep_points.choose(*arguments)


@pytest.mark.parametrize("key,values,message", [
    ("model.mode_seeking", [1], f'Unknown config key "model.mode_seeking".*mean "{KEY}"'),
    ("model", [1], "--key=model is a group.*model.stage_sizes"),
    ("seed", [1, 2], "share .*seed.* cannot vary"),
    ("pretraining.batch_size", [4, 8], "share .*pretraining"),
    ("data.flip", ["true"], "data.flip cannot vary"),
    (KEY, [], "--values is empty"),
    (KEY, [""], "is of type float"),
    (KEY, ["1", "one"], 'is of type float, got "one"'),
    (KEY, ["nan"], "is not a valid value"),
    (KEY, ["1", "1.0"], "holds 1 twice"),
    (KEY, ["0.1234567", "0.1234568"], "0.1234567 and 0.1234568 would both have the folder mode"),
    ("model.latent_dim", ["8", "0"], "with model.latent_dim = 0 the images do not differ"),
    ("batch_size", ["0"], "config.batch_size must be at least 1"),
    ("model.stage_sizes", ["16"], "a sweep varies numbers, strings and flags"),
])
def test_user_errors(key, values, message):
    with pytest.raises(ZooError, match=message):
        make_points(dm_gan.get_config("shapes"), key, values)


def test_a_system_without_images():
    with pytest.raises(ZooError, match="differ by their noise, but damsm generates none"):
        make_points(damsm.get_config("shapes"), "model.dropout", ["0.1"])


def test_images_of_several_sizes_are_not_compared():
    with pytest.raises(ZooError, match="share the size of the images, .*model.image_size cannot"):
        make_points(dcgan.get_config("shapes"), "model.image_size", ["16", "32"])


def test_a_sweep_goes_on_with_more_steps_and_values(monkeypatch, tmp_path):
    """With settings that follow from the steps, as with one's own folder, and so does the key."""
    folders.classes(tmp_path / "mine", 4)
    trained = []

    def train(recipe, place, strategy):
        config = recipe.config
        RunFolder(place, resolve(config, open_data(config)), quiet=True).close()
        trained.append((place.name, config.steps, config.model.ema_decay))
        return True

    def run(steps, values):
        config = dcgan.get_config("folder")
        config.update_from_flattened_dict({
            "data.directory": str(tmp_path / "mine"), "steps": steps, "batch_size": 4,
        })
        points = make_points(config, "model.filters", values)
        sweep.run(recipe_of(config), "model.filters", points, tmp_path / "sweep",
                  tf.distribute.get_strategy())

    monkeypatch.setattr(sweep.launch, "build_experiment", lambda *_: None)
    monkeypatch.setattr(sweep.launch, "run", train)
    monkeypatch.setattr(sweep.sweep_report, "write", lambda *_: None)
    run(10, [2])
    run(5000, [2, 4])
    assert trained == [
        ("filters_2", 10, 0.99), ("filters_2", 5000, 0.99), ("filters_4", 5000, 0.99),
    ]


def test_a_failed_run_does_not_stop_the_others(monkeypatch, tmp_path):
    config = dm_gan.get_config("shapes")
    with config.unlocked():
        config.damsm, config.data.count, config.data.held_out_count = "given", 64, 4
    trained, reported = [], []

    def train(recipe, place, strategy):
        trained.append((place.name, recipe.config.damsm))
        if recipe.config.model.mode_seeking_weight == 2:
            raise ZooError("it broke")
        return True

    monkeypatch.setattr(sweep.launch, "build_experiment", lambda *_: None)
    monkeypatch.setattr(sweep.launch, "run", train)
    monkeypatch.setattr(sweep.sweep_report, "write", lambda *given: reported.append(given[3]))
    points = make_points(config, KEY, [2, 1])
    strategy = tf.distribute.get_strategy()
    with pytest.raises(ZooError, match=f"1 of 2 runs failed. {KEY} = 2: it broke"):
        sweep.run(recipe_of(config), KEY, points, tmp_path / "s", strategy)
    assert trained == [("mode_seeking_weight_2", "given"), ("mode_seeking_weight_1", "given")]
    assert [point.error for point in reported[0]] == ["it broke", ""]
    assert (tmp_path / "s" / "config.json").exists()


def report():
    losses = {"generator_loss": 3.25, "mode_seeking": 0.0, "image_distance": 0.5}
    return {
        "key": KEY, "recipe": "recipes/dm_gan.py:shapes", "seed": 0, "batch_size": 4,
        "protocol": {"ratio": "of the two", "frechet_damsm": "so and so"},
        "rows": [
            {"value": 0.0, "image_distance": 0.1, "latent_distance": 1.0, "ratio": 0.1,
             "frechet_damsm": 7.0, "losses": losses, "steps": 12, "seconds": 3.4},
            {"value": 0.5, "error": "Training diverged at step 3."},
        ],
    }


def test_labels_of_more_classes_than_are_compared():
    model = SimpleNamespace(classes=200)
    assert sweep_report._which_labels(list(range(100)), model) == (
        "100 labels, the first 100 classes, each equally often")
    model = SimpleNamespace(classes=2)
    assert sweep_report._which_labels([0, 1] * 50, model) == (
        "100 labels, each class equally often")


def test_table():
    json.dumps(report())
    lines = sweep_report.table(report()).splitlines()
    rows = [line for line in lines if line.startswith("|")]
    assert rows[0] == (
        f"| `{KEY}` | image_distance | latent_distance | ratio | frechet_damsm | generator_loss "
        "| steps | seconds |"  # a loss that is 0 everywhere has no column
    )
    assert rows[2] == "| 0 | 0.1 | 1 | 0.1 | 7 | 3.25 | 12 | 3 |"
    assert rows[3] == "| 0.5 | failed |  |  |  |  |  |  |"
    assert len({row.count("|") for row in rows}) == 1
    assert "- 0.5: Training diverged at step 3." in lines


@pytest.mark.parametrize("labels", [["first", "second"], []])
def test_comparison_has_one_row_per_caption_and_one_column_per_value(labels):
    rows, noises, size = 2, 3, 8
    images = [
        np.full([rows, noises, size, size, 3], (shade, 200, 0), np.uint8) for shade in (10, 20, 30)
    ]
    images[1][1, 2] = (99, 200, 0)
    canvas = sweep_report.comparison(images, labels, KEY, ["0", "0.5", "1"])
    found = {
        shade: np.argwhere((canvas == (shade, 200, 0)).all(-1)) for shade in (10, 20, 30, 99)
    }
    left = [found[shade][:, 1].min() for shade in (10, 20, 30)]
    assert left == sorted(left)
    assert [len(found[shade]) for shade in (10, 20, 30, 99)] == [
        rows * noises * size**2, (rows * noises - 1) * size**2, rows * noises * size**2, size**2,
    ]
    assert found[99][:, 1].min() > found[20][:, 1].min() + 2 * size  # third noise
    assert found[99][:, 0].min() > found[20][:, 0].min() + size  # second caption


SMALL = {
    dcgan: {"model.filters": 4, "model.latent_dim": 4},
    pix2pix: {"model.generator_filters": 4, "model.discriminator_filters": 4},
}


@pytest.mark.parametrize(("recipe", "values", "length"), [
    (dcgan, [0, 1], {"epochs": 1, "batch_size": 8}), (pix2pix, [1], {"steps": 2, "batch_size": 4}),
], ids=["labels", "pairs"])
def test_a_sweep_of_images_without_captions(recipe, values, length, tmp_path):
    config = recipe.get_config("shapes")
    config.update_from_flattened_dict({
        **SMALL[recipe], **length, "data.count": 16, "samples.rows": 2,
        "sample_every": 0, "checkpoint_every": 2,
    })
    points = make_points(config, *sweep_points.choose(recipe.SWEEP, KEY, values))
    folder = tmp_path / "sweep"
    sweep.run(recipe_of(config), KEY, points, folder, tf.distribute.get_strategy())
    report = json.loads((folder / "sweep.json").read_text())
    distance = "pair_distance"
    for row in report["rows"]:
        assert 0 <= row["image_distance"] < 2 and np.isfinite(row[distance])
        assert row["ratio"] == row["image_distance"] / row["latent_distance"]
    assert len({row["latent_distance"] for row in report["rows"]}) == 1
    assert [(row["value"], row["steps"]) for row in report["rows"]] == [(v, 2) for v in values]
    assert f"| ratio | {distance} |" in (folder / "sweep.md").read_text()
    height = tf.io.decode_png((folder / "sweep.png").read_bytes()).shape[0]
    assert height >= config.samples.rows * config.model.image_size
