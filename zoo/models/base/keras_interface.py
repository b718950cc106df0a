"""What Keras offers on every model, where it has another name here, or another form of input.

Each method either does what Keras says of it or names in one sentence what to use in its place.
"""

import inspect
import os

import keras
import numpy as np
import tensorflow as tf

from zoo.errors import ZooError, reason
from zoo.models.base.arguments import make


class CheckedArguments(type(keras.Model)):
    """Of classes whose arguments are checked before an object is made."""

    @property
    def __signature__(cls):
        """The constructor's own, for `help`, `inspect.signature` and editors."""
        _, *parameters = inspect.signature(cls.__init__).parameters.values()
        return inspect.Signature(parameters)

    def __call__(cls, *args, **kwargs):
        return make(cls, super().__call__, args, kwargs)


class KerasInterface(keras.Model, metaclass=CheckedArguments):
    """The base of `System`: constructors with checked arguments, and Keras' methods made honest."""

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    # --- using a model ----------------------------------------------------------------------------

    def __call__(self, *args, **kwargs):
        if hasattr(self, "generate") and not _is_dict(args, kwargs):
            raise ZooError(f"{self._name()} is not called with {self._condition()}: {self._use()}")
        return super().__call__(*args, **kwargs)

    def predict(self, x=None, *args, **kwargs):
        """Of a model that makes images: `generate` in its place."""
        self._refuse_predict(x)
        return super().predict(x, *args, **kwargs)

    def predict_on_batch(self, x=None):
        """Of a model that makes images: `generate` in its place."""
        self._refuse_predict(x)
        return super().predict_on_batch(x)

    def evaluate(self, *args, **kwargs):
        """Refused: what measures a model is `zoo.evaluation`, or `zoo.metrics`."""
        raise ZooError(
            f"{self._name()} has no single number that `evaluate` could give: save it with "
            "save_to_preset and measure it with zoo.evaluation, or use zoo.metrics."
        )

    test_on_batch = evaluate

    # --- training ---------------------------------------------------------------------------------

    def fit(self, x=None, *args, **kwargs):
        """As Keras': `x` is a `tf.data.Dataset` of batches, dicts such as those of `zoo.data`."""
        self._check_trainable()
        if not isinstance(x, tf.data.Dataset | keras.utils.PyDataset) and not (
            hasattr(x, "__next__") or isinstance(x, tf.distribute.DistributedDataset)
        ):
            raise ZooError(
                f"{self._name()}.fit takes a tf.data.Dataset of batches, dicts such as zoo.data "
                f"makes, got {_kind(x)}; zoo.training.run trains by a recipe."
            )
        return super().fit(x, *args, **kwargs)

    def train_on_batch(self, x=None, *args, **kwargs):
        """As Keras': one step on a dict such as those of `zoo.data`."""
        self._check_trainable()
        self.check_batch(x)
        return super().train_on_batch(x, *args, **kwargs)

    def check_batch(self, batch):
        """Raises `ZooError` unless a batch is a dict."""
        if not hasattr(batch, "keys"):
            raise ZooError(
                f"A batch of {self._name()} is a dict of tensors, such as zoo.data makes, got "
                f"{_kind(batch)}."
            )

    def _check_trainable(self):
        if not getattr(self, "optimizer_names", None):
            raise ZooError(f"{self._name()} is not compiled: call {self.compile_example()} first.")

    def compile_example(self):
        """How `compile` is called, for messages."""
        self.build_for_training()
        names = ", ".join(f"{name}=keras.optimizers.Adam(2e-4)" for name in self.optimizer_groups)
        return f"compile({names})"

    # --- saving -----------------------------------------------------------------------------------

    def save(self, filepath, *args, **kwargs):
        """Writes a `.keras` file; what `zoo.from_preset` loads is written by `save_to_preset`."""
        if not str(filepath).endswith(".keras"):
            raise ZooError(
                f'save writes files that end in ".keras", got "{filepath}"; save_to_preset(folder) '
                "writes a preset, which zoo.from_preset loads."
            )
        return _files(filepath, super().save, *args, **kwargs)

    def save_weights(self, filepath, *args, **kwargs):
        """As Keras', a `.weights.h5` file; `save_checkpoint` keeps optimizers and step, too."""
        return _files(filepath, super().save_weights, *args, **kwargs)

    def load_weights(self, filepath, *args, **kwargs):
        """Reads what `save_weights` wrote; `load_checkpoint` reads checkpoints."""
        if not os.path.exists(filepath):
            raise ZooError(f"There is no weights file {filepath}.")
        return _files(filepath, super().load_weights, *args, **kwargs)

    def export(self, *args, **kwargs):
        """Refused: `export.saved_model` writes what a server runs."""
        raise ZooError(
            f"{self._name()} is exported from a preset: save_to_preset(folder), then "
            "`python -m export.saved_model --preset=FOLDER --out=SERVED`."
        )

    def quantize(self, *args, **kwargs):
        """Refused: no network here was tried with weights of 8 bits or fewer."""
        raise ZooError(
            f"{self._name()} cannot be quantized; save_to_preset(folder, half=True) stores weights "
            "in half the size."
        )

    # --- words for messages -----------------------------------------------------------------------

    def _name(self):
        return type(self).__name__

    def _condition(self):
        return "conditions" if self.condition is None else self.condition.argument

    def _use(self):
        given = "" if self._condition() == "conditions" else self._condition()
        return f"use generate({given}), which returns uint8 images."

    def _refuse_predict(self, x):
        if hasattr(self, "generate") and not hasattr(x, "keys"):
            raise ZooError(f"{self._name()} does not predict: {self._use()}")


def _is_dict(args, kwargs):
    given = args[0] if args else kwargs.get("inputs")
    return hasattr(given, "keys")


def _files(filepath, work, *args, **kwargs):
    """Does `work` with a file; what it cannot do is one sentence."""
    try:
        return work(filepath, *args, **kwargs)
    except ZooError:
        raise
    except OSError as error:
        from zoo.storage import explain_os_error

        said = explain_os_error(error) if error.errno else reason(error)
        raise ZooError(f"{filepath}: {said}.") from error
    except (ValueError, TypeError, KeyError, AttributeError, RuntimeError) as error:
        raise ZooError(f"{filepath}: {reason(error)}.") from error


def _kind(value):
    if value is None:
        return "nothing"
    if isinstance(value, np.ndarray | tf.Tensor):
        return f"an array of shape {tuple(value.shape)}"
    return f"a {type(value).__name__}"
