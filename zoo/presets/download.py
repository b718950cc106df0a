"""Resolves a preset's handle to a local directory, and downloads it if necessary."""

import contextlib
import importlib
import os
import re
import shutil
import tempfile

from zoo import storage
from zoo.errors import ZooError, reason
from zoo.presets import integrity
from zoo.presets.registry import EXAMPLES, builtin_directory, builtin_names, unknown_handle

_PART = r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,99}"
_HUGGING_FACE = re.compile(rf"{_PART}/{_PART}(@{_PART})?")
_KAGGLE = re.compile(rf"{_PART}(/{_PART}){{3,4}}")


@contextlib.contextmanager
def local_directory(handle):
    """Yields the local directory of a preset; one on a remote file system is copied temporarily.

    Args:
        handle: str or path. A built-in name, a directory, a path that TensorFlow reads
            ("gs://..."), "hf://owner/name[@revision]" or "kaggle://owner/model/keras/variation".
            A built-in name wins over a directory of the same name; write "./name" for the latter.

    Raises:
        ZooError: there is no such preset, or the library for this kind of handle is not installed.
    """
    handle = _text(handle)
    scheme, separator, path = handle.partition("://")
    if not separator:
        yield _on_disk(handle)
    elif scheme == "file":
        yield _on_disk(path, handle)
    elif scheme == "hf":
        yield _hugging_face(handle, path)
    elif scheme == "kaggle":
        yield _kaggle(handle, path)
    else:
        folder = tempfile.mkdtemp(prefix="zoo_preset_")
        try:
            _copy_with_tensorflow(handle, folder)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _text(handle):
    """The handle as a str without control characters."""
    if isinstance(handle, str | os.PathLike):
        handle = os.fspath(handle)
    if not isinstance(handle, str) or any(letter < " " for letter in handle):
        raise ZooError(f"A preset must be {EXAMPLES}, got {handle!r}.")
    return handle


def _on_disk(path, handle=None):
    if handle is None and path in builtin_names():
        return builtin_directory(path)
    if path:
        storage.recover_folder(path)
        _check_run(path)
        if os.path.isdir(path):
            return path
        if os.path.lexists(path):
            raise ZooError(f"{path} is not a directory, as presets are: give a preset's directory.")
    raise unknown_handle(handle or path)


def _check_run(path):
    """Raises `ZooError`, which names the presets of a run, for its folder or one that it lacks."""
    folder, name = os.path.split(path.rstrip("/"))
    inside = os.path.join(path, "presets")
    if found := _presets_in(inside):
        if not os.path.exists(os.path.join(path, integrity.METADATA)):
            listed = " or ".join(os.path.join(inside, one) for one in found)
            raise ZooError(f"{path} is the folder of a run: give {listed}.")
    elif os.path.basename(folder) == "presets" and not os.path.lexists(path):
        if found := _presets_in(folder):
            why = ": this run has no score that selects one" if name == "best" else ""
            listed = " and ".join(os.path.join(folder, one) for one in found)
            raise ZooError(f"There is no {path}{why}. There is {listed}.")


def _presets_in(folder):
    """Sorted names of the presets in a folder; none where it cannot be read."""
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    return sorted(n for n in names if os.path.isfile(os.path.join(folder, n, integrity.METADATA)))


def _hugging_face(handle, path):
    if not _HUGGING_FACE.fullmatch(path):
        raise ZooError(
            f'"{handle}" is not a Hugging Face preset: write hf://owner/name or '
            "hf://owner/name@revision."
        )
    hub = _client("huggingface_hub", handle, "huggingface")
    name, _, revision = path.partition("@")
    with _download(handle):
        target = os.path.join(
            os.path.expanduser(os.environ.get("ZOO_CACHE_DIR") or "~/.cache/zoo"),
            "hf",
            path.replace("/", "--"),
        )
        return hub.snapshot_download(
            name,
            revision=revision or None,
            local_dir=target,  # regular files: the shared cache has links out of the directory
            allow_patterns=[f"*{suffix}" for suffix in integrity.SUFFIXES],
        )


def _kaggle(handle, path):
    if not _KAGGLE.fullmatch(path):
        raise ZooError(
            f'"{handle}" is not a Kaggle preset: write kaggle://owner/model/keras/variation, '
            "optionally followed by /version."
        )
    hub = _client("kagglehub", handle, "kaggle")
    with _download(handle):
        return hub.model_download(path)


def _client(module, handle, extra):
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ZooError(
            f'The preset "{handle}" needs the package {module} (extra "{extra}" of this package): '
            f"pip install {module}. Or download its directory yourself and give its path."
        ) from error


@contextlib.contextmanager
def _download(handle):
    try:
        yield
    except ZooError:
        raise
    except Exception as error:  # the clients raise many types, from several libraries
        raise ZooError(
            f'The preset "{handle}" could not be downloaded: {reason(error)}. Check the name, the '
            "network and your access, or download its directory yourself and give its path."
        ) from error


def _copy_with_tensorflow(handle, folder):
    import tensorflow as tf

    files, base = tf.io.gfile, handle.rstrip("/")
    with _download(handle):
        if not files.exists(f"{base}/{integrity.METADATA}"):
            raise unknown_handle(handle)
        path = _copy(base, integrity.METADATA, folder)
        listed = integrity.read_small_json(path).get("files")
        for name in listed if isinstance(listed, dict) else ():
            integrity.check_name(handle, name)
            if files.exists(f"{base}/{name}"):
                _copy(base, name, folder)


def _copy(base, name, folder):
    """Copies a file of a remote preset; returns the path of the copy."""
    import tensorflow as tf

    source, path = f"{base}/{name}", os.path.join(folder, name)
    integrity.check_size(source, name, tf.io.gfile.stat(source).length)
    tf.io.gfile.copy(source, path)
    return path
