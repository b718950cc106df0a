"""The papers whose released files are read: one module of this package each.

A module of this package that has an `IMPORTER` reads the files of one system with its `load`:
nothing else lists them.
"""

import dataclasses
import functools
import importlib
import pkgutil

from zoo.errors import ZooError


@dataclasses.dataclass(frozen=True)
class Importer:
    """What `recipes.import_checkpoint` and `zoo.importers.detect` know of a system's files.

    Attributes:
        repository: str, the code that wrote them, "owner/name".
        files: tuple of str, the flags of the files that `load` needs. The first one says that this
            system is meant; "generator" is the first argument of `load`, the others have the names
            of its arguments.
        options: tuple of str, flags of further arguments of `load`.
        marks: tuple of str, names of arrays; a generator's file with one of them is of this system.
        without: tuple of str, names of arrays that it does not have.
    """

    repository: str
    files: tuple
    options: tuple = ()
    marks: tuple = ()
    without: tuple = ()

    def reads(self, arrays):
        """Whether a generator's arrays (by name) are of this system."""
        found = any(mark in arrays for mark in self.marks)
        return found and not any(name in arrays for name in self.without)


@functools.cache
def importers():
    """Dict of the name of a system, such as "attn_gan" -> its module, which has `load`."""
    package = importlib.import_module("zoo.importers")
    found = {}
    for info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"zoo.importers.{info.name}")
        if hasattr(module, "IMPORTER"):
            found[info.name] = module
    return found


def importer_of(name):
    """The module of a system.

    Raises:
        ZooError: no module of this package reads such a system.
    """
    if name not in importers():
        raise ZooError(f'"{name}" has no importer; expected one of {", ".join(importers())}.')
    return importers()[name]
