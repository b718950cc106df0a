"""Reading and comparing the golden cases (arrays computed by the papers' official code).

The folder is given by the environment variable ZOO_GOLDEN_DIR, default `../shared/golden`. The same
tests run on other cases with the same file and key names: all sizes are read from the arrays or
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

from zoo.networks.build import build_on, symbolic_input

DEFAULT = pathlib.Path(__file__).resolve().parents[3] / "shared" / "golden"


def folder():
    return pathlib.Path(os.environ.get("ZOO_GOLDEN_DIR") or DEFAULT)


def description(system, name):
    """The content of a `.json` file that describes a network; skips the test if it is absent."""
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
        share = tolerance.get("atol_times_absmax", 0.0)
        return tolerance["rtol"], tolerance.get("atol", 0.0), share

    def check(self, key, got, where=..., more=0.0):
        """|got - want| <= atol + share * max|want| + rtol * |want| + more elementwise.

        `where`: index of the elements of the output that `got` has; all by default.
        """
        want = np.asarray(self.outputs[key], "float64")[where]
        got = np.asarray(got, "float64")
        assert got.shape == want.shape, (
            f"{self.name} {key}: shape {got.shape}, expected {want.shape}"
        )
        relative, absolute, share = self.tolerance(key)
        bound = absolute + share * np.abs(want).max(initial=0.0) + relative * np.abs(want)
        self.compare(key, got, want, bound + more)
        self.checked.add(key)

    def compare(self, key, got, want, bound):
        """Fails where |got - want| > bound; all float64 arrays of one shape."""
        off, bound = np.abs(got - want), np.broadcast_to(bound, want.shape)
        excess = np.where(np.isfinite(off), off - bound, np.inf)
        assert excess.size == 0 or excess.max() <= 0, (
            f"{self.name} {key}: off by {off.flat[excess.argmax()]:.3g}, "
            f"allowed {bound.flat[excess.argmax()]:.3g}"
        )

    def check_all_seen(self, ignore=r"num_batches_tracked$"):
        """Fails if an output of the case was not compared."""
        left = [k for k in self.outputs if k not in self.checked and not re.search(ignore, k)]
        assert not left, f"{self.name}: outputs never compared: {left[:8]} ({len(left)} in all)"


def tensor(array):
    """A tensor in the precision that the test runs in."""
    return tf.constant(np.asarray(array), keras.config.floatx())


def built(network, *inputs):
    """The network, with its variables, for inputs (structures of arrays) of these shapes.

    A first call would trace it first, and its parts once more for every part that they are in.
    """
    specs = keras.tree.map_structure(_spec, inputs)
    return build_on(network, *specs)


def _spec(array):
    if array is None:
        return None
    return symbolic_input(*array.shape, dtype=keras.backend.standardize_dtype(array.dtype))


def nhwc(array):
    """NCHW (or NC) to channels last."""
    return np.moveaxis(np.asarray(array), 1, -1)


def nchw(array):
    """Channels last to NCHW."""
    return np.moveaxis(np.asarray(array), -1, 1)


def subsampled(value, want):
    """The rows and columns of `value` (batch, channels, h, w) that are in `want`.

    `want` is stored without its stride; if several fit, the one with the nearest values is used.
    """
    rows = want.shape[2]
    strides = [s for s in range(1, value.shape[2] + 1) if -(-value.shape[2] // s) == rows]
    views = [value[:, :, ::stride, ::stride] for stride in strides]
    views = [view for view in views if view.shape == want.shape]
    assert views, f"no stride makes {want.shape} of {value.shape}"
    return min(views, key=lambda view: np.abs(view - want).max())


def check_views(case, key, value):
    """Checks every view in a case of large images or feature maps (batch, channels, h, w).

    `<key>_stride<n>`, `<key>_corner<n>`, `<key>_center<n>`, `<key>_mean`, `<key>_std`.
    """
    value = np.asarray(value, "float64")  # a float32 sum over many pixels loses three digits
    found = {k: re.fullmatch(rf"{re.escape(key)}_([a-z]+)(\d*)", k) for k in case.outputs}
    found = {k: match.groups() for k, match in found.items() if match}
    assert found, f"{case.name}: nothing is stored of {key}"
    for name, (view, number) in found.items():
        n, middle = int(number or 0), value.shape[2] // 2
        around = slice(middle - n // 2, middle + n // 2)
        views = {
            "stride": lambda n=n: value[:, :, ::n, ::n],
            "corner": lambda n=n: value[:, :, :n, :n],
            "center": lambda around=around: value[:, :, around, around],
            "mean": lambda: value.mean((2, 3)),
            "std": lambda: value.std((2, 3)),
        }
        case.check(name, views[view]())


def number_in(case, pattern):
    """(key, number) of the one output that matches `pattern`, whose group is a number.

    The number is an int, such as the stride in `spatial_sub4`.
    """
    ((key, found),) = [(k, m) for k in case.outputs if (m := re.fullmatch(pattern, k))]
    return key, int(found[1])


def stage_sizes(state_dict, prefix=""):
    """Image sizes of all stages of an official generator of StackGAN++'s family.

    The first stage doubles 4 pixels once per up-block, each other stage doubles once.
    """
    names = [k.removeprefix(prefix) for k in state_dict if k.startswith(prefix)]
    doublings = len({m[1] for k in names if (m := re.match(r"h_net1\.upsample(\d+)\.", k))})
    stages = len({m[1] for k in names if (m := re.match(r"h_net(\d+)\.", k))})
    return [4 * 2 ** (doublings + stage) for stage in range(stages)]


def check_after(case, targets, prefix):
    """The running statistics and singular vectors under `prefix` in the case's outputs."""
    for name, target in targets.items():
        statistic = re.search("running_(mean|var)$|weight_[uv]$", name)
        if statistic and f"{prefix}{name}" in case.outputs:
            case.check(f"{prefix}{name}", target.to_official(target.variable))
