"""Atomic files: weights as HDF5, JSON, bytes, hashes.

Every write goes to a temporary file next to its target, is flushed to disk, and is then renamed to
the target. A crash or a full disk leaves the previous file unchanged. Each path has one writer:
two processes that write the same path at the same time are not supported.

Weights are read strictly: all names, shapes and types are checked, and nothing is assigned before
everything has been read.
"""

from zoo.storage.files import (
    atomic_file,
    atomic_folder,
    recover_folder,
    sha256,
    sync_folder,
    write_bytes_atomically,
)
from zoo.storage.json_files import object_of, read_json, read_strict_json, write_json
from zoo.storage.os_errors import explain_os_error, tensorflow_write_error, write_error
from zoo.storage.weights import (
    load_variables,
    read_names,
    read_notes,
    read_shapes,
    read_variables,
    save_variables,
)

__all__ = [
    "atomic_file",
    "atomic_folder",
    "explain_os_error",
    "load_variables",
    "object_of",
    "read_json",
    "read_names",
    "read_notes",
    "read_shapes",
    "read_strict_json",
    "read_variables",
    "recover_folder",
    "save_variables",
    "sha256",
    "sync_folder",
    "tensorflow_write_error",
    "write_bytes_atomically",
    "write_error",
    "write_json",
]
