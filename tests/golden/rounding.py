"""Bounds for gradients that rounding can change: measured on the case, where they are needed.

A ReLU passes a gradient or not by the sign of its input, a LeakyReLU changes its slope, a maximum
selects, and |x| of an L1 loss has the slope 1 or -1. If such an input is close to zero, the last
bits of float32 numbers decide, and another order of summation decides differently. The official
numbers of a case were computed in float32, or ours are; a network of a few channels has a hundred
thousand activations, so that some kinks always flip, and in unlucky cases one of them changes a
gradient by more than the case's tolerance. The gradient of a bias before a normalization is
zero, but in float32 it is the rounding error of a large sum. Neither side is wrong then.

The size of this effect is measured: the same step is repeated, in float64 and in float32, from
weights and inputs perturbed by no more than the rounding of float32. The resulting change of a
gradient is added to the case's tolerance. A wrong weight of a loss or a missing term changes all
gradients, most of which rounding does not affect (see docs/testing.md).
"""

import copy
import re

import numpy as np
import pytest

from tests.support.precision import computing_in

NUDGE = 2.0**-21  # relative perturbation, the typical difference of sums of float32 products
RUNS = 12  # at most: an input close to zero changes its sign in about every third run
FACTOR = 2.0  # several kinks do not all flip in the same run
TURNED = r"^(after/|it2/)|grad|step_norm"  # keys of values that depend on a derivative


def check(case, body, turned=TURNED):
    """Runs `body(case, monkeypatch)`, a step that checks the case, if needed with such bounds.

    Args:
        case: `golden.Case`.
        body: function; it may be called several times, on copies of the case.
        turned: str. Regular expression of the keys that may need them; others keep their bounds.
    """
    late, seen, strict = {}, set(), case.compare

    def compare(key, got, want, bound):
        if not re.search(turned, key):
            return strict(key, got, want, bound)
        seen.add(key)
        if not (np.isfinite(got).all() and (np.abs(got - want) <= bound).all()):
            late[key] = got, want, bound

    case.compare = compare
    _run(case, body)
    few = len(late) <= len(seen) / 2 and all(np.isfinite(got).all() for got, _, _ in late.values())
    spread = spread_of(case, body, late) if few else dict.fromkeys(late, 0.0)
    for key, (got, want, bound) in late.items():
        note = f"{key} ({len(late)} of {len(seen)} are off; rounding moves it by {spread[key]:.2g})"
        strict(note, got, want, bound + FACTOR * spread[key])


def spread_of(case, body, late):
    """dict of key -> largest change of its value in perturbed steps; as few as `late` needs."""
    spread = dict.fromkeys(late, 0.0)
    for seed in range(RUNS):
        open_keys = {
            key
            for key, (got, want, bound) in late.items()
            if (np.abs(got - want) > bound + FACTOR * spread[key]).any()
        }
        if not open_keys:
            break
        moved = nudged(case, seed)

        def compare(key, got, want, bound):
            if key in late and got.shape == late[key][0].shape:
                spread[key] = max(spread[key], np.abs(got - late[key][0]).max(initial=0.0))

        moved.compare = compare
        with computing_in(("float64", "float32")[seed % 2]):
            _run(moved, body)
    return spread


def nudged(case, seed, size=NUDGE):
    """A copy of the case with every weight, image and noise perturbed by float32 rounding."""
    rng, moved = np.random.default_rng(seed), copy.copy(case)

    def move(array):
        if array.dtype.kind != "f":
            return array
        return (array * (1 + size * rng.uniform(-1, 1, array.shape))).astype("float64")

    moved.params = {k: move(v) for k, v in case.params.items()}
    moved.inputs = {k: move(v) for k, v in case.inputs.items()}
    moved.outputs, moved.checked = dict(case.outputs), set()
    return moved


def _run(case, body):
    with pytest.MonkeyPatch.context() as monkeypatch:
        body(case, monkeypatch)
