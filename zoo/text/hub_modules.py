"""SavedModels of TensorFlow Hub: from a handle to a local folder, and to the loaded module.

A handle is a local folder (or a path that TensorFlow reads, such as "gs://bucket/folder"), an
`https` address of tfhub.dev, kaggle.com or of a .tar.gz file, or
"kaggle://owner/model/framework/variation/version". What is fetched is kept in the folder that the
environment variable TFHUB_CACHE_DIR names; without it in a temporary folder of the system, which
may be empty after a restart. A handle that is in the cache needs no network.

A SavedModel is a program: it can read and write files. Load only what you trust.
"""

import hashlib
import os

from zoo.errors import ZooError

PREPROCESS = "https://tfhub.dev/tensorflow/bert_en_uncased_preprocess/3"
ENCODER = "https://tfhub.dev/tensorflow/bert_en_uncased_L-12_H-768_A-12/4"
# What may be fetched when a preset, and not the user, names it.
TRUSTED = tuple(
    f"https://{place}/{owner}/"
    for place in ("tfhub.dev", "www.kaggle.com/models", "kaggle.com/models")
    for owner in ("tensorflow", "google")
)
_SAVED_MODEL = "saved_model.pb"


def local_folder(handle):
    """The folder with the SavedModel that `handle` names; it is fetched if need be.

    Raises:
        ZooError: nothing is there, or it cannot be fetched.
    """
    handle = os.fspath(handle) if handle else ""
    if not isinstance(handle, str) or not handle:
        raise ZooError(f"A TensorFlow Hub handle must be a folder or an address, got {handle!r}.")
    address = _address(handle)
    if address.startswith(("https://", "http://")):
        folder = _fetched(handle, address)
    else:
        folder = address
    return _checked(handle, folder)


def load_module(handle):
    """(loaded SavedModel, its folder) of a handle.

    Raises:
        ZooError: as `local_folder`; or what is there cannot be loaded.
    """
    folder = local_folder(handle)
    import_operations()
    import tensorflow as tf

    try:
        return tf.saved_model.load(folder), folder
    except Exception as error:  # damaged files raise many kinds, from several libraries
        raise ZooError(
            f'The SavedModel of "{handle}" in {folder} cannot be loaded: {_first_line(error)}. '
            "Fetch it again, or use another module."
        ) from None


def import_operations():
    """Makes the operations of `tensorflow_text` known, which preprocessing modules consist of."""
    try:
        import tensorflow_text  # noqa: F401
    except ImportError as error:
        raise ZooError(
            f"Text encoders of TensorFlow Hub need tensorflow-text, which fails: "
            f'{_first_line(error)}. pip install "tensorflow-text~=2.21.0".'
        ) from None


def digest(folder):
    """SHA-256 over the files of a SavedModel that decide what it computes, as 64 digits."""
    import tensorflow as tf

    files = tf.io.gfile
    names = [_SAVED_MODEL]
    for part in ("variables", "assets"):
        inside = os.path.join(folder, part)
        if files.isdir(inside):
            names += [f"{part}/{name}" for name in sorted(files.listdir(inside))]
    total = hashlib.sha256()
    for name in names:
        with files.GFile(os.path.join(folder, name), "rb") as file:
            one = hashlib.sha256()
            while block := file.read(1 << 24):
                one.update(block)
        total.update(f"{name} {one.hexdigest()}\n".encode())
    return total.hexdigest()


def stable_handle(handle):
    """The handle in the form that is stored: a local folder as an absolute path, which means the
    same from everywhere on this machine; an address as it is."""
    handle = os.fspath(handle)
    return handle if "://" in handle else os.path.abspath(os.path.expanduser(handle))


def is_trusted(handle, directory):
    """Whether the preset in `directory` may name it: a well-known publisher's address, or a folder
    of this machine, given as an absolute path, that did not come with the preset."""
    if "://" in handle:
        return _address(handle).startswith(TRUSTED) and ".." not in handle
    if not os.path.isabs(handle):
        return False
    root, place = os.path.realpath(directory), os.path.realpath(handle)
    return os.path.commonpath([root, place]) != root


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
            f'"{handle}" is fetched by tensorflow-hub, which fails: {_first_line(error)}. '
            'pip install tensorflow-hub "setuptools<82", or give a local folder.'
        ) from None
    try:
        return tensorflow_hub.resolve(address)
    except Exception as error:  # of urllib, tarfile, ssl and TensorFlow
        raise ZooError(
            f'The TensorFlow Hub module "{handle}" is not in the cache ({_cache()}) and could not '
            f"be fetched: {_first_line(error)}. Check the handle and the network; or set "
            "TFHUB_CACHE_DIR to a cache that has it; or unpack it and give its folder instead."
        ) from None


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


def _first_line(error):
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0][:300].rstrip(".")
