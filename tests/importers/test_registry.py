"""Every importer declares what its `load` takes, and `official` finds them all."""

import inspect

import numpy as np
import pytest

from recipes import import_checkpoint
from zoo.errors import ZooError
from zoo.importers import official
from zoo.importers.registry import importer_of, importers

HUB = {"hub_preprocess", "hub_encoder"}  # together they are the argument `text_encoder`


@pytest.mark.parametrize("name", importers())
def test_declared_files_are_arguments_of_load(name):
    module = importer_of(name)
    declared, parameters = module.IMPORTER, inspect.signature(module.load).parameters
    named = [p for p in parameters.values() if p.kind is not p.VAR_KEYWORD]
    needed = {p.name for p in named if p.default is p.empty}
    files = list(declared.files)
    if files[0] == "generator":  # the first argument, whatever its name
        files[0] = named[0].name
        assert declared.marks
    assert set(files) == needed
    takes_more = len(named) < len(parameters)
    assert all(o in parameters or o in HUB or takes_more for o in declared.options)
    assert {*declared.files, *declared.options} <= set(import_checkpoint._FLAGS)
    assert getattr(official, name) is module.load and name in dir(official)


def test_what_has_no_importer():
    with pytest.raises(AttributeError, match="lpips"):
        official.lpips  # noqa: B018 - a module of names without an importer
    with pytest.raises(AttributeError, match="nothing"):
        official.nothing  # noqa: B018
    with pytest.raises(ZooError, match='"lpips" has no importer; expected one of attn_gan'):
        importer_of("lpips")


def test_an_encoder_tells_bicyclegan_from_pix2pix(tmp_path):
    path = str(tmp_path / "net_G.npz")
    np.savez(path, **{"model.down.0.weight": np.zeros([1])})
    assert official.system_of(path) == "pix2pix"
    assert official.system_of(path, ["encoder"]) == "bicyclegan"
