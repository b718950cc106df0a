"""TensorFlow Hub modules that a preset names: programs, which are loaded only if trusted."""

import os
import re

from zoo.errors import ZooError
from zoo.presets import download, integrity

NAMES = ("preprocess", "encoder")
_SHA256 = re.compile("[0-9a-f]{64}")


def reads_by_hub(handle):
    """Whether a preset's model reads captions with TensorFlow Hub modules. Loads no model.

    Raises:
        ZooError: there is no such preset, or its config.json cannot be read.
    """
    with download.local_directory(handle) as directory:
        path = os.path.join(directory, integrity.CONFIG)
        config = integrity.read_small_json(path).get("config")
    return _is_hub(config.get("text_encoder")) if isinstance(config, dict) else False


def set_text_encoder(handle, directory, config, given):
    """Puts the user's handles of Hub modules into a config, and checks the remaining ones.

    The user may name any module. A module that only the preset names must be trusted according to
    `zoo.text.hub.is_trusted`, and the preset must state its SHA-256, which is compared before the
    module is loaded.

    Args:
        handle: str. The preset, for the messages.
        directory: str. The preset's directory.
        config: dict, the arguments of the model; changed in place.
        given: dict of handles, see `from_preset`; or None.

    Raises:
        ZooError: `given` has another form or does not apply, or a module is not trusted.
    """
    settings = config.get("text_encoder")
    hub = _is_hub(settings)
    _check_given(handle, hub, given)
    if not hub:
        return
    from zoo.text.hub import stable_handle

    digests = _digests(handle, settings)
    for name in NAMES:
        if given and name in given:
            settings[name] = stable_handle(given[name])
        else:
            _check_named(handle, directory, name, settings, digests)


def _is_hub(settings):
    return isinstance(settings, dict) and settings.get("kind") == "hub"


def _check_given(handle, hub, given):
    if given is None:
        return
    if not hub or not isinstance(given, dict) or not given.keys() <= set(NAMES) or not all(
        isinstance(handle, str | os.PathLike) and os.fspath(handle) for handle in given.values()
    ):
        raise ZooError(
            'text_encoder must be a dict of "preprocess" and "encoder", handles of TensorFlow Hub '
            f"modules, for models that read captions with such modules (the preset {handle} "
            f"{'does' if hub else 'does not'}), got {given!r}."
        )


def _digests(handle, settings):
    digests = settings.get("sha256") or {}
    if not isinstance(digests, dict) or not all(
        name in NAMES and isinstance(value, str) and _SHA256.fullmatch(value)
        for name, value in digests.items()
    ):
        raise ZooError(
            f"The preset {handle} is refused: the sha256 of its text_encoder must be 64 "
            "hexadecimal digits for each of preprocess and encoder."
        )
    return digests


def _check_named(handle, directory, name, settings, digests):
    from zoo.text.hub import TRUSTED_FOLDERS, is_trusted

    module = settings.get(name)
    if not is_trusted(module, directory):
        handles = ", ".join(f'"{n}": "{str(settings.get(n))[:200]}"' for n in NAMES)
        raise ZooError(
            f'The preset {handle} names the {name} module "{str(module)[:200]}", a program that '
            "would be run. If you trust it, say so: from_preset(..., text_encoder="
            f"{{{handles}}}), or, for all programs, add the folder that contains it to the "
            f"environment variable {TRUSTED_FOLDERS}."
        )
    if name not in digests:
        raise ZooError(
            f'The preset {handle} names the {name} module "{module}" without its SHA-256. If you '
            f'trust it, say so: from_preset(..., text_encoder={{"{name}": "{module}"}}).'
        )
