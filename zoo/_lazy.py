"""Public names of a package that import their module at first use."""

import importlib


def lazy_exports(package, exports):
    """The `__getattr__` and `__dir__` of a package whose names live in other modules.

    Args:
        package: str, the package's `__name__`.
        exports: dict of public name to the module that defines it, such as
            `{"Shapes": "zoo.data.sources.shapes"}`; `{"data": "zoo.data"}` in the package `zoo`
            exports the submodule itself.

    Returns:
        (`__getattr__`, `__dir__`), to be assigned in the package (PEP 562).
    """

    def get(name):
        if name not in exports:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module = importlib.import_module(exports[name])
        value = module if exports[name] == f"{package}.{name}" else getattr(module, name)
        setattr(importlib.import_module(package), name, value)
        return value

    return get, lambda: sorted(exports)
