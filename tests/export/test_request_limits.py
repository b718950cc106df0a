"""The limits that an export carries. That exports carry theirs: `test_three_ways.py`."""

import json
import os

import pytest

from export import request_limits, saved_model, service
from export.server import models
from tests.support import tiny, tiny_images
from zoo.conditions.records import LIMITS, Limits
from zoo.errors import ZooError


def write(folder, text):
    (folder / "assets.extra").mkdir(exist_ok=True)
    (folder / "assets.extra" / "limits.json").write_text(text)


def test_limits_are_read_as_they_were_written(tmp_path):
    limits = Limits(max_batch=3, max_pixels=2**31 - 1, max_caption_bytes=1)
    request_limits.write_limits(tmp_path, limits)
    assert request_limits.read_limits(tmp_path) == limits
    assert os.listdir(tmp_path) == ["assets.extra"]


def test_what_an_older_or_newer_export_has(tmp_path):
    assert request_limits.read_limits(tmp_path) == LIMITS
    write(tmp_path, json.dumps({"max_batch": 3, "max_bytes_of_tomorrow": 7}))
    assert request_limits.read_limits(tmp_path) == Limits(max_batch=3)


@pytest.mark.parametrize(("text", "words"), [
    ('{"max_batch": "3"}', "max_batch in .*limits.json must be a whole number from 1 .* got '3'"),
    ('{"max_pixels": 0}', "max_pixels in .* got 0"),
    ("[]", "must hold a JSON object"),
    ("{", "limits.json"),
])
def test_a_damaged_file_is_refused(tmp_path, text, words):
    write(tmp_path, text)
    with pytest.raises(ZooError, match=words):
        request_limits.read_limits(tmp_path)


@pytest.mark.parametrize(("make", "limit", "least"), [
    (tiny_images.pix2pix, "max_pixels", 32 * 32), (tiny.stackgan_v2, "max_caption_bytes", None),
])
def test_limits_below_the_warm_up_requests_are_refused(make, limit, least, tmp_path):
    model = make(compiled=False)
    if least is None:
        ((_, inputs), *_) = service.example_requests(model, (1,))
        least = len(inputs["captions"][0])
    with pytest.raises(ZooError, match=f"{limit} must be at least {least}, .* got {least - 1}"):
        saved_model.export_saved_model(
            model, tmp_path / "new", limits=Limits(**{limit: least - 1})
        )
    assert not os.listdir(tmp_path)
    path = saved_model.export_saved_model(
        model, tmp_path / "new", limits=Limits(**{limit: least}), warmup_sizes=(1,)
    )
    assert models.Version(path, 1).max_batch == 64  # it answers its warm-up requests
