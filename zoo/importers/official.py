"""Loads models from the files that the papers' authors released.

    from zoo.importers import official

    model = official.attn_gan(
        generator="bird_AttnGAN2.pth", text_encoder="text_encoder200.pth",
        captions="captions.pickle")
    model = official.bicyclegan(generator="latest_net_G.pth", encoder="latest_net_E.pth")
    model = official.drit("01200.pth")
    model = official.xmc_gan("ckpt-100.flax", text_encoder={"kind": "hub"})
    model.save_to_preset("drit_yosemite")

`official.<system>` is `zoo.importers.<system>.load`, for every module there with an `IMPORTER`.
All sizes that follow from the arrays are derived from them; a wrong file, or files that do not
belong together, raise a `ZooError`. The models can generate; XMC-GAN, DCGAN and the image-to-image
systems can also be trained further if their discriminators are requested.
"""

import importlib

from zoo._lazy import lazy_exports

_EXPORTS = {
    "load_inception_trunk": "zoo.importers.damsm",
    "read_state_dict": "zoo.importers.files",
    "system_of": "zoo.importers.detect",
}
_get, _ = lazy_exports(__name__, _EXPORTS)


def __getattr__(name):
    if name in _EXPORTS:
        return _get(name)
    module = None
    if name.isidentifier() and not name.startswith("_"):
        try:
            module = importlib.import_module(f"zoo.importers.{name}")
        except ModuleNotFoundError as error:
            if error.name != f"zoo.importers.{name}":
                raise
    if not hasattr(module, "IMPORTER"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return module.load


def __dir__():
    from zoo.importers.registry import importers

    return sorted([*_EXPORTS, *importers()])
