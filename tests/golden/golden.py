"""Reading and comparing the golden cases (arrays made by the papers' official code).

The folder comes from the environment variable ZOO_GOLDEN_DIR, default `../shared/golden`. The same
tests run on other cases with the same file and key names: every size is read from the arrays or
from `meta`.
"""

import json
import os
import pathlib
import re

import keras
import numpy as np
import pytest
import tensorflow as tf

DEFAULT = pathlib.Path(__file__).resolve().parents[3] / "shared" / "golden"


def folder():
    return pathlib.Path(os.environ.get("ZOO_GOLDEN_DIR") or DEFAULT)


def description(system, name):
    """The content of a `.json` file that describes a network; skips the test where it is absent."""
    path = folder() / system / f"{name}.json"
    if not path.exists():
        pytest.skip(f"golden file {system}/{path.name} not found under {folder()}")
    return json.loads(path.read_text())


class Case:
    """One golden file: `param(prefix)`, `inputs[name]`, `outputs[name]`, `meta`, and `check`."""

    def __init__(self, system, name):
        path = folder() / system / f"{name}.npz"
        if not path.exists():
            pytest.skip(
                f"golden case {system}/{name} not found under {folder()} (set ZOO_GOLDEN_DIR)"
            )
        arrays = np.load(path)
        self.name = name
        self.meta = json.loads(str(arrays["meta"]))
        self.params, self.inputs, self.outputs = (
            {key.removeprefix(kind): arrays[key] for key in arrays.files if key.startswith(kind)}
            for kind in ("param/", "in/", "out/")
        )
        self.checked = set()

    def param(self, prefix=""):
        """The state dict of the network stored under `prefix`."""
        return {k.removeprefix(prefix): v for k, v in self.params.items() if k.startswith(prefix)}

    def tolerance(self, key):
        """(rtol, absolute tolerance, its share of max|want|) for one output in Keras' precision."""
        tolerance, precision = self.meta["tolerance"], f"{keras.config.floatx()}_run"
        if precision in tolerance:
            rule = tolerance[precision]
            share = rule.get("per_key_atol_times_absmax", {}).get(key, rule["atol_times_absmax"])
            return rule["rtol"], 0.0, share
        for pattern, rtol, atol in self.meta.get("tolerance_by_key", []):
            if re.search(pattern, key):
                return rtol, atol, 0.0
        return tolerance["rtol"], tolerance["atol"], 0.0

    def check(self, key, got, rtol=0.0, atol=0.0):
        """|got - want| <= atol + share * max|want| + rtol * |want| elementwise.

        `rtol` and `atol` count where the case asks for less.
        """
        want = np.asarray(self.outputs[key], "float64")
        got = np.asarray(got, "float64")
        assert got.shape == want.shape, (
            f"{self.name} {key}: shape {got.shape}, expected {want.shape}"
        )
        relative, absolute, share = self.tolerance(key)
        bound = max(atol, absolute) + share * (np.abs(want).max() if want.size else 0.0)
        bound = bound + max(rtol, relative) * np.abs(want)
        excess = np.abs(got - want) - bound
        assert excess.size == 0 or excess.max() <= 0, (
            f"{self.name} {key}: off by {np.abs(got - want).max():.3g}, "
            f"allowed {bound.flat[excess.argmax()]:.3g}"
        )
        self.checked.add(key)

    def check_all_seen(self, ignore=r"num_batches_tracked$"):
        """Fails if an output of the case was not compared."""
        left = [k for k in self.outputs if k not in self.checked and not re.search(ignore, k)]
        assert not left, f"{self.name}: outputs never compared: {left[:8]} ({len(left)} in all)"


def tensor(array):
    """A tensor in the precision that the test runs in."""
    return tf.constant(np.asarray(array), keras.config.floatx())


def nhwc(array):
    """NCHW (or NC) to channels last."""
    return np.moveaxis(np.asarray(array), 1, -1)


def nchw(array):
    """Channels last to NCHW."""
    return np.moveaxis(np.asarray(array), -1, 1)


def check_after(case, targets, prefix):
    """The running statistics and singular vectors behind `prefix` in the case's outputs."""
    for name, target in targets.items():
        statistic = re.search("running_(mean|var)$|weight_[uv]$", name)
        if statistic and f"{prefix}{name}" in case.outputs:
            case.check(f"{prefix}{name}", target.to_official(target.variable))
