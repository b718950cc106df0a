"""Registry of the importers: the modules of this package that have an `IMPORTER`.

Such a module loads the files of one system with its `load`. There is no other list of them.
"""

import dataclasses
import functools
import importlib
import pkgutil

from zoo.errors import ZooError


@dataclasses.dataclass(frozen=True)
class Importer:
    """A system's files, for `recipes.import_checkpoint` and `zoo.importers.detect`.

    Attributes:
        repository: str, the code that wrote the files, "owner/name".
        files: tuple of str, the flags of the files that `load` needs. The first one selects this
            system; "generator" is the first argument of `load`, the others have the names of its
            arguments.
        options: tuple of str, flags of further arguments of `load`.
        marks: tuple of str, names of arrays; a generator's file with one of them is of this system.
        without: tuple of str, names of arrays that such a file does not have.
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
    """dict of the name of a system, such as "attn_gan", to its module, which has `load`."""
    package = importlib.import_module("zoo.importers")
    modules = {}
    for info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"zoo.importers.{info.name}")
        if hasattr(module, "IMPORTER"):
            modules[info.name] = module
    return modules


def importer_of(name):
    """The module of a system.

    Raises:
        ZooError: no module of this package reads such a system.
    """
    if name not in importers():
        raise ZooError(f'"{name}" has no importer; expected one of {", ".join(importers())}.')
    return importers()[name]
