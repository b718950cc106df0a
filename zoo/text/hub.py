"""Resolves handles of TensorFlow Hub to local folders, and loads their SavedModels.

A handle is a local folder (or a path that TensorFlow reads, such as "gs://bucket/folder"), an
`https` address of tfhub.dev, kaggle.com or of a .tar.gz file,
"kaggle://owner/model/framework/variation/version", or "package://NAME/preprocess" and
"package://NAME/encoder", see `zoo.text.package_modules`. Downloads are kept in the folder that the
environment variable TFHUB_CACHE_DIR names, or else in a temporary folder of the system, which may
be empty after a restart. A handle that is in the cache needs no network.

A SavedModel is a program: it can read and write files. Load only modules that you trust. A module
is not trusted merely because a preset names it, see `is_trusted`.
"""

import hashlib
import os
import re

from zoo.errors import ZooError, reason
from zoo.text import package_modules

PREPROCESS = "https://tfhub.dev/tensorflow/bert_en_uncased_preprocess/3"
ENCODER = "https://tfhub.dev/tensorflow/bert_en_uncased_L-12_H-768_A-12/4"
HANDLES = ("preprocess", "encoder")  # names of the two modules of a text encoder
TRUSTED_FOLDERS = "ZOO_TRUSTED_MODULES"  # environment variable: folders, separated as in PATH
# Addresses that may be fetched if only a preset names them: no part of such an address can be
# interpreted as another host, another owner or a path out of a folder.
_TRUSTED = re.compile(
    r"https://(tfhub\.dev|(www\.)?kaggle\.com/models)/(tensorflow|google)"
    r"(/[A-Za-z0-9][A-Za-z0-9_.-]*)+"
)
_SAVED_MODEL = "saved_model.pb"


def check_both_handles(form, handles):
    """Raises `ZooError` for one handle of a hub encoder without the other.

    Args:
        form: str, how the user gives the handle "{}", for the message.
        handles: dict of the handles by name, and possibly other settings.
    """
    present = [name for name in HANDLES if handles.get(name)]
    if len(present) == 1:
        (missing,) = set(HANDLES).difference(present)
        raise ZooError(
            f"{form.format(missing)} is missing: the two modules of a text encoder belong "
            f"together, but only {form.format(present[0])} was given, "
            f"{handles[present[0]]!r}. Give both, or neither for BERT base."
        )


def local_folder(handle):
    """The folder of the SavedModel that `handle` names; it is downloaded if necessary.

    Raises:
        ZooError: there is no SavedModel, or it cannot be downloaded.
    """
    handle = os.fspath(handle) if isinstance(handle, str | os.PathLike) else handle
    if not isinstance(handle, str) or not handle or any(letter < " " for letter in handle):
        raise ZooError(f"A TensorFlow Hub handle must be a folder or an address, got {handle!r}.")
    if package_modules.is_package(handle):
        return package_modules.local_folder(handle)
    address = _address(handle)
    if address.lower().startswith("http://"):
        raise ZooError(
            f'"{handle}" is not downloaded, because http:// downloads can be tampered with. Write '
            "https://, or download it yourself and give its folder."
        )
    if address.startswith("https://"):
        folder = _fetch(handle, address)
    else:
        folder = address
    return _check_folder(handle, folder)


def load_module(handle, folder):
    """Loads the SavedModel in the `local_folder` of a handle, which must be trusted.

    Raises:
        ZooError: the SavedModel cannot be loaded.
    """
    import_operations()
    import tensorflow as tf

    try:
        return tf.saved_model.load(folder)
    except Exception as error:  # damaged files raise many kinds, from several libraries
        raise ZooError(
            f'The SavedModel of "{handle}" in {folder} cannot be loaded: {reason(error)}. '
            "Download it again, or use another module."
        ) from error


