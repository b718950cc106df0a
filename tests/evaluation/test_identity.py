"""What the cache of an evaluation depends on: no report has the numbers of another network."""

import numpy as np
import pytest

from tests.models.test_dcgan import dcgan
from tests.support import tiny
from zoo.errors import ZooError
from zoo.evaluation import evaluate, open_evaluators
from zoo.evaluation.identity import (
    model_digest,
    trained_with,
    variables_digest,
    weights_digest,
)

FEW = {"conditions": 4, "samples_per_condition": 2, "real": 24, "bins": 3, "bootstrap": 0}
pytestmark = pytest.mark.usefixtures("few_images")


def fid(model, folder, encoder):
    evaluators = open_evaluators(encoder=encoder, cache=folder, show=False)
    return evaluate(model, "shapes", evaluators=evaluators, **FEW)["fid[damsm]"]["value"]


def changed(variable):
    variable.assign(variable * 1.5 + 0.1)


def test_an_encoder_that_was_changed_in_memory(tmp_path):
    model, encoder = tiny.attn_gan(compiled=False), tiny.damsm()
    encoder.preset_metadata = {"files": {"model.weights.h5": {"sha256": "0" * 64}}}
    opened = open_evaluators(encoder=encoder, cache=tmp_path, show=False)
    before = evaluate(model, "shapes", evaluators=opened, **FEW)["fid[damsm]"]["value"]
    for variable in encoder.image_encoder.trainable_variables:
        changed(variable)
    with pytest.raises(ZooError, match="damsm has other weights .*call open_evaluators again"):
        evaluate(model, "shapes", evaluators=opened, **FEW)
    after = fid(model, tmp_path, encoder)
    assert after != before and after == fid(model, tmp_path / "new", encoder)


OTHER_WORDS = {"vocabulary": [*tiny.WORDS[:2], *reversed(tiny.WORDS[2:])]}


@pytest.mark.parametrize("changes", [OTHER_WORDS, {"dtype": "mixed_bfloat16"}])
def test_equal_weights_are_not_the_same_model(tmp_path, changes):
    first, other = tiny.attn_gan(compiled=False), tiny.attn_gan(compiled=False, **changes)
    for name, variable in first.preset_variables().items():
        other.preset_variables()[name].assign(variable)
    assert weights_digest(first) == weights_digest(other)
    digests = [model_digest(model, variables_digest(model)) for model in (first, other)]
    assert digests[0] != digests[1]
    encoder = tiny.damsm()
    fid(first, tmp_path, encoder)
    shared, alone = (fid(other, folder, encoder) for folder in (tmp_path, tmp_path / "alone"))
    assert shared == alone
    generated = [np.load(path) for path in sorted(tmp_path.glob("generated-*.npy"))]
    assert len(generated) == 2 and (generated[0] != generated[1]).any()


def test_the_precision_is_reported(tmp_path):
    evaluators = open_evaluators(encoder=tiny.damsm(), cache=tmp_path, show=False)
    report = evaluate(tiny.attn_gan(compiled=False), "shapes", evaluators=evaluators, **FEW).report
    assert report["subject"]["precision"] == report["networks"][0]["precision"] == "float32"


def test_the_encoder_of_the_training_is_known_by_its_weights():
    model, damsm = tiny.attn_gan(compiled=False), tiny.damsm()
    assert not trained_with(model, damsm)
    damsm.copy_weights_to("text_encoder", model.text_encoder)
    assert trained_with(model, damsm)
    for variable in model.text_encoder.trainable_variables:  # as a preset stores it
        variable.assign(np.asarray(variable.numpy(), np.float16))
    assert trained_with(model, damsm)
    other = tiny.attn_gan(compiled=False, **OTHER_WORDS)
    damsm.copy_weights_to("text_encoder", other.text_encoder)
    without = tiny.attn_gan(compiled=False, damsm_weight=0)  # it reads with it, without its loss
    damsm.copy_weights_to("text_encoder", without.text_encoder)
    for one, network in ((other, damsm), (without, damsm), (dcgan(compiled=False), damsm),
                         (None, damsm), (model, None)):
        assert not trained_with(one, network)
