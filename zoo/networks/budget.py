"""Size limit for loaded models: a model must not be larger than the file of its weights.

The settings of a downloaded model are untrusted input. Inside `limited`, layers and weights beyond
the limit are refused before they take memory or time, whatever setting requires them, and no weight
is initialized at random: the file fills them.
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
_USERS = 0  # open blocks of `limited`, in any thread


class _TooLarge(BaseException):
    """Passes through Keras, which catches every `Exception` of a layer and continues."""


class Budget:
    """The remaining numbers of weights and layers that may be built.

    Args:
        what: str. The subject of the error message, such as "The preset x".
        numbers: int. The number of weights in the file.
        arrays: int. The number of arrays in the file.
        blank: bool. Whether variables start as zeros, whatever their initializers are.

    A system may have weights that its file lacks, such as the generator next to its EMA, and layers
    without weights; the limits leave room for those.
    """

    def __init__(self, what, numbers, arrays, blank=True):
        self.what = what
        self.blank = blank
        self.held = (numbers, arrays)
        self.numbers = 5 * numbers // 2 + (1 << 20) if numbers < math.inf else numbers
        self.layers = 6 * arrays + 200
        self.blanks = []  # (variable, its own initializer)

    def take(self, numbers=0, layers=0):
        """Takes weights and layers from the budget; exits the block if it is exceeded."""
        self.numbers -= numbers
        self.layers -= layers
        if self.numbers < 0 or self.layers < 0:
            raise _TooLarge

    def refusal(self):
        """The `ZooError` for a model that exceeds the budget."""
        return ZooError(
            f"{self.what} is refused: its settings ask for a larger model than its weights, which "
            f"are {self.held[0]:,} numbers in {self.held[1]:,} arrays."
        )

    def initialize(self, filled):
        """Initializes the variables that the file does not fill.

        Args:
            filled: variables that already have their values.
        """
        known = {id(variable) for variable in filled}
        for variable, initializer in self.blanks:
            if id(variable) not in known:
                initializer = keras.initializers.get(initializer or "glorot_uniform")
                variable.assign(initializer(variable.shape, dtype=variable.dtype))


def blank():
    """A block in which variables start as zeros, for weights that are assigned afterwards."""
    return limited("", math.inf, math.inf)


@contextlib.contextmanager
def limited(what, numbers, arrays, blank=True):
    """A block in which the created layers are limited to about the size of a file; see `Budget`.

    With `blank` their variables start as zeros: call the yielded budget's `initialize` after
    filling those of the file.

    Raises:
        ZooError: a layer in the block exceeds the limit.
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


# Keras has no hook for new layers and weights, so its two methods that create them are wrapped
# while a block is open; layers of other threads are unaffected.
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