def import_operations():
    """Registers the operations of `tensorflow_text`, which preprocessing modules use."""
    try:
        import tensorflow_text  # noqa: F401
    except ImportError as error:
        raise ZooError(
            f"Text encoders of TensorFlow Hub need tensorflow-text, whose import fails: "
            f'{reason(error)}. pip install "tensorflow-text~=2.21.0".'
        ) from error


def module_digest(handle, folder):
    """SHA-256 of the files that determine what a module computes, as 64 digits.

    `folder`: the `local_folder` of the handle.
    """
    return package_modules.digest(handle) if package_modules.is_package(handle) else digest(folder)


def digest(folder):
    """SHA-256 of the files that determine what a SavedModel computes, as 64 digits.

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
    """The handle in the form that is stored: a local folder as an absolute path, which does not
    depend on the working directory; an address unchanged."""
    handle = os.fspath(handle)
    return handle if "://" in handle else os.path.abspath(os.path.expanduser(handle))


def is_trusted(handle, directory):
    """Whether the preset in `directory` may name a module that its user did not name.

    Such a module is a program of the preset's author, so it must be a plain address of a well-known
    publisher, or be in a folder that the environment variable ZOO_TRUSTED_MODULES names, and not in
    the preset. The modules made of a package are programs of this project.
    """
    if not isinstance(handle, str) or any(letter < " " for letter in handle):
        return False
    if package_modules.is_package(handle):
        return package_modules.HANDLE.fullmatch(handle) is not None
    if "://" in handle:
        return _TRUSTED.fullmatch(_address(handle)) is not None
    if not os.path.isabs(handle):
        return False
    path = os.path.realpath(handle)
    trusted = [f for f in os.environ.get(TRUSTED_FOLDERS, "").split(os.pathsep) if os.path.isabs(f)]
    return not _inside(directory, path) and any(_inside(folder, path) for folder in trusted)


def _inside(folder, path):
    root = os.path.realpath(folder)
    return os.path.commonpath([root, path]) == root


def _address(handle):
    scheme, separator, path = handle.partition("://")
    if scheme == "kaggle":
        return f"https://www.kaggle.com/models/{path}"
    return handle if separator else os.path.expanduser(handle)


def _fetch(handle, address):
    """The cache folder of an address; it is downloaded if it is not in the cache."""
    try:
        import tensorflow_hub
    except ImportError as error:  # it imports pkg_resources, which setuptools 82 no longer has
        raise ZooError(
            f'"{handle}" is downloaded with tensorflow-hub, whose import fails: {reason(error)}. '
            'pip install tensorflow-hub "setuptools<82", or give a local folder.'
        ) from error
    try:
        return tensorflow_hub.resolve(address)
    except Exception as error:  # of urllib, tarfile, ssl and TensorFlow
        raise ZooError(
            f'The TensorFlow Hub module "{handle}" is not in the cache ({_cache()}) and could not '
            f"be downloaded: {reason(error)}. Check the handle and the network; or set "
            "TFHUB_CACHE_DIR to a cache that has it; or unpack it and give its folder instead."
        ) from error


def _check_folder(handle, folder):
    import tensorflow as tf

    if not tf.io.gfile.isdir(folder):
        raise ZooError(
            f'There is no folder "{handle}". A TensorFlow Hub handle must be a local folder with '
            f"{_SAVED_MODEL}, an https address such as {ENCODER}, "
            "kaggle://owner/model/framework/variation/version, or package://NAME/encoder."
        )
    if not tf.io.gfile.exists(os.path.join(folder, _SAVED_MODEL)):
        remedy = (
            "Name the folder that contains it."
            if folder == os.path.expanduser(handle)
            else "Remove this folder of the cache, so that it is downloaded again."
        )
        raise ZooError(f'"{handle}" is not a SavedModel: {folder} has no {_SAVED_MODEL}. {remedy}')
    return folder


def _cache():
    named = os.environ.get("TFHUB_CACHE_DIR")
    return f"TFHUB_CACHE_DIR={named}" if named else "TFHUB_CACHE_DIR is not set"
