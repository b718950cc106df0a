"""Public names of a package that import their module at first use."""

import contextlib
import importlib
import os
import sys


def lazy_exports(package, exports, instead=None):
    """The `__getattr__` and `__dir__` of a package whose names live in other modules.

    Args:
        package: str, the package's `__name__`.
        exports: dict of public name to the module that defines it, such as
            `{"Shapes": "zoo.data.sources.shapes"}`; `{"data": "zoo.data"}` in the package `zoo`
            exports the submodule itself.
        instead: dict of a name that users look for, to a sentence that says what to use.

    Returns:
        (`__getattr__`, `__dir__`), to be assigned in the package (PEP 562).
    """

    def get(name):
        if name not in exports:
            raise AttributeError(_unknown(package, exports, name, instead or {}))
        with quietly():
            module = importlib.import_module(exports[name])
        value = module if exports[name] == f"{package}.{name}" else getattr(module, name)
        setattr(importlib.import_module(package), name, value)
        return value

    return get, lambda: sorted(exports)


def _unknown(package, exports, name, instead):
    from zoo.errors import nearest

    text = f"module {package!r} has no attribute {name!r}"
    guess = "" if name.startswith("_") else f" {instead.get(name, '')}".rstrip() or nearest(
        name, exports)
    return f"{text}.{guess}" if guess else text


@contextlib.contextmanager
def quietly():
    """Hides what TensorFlow writes to the terminal while it is imported.

    A value of TF_CPP_MIN_LOG_LEVEL in the environment that is less than 3 shows it.
    """
    if "tensorflow" in sys.modules or os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3") < "3":
        yield
        return
    from zoo.programs import quiet

    with quiet():
        yield
