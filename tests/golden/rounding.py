"""Bounds for gradients that a rounding can turn: measured on the case, where they are needed.

A ReLU passes a gradient or not by the sign of its input, a LeakyReLU changes its slope, a maximum
chooses, and |x| of an L1 loss has the slope 1 or -1. Where such an input lies next to zero, the
last bits of float32 numbers decide, and another order of summation decides otherwise. The official
numbers of a case were made in float32, or ours are; a network of a few channels has a hundred
thousand activations, so that some kinks always flip, and in unlucky cases one of them moves a
gradient by more than the case's tolerance. The gradient of a bias before a normalization is
zero, but in float32 it is what the rounding of a large sum leaves. Neither side is wrong then.

How far that reaches is no guess: the same step is taken again, in float64 and in float32, from
weights and inputs that are moved by as little as float32 rounds. What a gradient moves by then may
lie between ours and the official one, beside the case's tolerance. A wrong weight of a loss or a
missing term moves all gradients, most of which no rounding reaches (see docs/testing.md).
"""

import copy
import re

import numpy as np
import pytest

from tests.support.precision import computing_in

NUDGE = 2.0**-21  # of each number: what sums of float32 products differ by, relative to their size
RUNS = 12  # at most: an input next to zero changes sides in about every third one
FACTOR = 2.0  # several kinks do not all turn in the same run
TURNED = r"^(after/|it2/)|grad|step_norm"  # keys that only exist after a derivative


def check(case, body, turned=TURNED):
    """`body(case, monkeypatch)` takes a step and checks the case, where needed with such bounds.

    Args:
        case: `golden.Case`.
        body: function; it may be called several times, on copies of the case.
        turned: str. Regular expression of the keys that may need it; others keep their bounds.
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
    """dict of key -> how far nudged steps move its value; no more of them than `late` needs."""
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
    """A copy of the case with every weight, image and noise moved by less than float32 keeps."""
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
