"""A bundle and the versions next to it: the kept `models.config`, and rows that all can take."""

import dataclasses
import os

import numpy as np
import pytest

from export import bundle, saved_model, warmup
from export.bundle import configs, measure, served
from export.request_limits import write_limits
from tests.export.test_bundle import facts
from zoo.conditions.records import Limits
from zoo.errors import ZooError


def write_version(out, number, max_batch, rows):
    """A version without a graph: its limits and its warm-up requests."""
    (out / str(number)).mkdir(parents=True)
    (out / str(number) / "saved_model.pb").write_text("x")
    write_limits(out / str(number), Limits(max_batch=max_batch))
    requests = [("serving_default", {"seed": np.arange(size)}) for size in rows]
    warmup.write_warmup(str(out / str(number)), requests, "m")


def write_config(out, change=lambda text: text):
    text = configs.models(dataclasses.replace(facts(), name=out.name))
    (out / bundle.MODELS).write_text(change(text))


@pytest.fixture
def out(tmp_path):
    """A model's folder with version 2, of at most 4 rows, and version 3, of at most 32."""
    write_version(tmp_path / "m", 2, 4, [1, 4])
    write_version(tmp_path / "m", 3, 32, [1, 4])
    return tmp_path / "m"


@pytest.fixture
def written(monkeypatch):
    """A function that writes a bundle without a measurement; returns one of its files."""
    def measured(path, limits, seconds):
        values = facts()
        sizes = tuple(size for size in values.measured.sizes if size.rows <= limits.max_batch)
        return dataclasses.replace(values.measured, sizes=sizes), values.signatures

    def write(out, version, limits, sizes=(1, 4), file="batching_parameters.txt"):
        bundle.write_bundle(str(out / str(version)), limits, warmup_sizes=sizes)
        return (out / file).read_text()

    monkeypatch.setattr(measure, "measure", measured)
    return write


# --- models.config --------------------------------------------------------------------------------


@pytest.mark.parametrize(("change", "words"), [
    (lambda text: text.replace("/models/m", "/models/a").replace('"m"', '"a"'),
     '"a" at /models/a, but this folder is the model "m" at /models/m'),
    (lambda text: text.replace('"m"', '"a"'), '"a" at /models/m, but'),
    (lambda text: text.replace("/models/m", "/models/a"), '"m" at /models/a, but'),
    (lambda text: "model_config_list {}", "has no model, but"),
    (lambda text: text + "}", "models.config cannot be read"),
])
def test_a_kept_file_of_another_model_is_refused(out, written, change, words):
    write_config(out, change)
    before = sorted(os.listdir(out))
    for check in (lambda: bundle.check_folder(out), lambda: written(out, 3, Limits(max_batch=32))):
        with pytest.raises(ZooError, match=words):
            check()
    assert sorted(os.listdir(out)) == before


def test_it_is_refused_before_the_export(out, capsys):
    write_config(out)
    renamed = out.rename(out.parent / "b")
    arguments = ["--preset=p", f"--out={renamed}", "--version=4", "--bundle"]
    assert saved_model.main(arguments) == 1
    assert 'has "m" at /models/m, but this folder is the model "b"' in capsys.readouterr().err
    assert not (renamed / "4").exists()


@pytest.mark.parametrize("change", [
    lambda text: text,
    lambda text: text.replace('"/models/m"', "'/models/m/'").replace("  config {", "config: {"),
    lambda text: text.replace("  config {", 'config { name: "a" base_path: "/a" } config {'),
    lambda text: text.replace("version_labels", "logging_config { } version_labels"),
])
def test_what_an_operator_may_edit(out, written, change):
    write_config(out, change)
    before = (out / bundle.MODELS).read_text()
    written(out, 3, Limits(max_batch=32))
    assert (out / bundle.MODELS).read_text() == before


# --- rows of a batch ------------------------------------------------------------------------------


def test_the_size_of_a_batch_is_one_that_all_served_versions_take(out, written):
    text = written(out, 3, Limits(max_batch=32))
    assert "max_batch_size { value: 4 }" in text
    assert "version 2 takes 4, version 3 takes 32" in text.replace("\n# ", " ")
    readme = written(out, 3, Limits(max_batch=32), file="README.md")
    assert "at most 4 rows" in readme and "version 3 takes 32" in readme.replace("\n", " ")
    write_version(out, 4, 16, [1])  # version 2 is no longer served
    assert "max_batch_size { value: 16 }" in written(out, 4, Limits(max_batch=16))
    text = written(out, 3, Limits(max_batch=32))
    assert "max_batch_size { value: 16 }" in text


@pytest.mark.parametrize(("policy", "most"), [
    ("latest { num_versions: 1 }", 32), ("latest { num_versions: 3 }", 4), ("latest { }", 32),
    ("all { }", 4), ("specific { versions: 3 versions: 5 }", 32),
    ("specific { versions: [2, 3] }", 4), (None, 32),
])
def test_the_policy_says_what_is_served(out, policy, most):
    new = "" if policy is None else f"model_version_policy {{ {policy} }}"
    old = "model_version_policy { latest { num_versions: 2 } }"
    write_config(out, lambda text: text.replace(old, new))
    found = served.rows_of(out, "m", 3, Limits(max_batch=32), (1, 4))
    assert min(rows.most for rows in found.values()) == most


@pytest.mark.parametrize(("version", "limits", "sizes", "words"), [
    (3, 32, (1, 8), "Version 2 takes at most 4 rows, .* of 8 rows of version 3"),
    (4, 2, (1, 2), "Version 4 takes at most 2 rows, .* of 4 rows of version 3"),
])
def test_warm_up_requests_that_another_version_cannot_take(
    out, written, version, limits, sizes, words, capsys
):
    with pytest.raises(ZooError, match=words):
        bundle.check_rows(out, version, Limits(max_batch=limits), sizes, rewritten=True)
    with pytest.raises(ZooError, match=words):
        written(out, version, Limits(max_batch=limits), sizes)
    assert sorted(os.listdir(out)) == ["2", "3"]


def test_a_version_without_a_bundle_next_to_one(out, written):
    bundle.check_rows(out, 4, Limits(max_batch=2), (1,), rewritten=False)  # there is none
    written(out, 3, Limits(max_batch=32))
    bundle.check_rows(out, 4, Limits(max_batch=64), (1, 4), rewritten=False)
    for limits, sizes in ((Limits(max_batch=3), (1,)), (Limits(max_batch=64), (1, 8))):
        with pytest.raises(ZooError, match="a max_batch_size of 4, .*: add --bundle"):
            bundle.check_rows(out, 4, limits, sizes, rewritten=False)
