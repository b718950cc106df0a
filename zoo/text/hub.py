"""SavedModels of TensorFlow Hub: from a handle to a local folder, and to the loaded module.

A handle is a local folder (or a path that TensorFlow reads, such as "gs://bucket/folder"), an
`https` address of tfhub.dev, kaggle.com or of a .tar.gz file, or
"kaggle://owner/model/framework/variation/version". What is fetched is kept in the folder that the
environment variable TFHUB_CACHE_DIR names; without it in a temporary folder of the system, which
may be empty after a restart. A handle that is in the cache needs no network.

A SavedModel is a program: it can read and write files. Load only what you trust. What a preset
names is not trusted for that alone, see `is_trusted`.
"""

import hashlib
import os
import re

from zoo.errors import ZooError, reason

PREPROCESS = "https://tfhub.dev/tensorflow/bert_en_uncased_preprocess/3"
ENCODER = "https://tfhub.dev/tensorflow/bert_en_uncased_L-12_H-768_A-12/4"
TRUSTED_FOLDERS = "ZOO_TRUSTED_MODULES"  # environment variable: folders, separated as in PATH
# What may be fetched when a preset, and not the user, names it: nothing in such an address can be
# read as another host, another owner or a step out of a folder.
_TRUSTED = re.compile(
    r"https://(tfhub\.dev|(www\.)?kaggle\.com/models)/(tensorflow|google)"
    r"(/[A-Za-z0-9][A-Za-z0-9_.-]*)+"
)
_SAVED_MODEL = "saved_model.pb"


def local_folder(handle):
    """The folder with the SavedModel that `handle` names; it is fetched if need be.

    Raises:
        ZooError: nothing is there, or it cannot be fetched.
    """
    handle = os.fspath(handle) if isinstance(handle, str | os.PathLike) else handle
    if not isinstance(handle, str) or not handle or any(letter < " " for letter in handle):
        raise ZooError(f"A TensorFlow Hub handle must be a folder or an address, got {handle!r}.")
    address = _address(handle)
    if address.lower().startswith("http://"):
        raise ZooError(
            f'"{handle}" is not fetched: what comes by http:// can be exchanged on its way. Write '
            "https://, or fetch it yourself and give its folder."
        )
    if address.startswith("https://"):
        folder = _fetched(handle, address)
    else:
        folder = address
    return _checked(handle, folder)


def load_module(handle, folder):
    """The SavedModel in the `local_folder` of a handle, loaded: from here on it is trusted.

    Raises:
        ZooError: what is there cannot be loaded.
    """
    import_operations()
    import tensorflow as tf

    try:
        return tf.saved_model.load(folder)
    except Exception as error:  # damaged files raise many kinds, from several libraries
        raise ZooError(
            f'The SavedModel of "{handle}" in {folder} cannot be loaded: {reason(error)}. '
            "Fetch it again, or use another module."
        ) from error


def import_operations():
    """Makes the operations of `tensorflow_text` known, which preprocessing modules consist of."""
    try:
        import tensorflow_text  # noqa: F401
    except ImportError as error:
        raise ZooError(
            f"Text encoders of TensorFlow Hub need tensorflow-text, which fails: "
            f'{reason(error)}. pip install "tensorflow-text~=2.21.0".'
        ) from error


def digest(folder):
    """SHA-256 over the files of a SavedModel that decide what it computes, as 64 digits.

    Raises:
        ZooError: a file cannot be read.
    """
    import tensorflow as tf

    files = tf.io.gfile
    names = [_SAVED_MODEL]
    for part in ("variables", "assets"):
        inside = os.path.join(folder, part)
        if files.isdir(inside):
            names += [f"{part}/{name}" for name in sorted(files.listdir(inside))]
    total = hashlib.sha256()
    for name in names:
        one = hashlib.sha256()
        try:
            with files.GFile(os.path.join(folder, name), "rb") as file:
                while block := file.read(1 << 24):
                    one.update(block)
        except tf.errors.OpError as error:
            raise ZooError(f"{folder} cannot be read: {reason(error)}.") from error
        total.update(f"{name} {one.hexdigest()}\n".encode())
    return total.hexdigest()


def stable_handle(handle):
    """The handle in the form that is stored: a local folder as an absolute path, which means the
    same from everywhere on this machine; an address as it is."""
    handle = os.fspath(handle)
    return handle if "://" in handle else os.path.abspath(os.path.expanduser(handle))


def is_trusted(handle, directory):
    """Whether the preset in `directory` may name a module that its user did not name.

    Such a module is a program of the preset's author, so it must be an address of a well-known
    publisher, written plainly, or lie in a folder that the environment variable
    ZOO_TRUSTED_MODULES names, and not in the preset.
    """
    if not isinstance(handle, str) or any(letter < " " for letter in handle):
        return False
    if "://" in handle:
        return _TRUSTED.fullmatch(_address(handle)) is not None
    if not os.path.isabs(handle):
        return False
    place = os.path.realpath(handle)
    named = [f for f in os.environ.get(TRUSTED_FOLDERS, "").split(os.pathsep) if os.path.isabs(f)]
    return not _inside(directory, place) and any(_inside(folder, place) for folder in named)


def _inside(folder, place):
    root = os.path.realpath(folder)
    return os.path.commonpath([root, place]) == root


def _address(handle):
    scheme, separator, place = handle.partition("://")
    if scheme == "kaggle":
        return f"https://www.kaggle.com/models/{place}"
    return handle if separator else os.path.expanduser(handle)


def _fetched(handle, address):
    """The folder of the cache that holds an address."""
    try:
        import tensorflow_hub
    except ImportError as error:  # it imports pkg_resources, which setuptools 82 no longer has
        raise ZooError(
            f'"{handle}" is fetched by tensorflow-hub, which fails: {reason(error)}. '
            'pip install tensorflow-hub "setuptools<82", or give a local folder.'
        ) from error
    try:
        return tensorflow_hub.resolve(address)
    except Exception as error:  # of urllib, tarfile, ssl and TensorFlow
        raise ZooError(
            f'The TensorFlow Hub module "{handle}" is not in the cache ({_cache()}) and could not '
            f"be fetched: {reason(error)}. Check the handle and the network; or set "
            "TFHUB_CACHE_DIR to a cache that has it; or unpack it and give its folder instead."
        ) from error


def _checked(handle, folder):
    import tensorflow as tf

    if not tf.io.gfile.isdir(folder):
        raise ZooError(
            f'There is no folder "{handle}". A TensorFlow Hub handle is a local folder with '
            f"{_SAVED_MODEL}, an https address such as {ENCODER}, or "
            "kaggle://owner/model/framework/variation/version."
        )
    if not tf.io.gfile.exists(os.path.join(folder, _SAVED_MODEL)):
        remedy = (
            "Name the folder that holds it."
            if folder == os.path.expanduser(handle)
            else "Remove this folder of the cache, so that it is fetched again."
        )
        raise ZooError(f'"{handle}" is no SavedModel: {folder} has no {_SAVED_MODEL}. {remedy}')
    return folder


def _cache():
    named = os.environ.get("TFHUB_CACHE_DIR")
    return f"TFHUB_CACHE_DIR={named}" if named else "TFHUB_CACHE_DIR is not set"
