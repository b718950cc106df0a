"""From a handle to a local preset directory."""

import contextlib
import importlib
import os
import shutil
import tempfile

from zoo import storage
from zoo.errors import ZooError
from zoo.presets import integrity
from zoo.presets.registry import builtin_directory, builtin_names, unknown_handle


@contextlib.contextmanager
def local_directory(handle):
    """Yields the local directory of a preset; a remote one is copied for the time of the block.

    Args:
        handle: str or path. A built-in name, a directory, a path that TensorFlow reads
            ("gs://..."), "hf://owner/name[@revision]" or "kaggle://owner/model/keras/variation".
            A built-in name wins over a directory of the same name; write "./name" for the latter.

    Raises:
        ZooError: nothing is there, or the library that reads this kind of handle is missing.
    """
    handle = os.fspath(handle)
    scheme, separator, place = handle.partition("://")
    if not separator:
        yield _on_disk(handle)
    elif scheme == "hf":
        yield _hugging_face(handle, place)
    elif scheme == "kaggle":
        yield _kaggle(handle, place)
    else:
        folder = tempfile.mkdtemp(prefix="zoo_preset_")
        try:
            _copy_with_tensorflow(handle, folder)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _on_disk(handle):
    if handle in builtin_names():
        return builtin_directory(handle)
    if handle:
        storage.recover_folder(handle)
        if os.path.isdir(handle):
            return handle
    raise unknown_handle(handle)


def _hugging_face(handle, place):
    hub = _client("huggingface_hub", handle, "huggingface")
    name, _, revision = place.partition("@")
    with _download(handle):
        target = os.path.join(
            os.path.expanduser(os.environ.get("ZOO_CACHE_DIR", "~/.cache/zoo")),
            "hf",
            place.replace("/", "--"),
        )
        return hub.snapshot_download(
            name,
            revision=revision or None,
            local_dir=target,  # plain files: the shared cache holds links out of the directory
            allow_patterns=[f"*{suffix}" for suffix in integrity.SUFFIXES],
        )


def _kaggle(handle, place):
    hub = _client("kagglehub", handle, "kaggle")
    with _download(handle):
        return hub.model_download(place)


def _client(module, handle, extra):
    try:
        return importlib.import_module(module)
    except ImportError:
        raise ZooError(
            f'The preset "{handle}" needs the package {module} (extra "{extra}" of this package): '
            f"pip install {module}. Or download its directory yourself and give its path."
        ) from None


@contextlib.contextmanager
def _download(handle):
    try:
        yield
    except ZooError:
        raise
    except Exception as error:  # the clients raise many kinds, from several libraries
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ZooError(
            f'The preset "{handle}" could not be downloaded: {reason} Check the name, the network '
            "and your access, or download its directory yourself and give its path."
        ) from None


def _copy_with_tensorflow(handle, folder):
    import tensorflow as tf

    files, base = tf.io.gfile, handle.rstrip("/")
    with _download(handle):
        if not files.exists(f"{base}/{integrity.METADATA}"):
            raise unknown_handle(handle)
        files.copy(f"{base}/{integrity.METADATA}", os.path.join(folder, integrity.METADATA))
        path = os.path.join(folder, integrity.METADATA)
        listed = integrity.read_small_json(path).get("files")
        for name in listed if isinstance(listed, dict) else ():
            integrity.check_name(handle, name)
            if files.exists(f"{base}/{name}"):
                files.copy(f"{base}/{name}", os.path.join(folder, name))
