"""The image encoder against the official one: every stage, both resizes, training statistics."""

import functools
import json
import re
import zlib

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.golden.golden import Case, folder, nchw, nhwc
from zoo.importers.damsm import image_encoder_targets
from zoo.importers.state_dict import load_state_dict
from zoo.networks.backbones.inception_v3 import STAGES
from zoo.networks.build import build_on, symbolic_input
from zoo.networks.image_encoder import InceptionImageEncoder


def build_encoder(case):
    """A new encoder of the case's sizes, or one that was built before, whose weights to load."""
    shape = nhwc(case.inputs["x"]).shape
    return built(case.meta["nef"], case.meta.get("width_divisor", 1), shape, keras.config.floatx())


@functools.cache
def built(features, width_divisor, shape, dtype):
    encoder = InceptionImageEncoder(features, width_divisor, name="image_encoder")
    return build_on(encoder, symbolic_input(*shape))


def images_of(case):
    return tf.constant(nhwc(case.inputs["x"]), keras.config.floatx())


def strides(case, key, meaning):
    """The strides that `meta.note` states, such as `stage_slice = output[:, ::4, ::5, ::5]`."""
    note = re.search(rf"{key} = {meaning}\[:, ([^\]]*)\]", case.meta["note"])
    steps = [int(step.strip(": ")) for step in note[1].split(",")]
    return (slice(None), *(slice(None, None, step) for step in steps))


def check_stages(case, stages, prefix=""):
    """Mean and standard deviation of every stage, and the stored slices of some."""
    slice_key = next(k for k in case.outputs if "stage_slice" in k).split("/")[-2]
    part = strides(case, slice_key, "output")
    assert tuple(stages) == STAGES
    for name, stage in stages.items():
        stage = nchw(stage)
        case.check(f"{prefix}stage_mean_std/{name}", [stage.mean(), stage.std()])
        if f"{prefix}{slice_key}/{name}" in case.outputs:
            case.check(f"{prefix}{slice_key}/{name}", stage[part])


def check_outputs(case, outputs, prefix):
    case.check(f"{prefix}features", nchw(outputs["regions"]))
    case.check(f"{prefix}cnn_code", outputs["code"])


def stride_of(case, start):
    key = next(k for k in case.outputs if k.startswith(start))
    return key, slice(None, None, int(key.removeprefix(start)))


def test_slim(float64, monkeypatch):
    case = Case("attngan", "cnn_encoder_slim")
    encoder, x = build_encoder(case), images_of(case)
    load_state_dict(image_encoder_targets(encoder), case.param())

    resized = encoder.resize(x)
    key, part = stride_of(case, "resized_299_stride")
    case.check(key, nchw(resized)[:, :, part, part])
    check_stages(case, encoder.trunk(resized), "eval/")
    with tf.GradientTape() as tape:
        tape.watch(x)
        outputs = encoder(x)
        loss = sum(tf.reduce_sum(y**2) for y in outputs.values())
    check_outputs(case, outputs, "eval/")
    key, part = stride_of(case, "eval/grad_x_stride")
    case.check(key, nchw(tape.gradient(loss, x))[:, :, part, part])

    with monkeypatch.context() as patch:
        patch.setattr(encoder, "align_corners", False)
        check_outputs(case, encoder(x), "align_corners_false/")

    check_outputs(case, encoder(x, training=True), "train/")
    for name, target in image_encoder_targets(encoder).items():
        if "running_" in name:
            case.check(f"train_after/{name}", target.to_official(target.variable))
    check_stages(case, encoder.trunk(resized, training=True), "train/")
    case.check_all_seen()


def array_by_rule(name, shape):
    """The parameter rule in `meta.param_rule` of the full-width case."""
    random = np.random.RandomState(zlib.crc32(name.encode("ascii")) & 0x7FFFFFFF)
    if name.endswith("bn.weight"):
        value = 1 + 0.1 * random.randn(*shape)
    elif name.endswith("running_var"):
        value = random.uniform(0.8, 1.2, shape)
    elif name.endswith((".bias", "running_mean")):
        value = 0.1 * random.randn(*shape)
    else:
        gain = 2 if "conv" in name else 1
        value = random.randn(*shape) * np.sqrt(gain / np.prod(shape[1:]))
    return value.astype("float32")


def test_full_width(float64):
    case = Case("attngan", "cnn_encoder_full_rule")
    encoder, x = build_encoder(case), images_of(case)
    targets = image_encoder_targets(encoder)
    shapes = {name: target.to_official(target.variable).shape for name, target in targets.items()}
    load_state_dict(targets, {name: array_by_rule(name, shape) for name, shape in shapes.items()})

    check_stages(case, encoder.trunk(encoder.resize(x)))
    outputs = encoder(x)
    part = strides(case, "features_slice", "features")
    case.check("features_slice", nchw(outputs["regions"])[part])
    case.check("cnn_code", outputs["code"])
    case.check_all_seen()


def test_official_names_and_shapes_at_paper_scale():
    path = folder() / "attngan" / "state_dict_keys.json"
    if not path.exists():
        pytest.skip(f"golden file attngan/{path.name} not found under {folder()}")
    official = json.loads(path.read_text())["nets"]["image_encoder"]
    encoder = InceptionImageEncoder(features=official["emb_cnn_code.bias"][0])
    targets = image_encoder_targets(build_on(encoder, symbolic_input(None, 256, 256, 3)))
    ours = {name: [*target.to_official(target.variable).shape] for name, target in targets.items()}
    assert ours == {k: v for k, v in official.items() if not k.endswith("num_batches_tracked")}


def test_missing_batch_norm_is_reported(float64):
    case = Case("attngan", "cnn_encoder_slim")
    encoder = build_encoder(case)
    state = case.param()
    state.pop("Mixed_6c.branch7x7_2.bn.running_var")
    with pytest.raises(ValueError, match="missing Mixed_6c.branch7x7_2.bn.running_var"):
        load_state_dict(image_encoder_targets(encoder), state)
