"""A limit on what is built: a model is never larger than the file that its weights come from.

The sizes of a model from outside are words of a stranger. Inside `limited`, a layer or a weight too
many is refused before it takes memory or time, whatever setting asked for it, and no weight is
drawn at random: the file fills them.
"""

import contextlib
import contextvars
import functools
import math
import threading

import keras

from zoo.errors import ZooError

_ACTIVE = contextvars.ContextVar("zoo_budget", default=None)
_LOCK = threading.Lock()
_USERS = 0  # blocks of `limited` that are open, in any thread


class _TooLarge(BaseException):
    """Passes through Keras, which catches every `Exception` of a layer and goes on."""


class Budget:
    """What may still be built.

    Args:
        what: str. What is too large, for the message: "The preset x".
        numbers: int. How many numbers the file holds.
        arrays: int. How many arrays.
        blank: bool. Whether variables start as zeros, whatever their initializers are.

    A system may hold what its file does not, such as the generator beside its moving average, and
    layers without weights; the limits leave room for those.
    """

    def __init__(self, what, numbers, arrays, blank=True):
        self.what = what
        self.blank = blank
        self.held = (numbers, arrays)
        self.numbers = 5 * numbers // 2 + (1 << 20) if numbers < math.inf else numbers
        self.layers = 6 * arrays + 200
        self.blanks = []  # (variable, its own initializer)

    def take(self, numbers=0, layers=0):
        """Ends the block if there is no room for so many more."""
        self.numbers -= numbers
        self.layers -= layers
        if self.numbers < 0 or self.layers < 0:
            raise _TooLarge

    def refusal(self):
        """The `ZooError` for a model that has no room."""
        return ZooError(
            f"{self.what} is refused: its settings ask for a larger model than its weights, which "
            f"are {self.held[0]:,} numbers in {self.held[1]:,} arrays."
        )

    def initialize(self, filled):
        """Gives the variables that no file fills their own first values.

        Args:
            filled: variables that have their values already.
        """
        known = {id(variable) for variable in filled}
        for variable, initializer in self.blanks:
            if id(variable) not in known:
                initializer = keras.initializers.get(initializer or "glorot_uniform")
                variable.assign(initializer(variable.shape, dtype=variable.dtype))


def blank():
    """A block in which variables start as zeros, for weights that are assigned next."""
    return limited("", math.inf, math.inf)


@contextlib.contextmanager
def limited(what, numbers, arrays, blank=True):
    """Layers that are made in this block together hold little more than a file; see `Budget`.

    With `blank` their variables start as zeros: call the yielded budget's `initialize` when those
    of the file have been filled.

    Raises:
        ZooError: in the block, by the layer that goes beyond the limit.
    """
    global _USERS
    budget = Budget(what, numbers, arrays, blank)
    with _LOCK:
        _USERS += 1
        if _USERS == 1:
            _watch()
    token = _ACTIVE.set(budget)
    try:
        yield budget
    except _TooLarge:
        raise budget.refusal() from None
    finally:
        _ACTIVE.reset(token)
        with _LOCK:
            _USERS -= 1
            if not _USERS:
                _unwatch()


# Keras offers no place to hear of new layers and weights, so its two methods that make them are
# wrapped while a block is open; layers of other threads pass through unchanged.
_INIT, _ADD_WEIGHT = keras.layers.Layer.__init__, keras.layers.Layer.add_weight


@functools.wraps(_INIT)
def _counted_init(self, **kwargs):
    if (budget := _ACTIVE.get()) is not None:
        budget.take(layers=1)
    _INIT(self, **kwargs)


@functools.wraps(_ADD_WEIGHT)
def _counted_add_weight(self, shape=None, initializer=None, *args, **kwargs):
    if (budget := _ACTIVE.get()) is None:
        return _ADD_WEIGHT(self, shape, initializer, *args, **kwargs)
    sizes = [shape] if isinstance(shape, int) else shape or ()
    budget.take(numbers=math.prod(size or 1 for size in sizes))
    if not budget.blank:
        return _ADD_WEIGHT(self, shape, initializer, *args, **kwargs)
    variable = _ADD_WEIGHT(self, shape, "zeros", *args, **kwargs)
    budget.blanks.append((variable, initializer))
    return variable


def _watch():
    keras.layers.Layer.__init__ = _counted_init
    keras.layers.Layer.add_weight = _counted_add_weight


def _unwatch():
    keras.layers.Layer.__init__ = _INIT
    keras.layers.Layer.add_weight = _ADD_WEIGHT
