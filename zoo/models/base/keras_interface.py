"""Keras' model methods, where this library has another name or another form of input for them.

Each method either does what Keras documents or raises one sentence that names the alternative.
"""

import inspect
import os

import keras
import numpy as np
import tensorflow as tf

from zoo.errors import ZooError, reason
from zoo.models.base.arguments import make
from zoo.models.base.batch_fields import check_fields, checked_values, values_explained
from zoo.models.base.checked_source import checked_source
from zoo.models.base.description import description

UNUSED = {  # arguments of Keras' `fit` and `train_on_batch` -> why, and what to do instead
    "y": "a batch is one dict, which holds all that a step reads",
    "batch_size": "the data set is batched already, see `batch_size` of the functions of zoo.data",
    "validation_data": "a recipe's training scores held-out images, and zoo.evaluation measures a "
                       "saved preset",
    "class_weight": "no loss here is weighted by class",
    "sample_weight": "no loss here is weighted by example",
}


class CheckedArguments(type(keras.Model)):
    """Metaclass of classes whose arguments are checked before an object is created."""

    @property
    def __signature__(cls):
        """The constructor's signature, for `help`, `inspect.signature` and editors."""
        _, *parameters = inspect.signature(cls.__init__).parameters.values()
        return inspect.Signature(parameters)

    def __call__(cls, *args, **kwargs):
        return make(cls, super().__call__, args, kwargs)


class KerasInterface(keras.Model, metaclass=CheckedArguments):
    """Base class of `System`: checked constructor arguments, and clear errors of Keras' methods."""

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def __repr__(self):
        """The model's condition and output, and one example of a call."""
        if getattr(self, "condition", None) is None or not hasattr(self, "image_size"):
            return super().__repr__()
        return description(self)

    # --- using a model ----------------------------------------------------------------------------

    def __call__(self, *args, **kwargs):
        if hasattr(self, "generate") and not _is_dict(args, kwargs):
            raise ZooError(f"{self._name()} is not called with {self._condition()}: {self._use()}")
        return super().__call__(*args, **kwargs)

    def predict(self, x=None, *args, **kwargs):
        """For a model that generates images: refused, use `generate`."""
        self._refuse_predict(x)
        return super().predict(x, *args, **kwargs)

    def predict_on_batch(self, x=None):
        """For a model that generates images: refused, use `generate`."""
        self._refuse_predict(x)
        return super().predict_on_batch(x)

    def evaluate(self, *args, **kwargs):
        """Refused: models are measured with `zoo.evaluation` or `zoo.metrics`."""
        raise ZooError(
            f"{self._name()} has no single loss for `evaluate` to return: save it with "
            "save_to_preset and measure it with zoo.evaluation, or use zoo.metrics."
        )

    test_on_batch = evaluate

    # --- compiling --------------------------------------------------------------------------------

    def _checked_optimizers(self, arguments):
        """The optimizers of `compile` as Keras optimizers; Keras' names of them are allowed."""
        expected = sorted(self.optimizer_groups)
        if set(arguments) != set(expected):
            raise ZooError(
                f"{type(self).__name__}.compile takes the optimizers {', '.join(expected)}, got "
                f"{', '.join(sorted(arguments)) or 'none'}: for example {self.compile_example()}."
            )
        optimizers = {}
        for name, value in arguments.items():
            try:
                optimizers[name] = keras.optimizers.get(value)
            except (ValueError, TypeError) as error:
                raise ZooError(
                    f"`{name}` must be a Keras optimizer, such as keras.optimizers.Adam(2e-4), got "
                    f"{value!r}."
                ) from error
        self._check_averages(optimizers)
        return optimizers

    def _check_averages(self, optimizers):
        """Raises `ZooError` for an optimizer whose `use_ema` Keras' `fit` would not apply: at its
        end it writes the averages of `model.optimizer` into all weights that the model trains."""
        averaging = [name for name, optimizer in optimizers.items()
                     if getattr(optimizer, "inner_optimizer", optimizer).use_ema]
        groups = [variables for members in self.optimizer_groups.values()
                  for variables in members.values()]
        trained = [[id(variable) for variable in variables] for variables in groups]
        if not averaging or trained == [[id(variable) for variable in self.trainable_weights]]:
            return
        instead = "leave it out"
        if "ema_decay" in inspect.signature(type(self)).parameters:
            instead += ", and average the generator's weights with the model's own `ema_decay`"
        raise ZooError(
            f"`{averaging[0]}` has use_ema=True, but fit would write its averages into other "
            f"weights of {self._name()} than their own: {instead}."
        )

    # --- training ---------------------------------------------------------------------------------

    def fit(self, x=None, *args, **kwargs):
        """Keras' `fit`; `x` is a `tf.data.Dataset` or a `keras.utils.PyDataset` of batches, dicts
        as those of `zoo.data`.

        Keras' callbacks know one optimizer, `model.optimizer`, the first one: those that change its
        learning rate are refused where there are more.
        """
        self._check_trainable()
        kinds = tf.data.Dataset, keras.utils.PyDataset, tf.distribute.DistributedDataset
        if not isinstance(x, kinds):  # Keras takes no dicts from an iterator
            raise ZooError(
                f"{self._name()}.fit takes a tf.data.Dataset or a keras.utils.PyDataset of "
                f"batches, dicts such as zoo.data yields, got {_kind(x)}; zoo.training.run trains "
                "with a recipe."
            )
        given = inspect.signature(super().fit).bind(x, *args, **kwargs).arguments
        self._refuse_unused("fit", {name: given.get(name) for name in UNUSED})
        self._check_callbacks(given.get("callbacks") or ())
        if isinstance(x, tf.data.Dataset):
            self.check_batch(x.element_spec)
        with values_explained():
            return super().fit(checked_source(x, self._checked_values), *args, **kwargs)

    def train_on_batch(
        self, x=None, y=None, sample_weight=None, class_weight=None, return_dict=False
    ):
        """One step on a dict such as those of `zoo.data`; returns the losses as Keras does: a list
        of floats in the order of `loss_names`, or with `return_dict` a dict."""
        self._check_trainable()
        weights = {"sample_weight": sample_weight, "class_weight": class_weight}
        self._refuse_unused("train_on_batch", {"y": y, **weights})
        self.make_train_function()
        self.reset_metrics()
        x = self._checked_values(x, self.iteration == 0)
        losses = {name: float(value) for name, value in self.train_function(iter([x])).items()}
        return losses if return_dict else list(losses.values())

    def _check_callbacks(self, callbacks):
        callbacks = keras.tree.flatten(callbacks)
        stops = any(isinstance(one, keras.callbacks.TerminateOnNaN) for one in callbacks)
        if stops and "loss" not in self.loss_names:
            raise ZooError(
                f"TerminateOnNaN looks for a log named `loss` only, which {self._name()} does not "
                "have, so it would do nothing: leave it out, and set `model.stop_training` in a "
                f"callback of your own where logs[\"{self.loss_names[0]}\"] is not finite."
            )
        others = keras.callbacks.LearningRateScheduler, keras.callbacks.ReduceLROnPlateau
        found = [type(one).__name__ for one in callbacks if isinstance(one, others)]
        if found and self.learning_rate_factor() is not None:
            raise ZooError(
                f"{self._name()} with `steps_per_epoch` sets its learning rates in every step, so "
                f"{found[0]} would do nothing: leave it out, or give the model no "
                "`steps_per_epoch`."
            )
        first, *rest = self.optimizer_names
        if found and rest:
            raise ZooError(
                f"{found[0]} would change the learning rate of {first} only, not of "
                f"{', '.join(rest)}: leave it out, and give each optimizer a schedule, such as "
                "keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(2e-4, 1000, "
                "0.9))."
            )

    def _refuse_unused(self, method, arguments):
        for name, value in arguments.items():
            if value is not None:
                raise ZooError(f"{self._name()}.{method} has no use for `{name}`: {UNUSED[name]}.")

    def _checked_values(self, batch, first):
        self.check_batch(batch)
        rows = self.batch_parts, self.least_rows
        return checked_values(self._name(), batch, self.batch_fields, first, *rows)

    def check_batch(self, batch):
        """Raises `ZooError` unless a batch is a dict whose tensors have the shapes and types of
        `batch_fields`."""
        if not hasattr(batch, "keys"):
            raise ZooError(
                f"A batch of {self._name()} is a dict of tensors, such as zoo.data yields, got "
                f"{_kind(batch)}."
            )
        check_fields(self._name(), batch, self.batch_fields)

    def _check_trainable(self):
        if not getattr(self, "optimizer_names", None):
            raise ZooError(f"{self._name()} is not compiled: call {self.compile_example()} first.")
        if self.dtype_policy.name == "float64":
            raise ZooError(
                f"{self._name()} generates in float64, but trains in float32, mixed_bfloat16 or "
                "mixed_float16 only."
            )
        groups = self.optimizer_groups.values()
        if not any(variables for members in groups for variables in members.values()):
            raise ZooError(
                f"{self._name()} has nothing to train: all its networks are frozen. Set "
                "`trainable` of one of them, such as model.generator.trainable, to True."
            )

    def compile_example(self):
        """How `compile` is called, for messages."""
        self.build_for_training()
        names = ", ".join(f"{name}=keras.optimizers.Adam(2e-4)" for name in self.optimizer_groups)
        return f"compile({names})"

    # --- saving -----------------------------------------------------------------------------------

    def save(self, filepath, *args, **kwargs):
        """Writes a `.keras` file; `save_to_preset` writes a preset for `zoo.from_preset`."""
        if not str(filepath).endswith(".keras"):
            raise ZooError(
                f'save expects a file name that ends in ".keras", got "{filepath}"; '
                "save_to_preset(folder) writes a preset, which zoo.from_preset loads."
            )
        return _files(filepath, super().save, *args, **kwargs)

    def save_weights(self, filepath, *args, **kwargs):
        """Writes a `.weights.h5` file; `save_checkpoint` also stores optimizers and iteration."""
        return _files(filepath, super().save_weights, *args, **kwargs)

    def load_weights(self, filepath, *args, **kwargs):
        """Reads a file of `save_weights`; `load_checkpoint` reads checkpoints."""
        if not os.path.exists(filepath):
            raise ZooError(f"There is no weights file {filepath}.")
        return _files(filepath, super().load_weights, *args, **kwargs)

    def export(self, *args, **kwargs):
        """Refused: `export.saved_model` writes models for a server."""
        raise ZooError(
            f"{self._name()} is exported from a preset: save_to_preset(folder), then "
            "`python -m export.saved_model --preset=FOLDER --out=SERVED`."
        )

    def quantize(self, *args, **kwargs):
        """Refused: weights of 8 bits or fewer are untested with these networks."""
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
        argument = "" if self._condition() == "conditions" else self._condition()
        return f"use generate({argument}), which returns uint8 images."

    def _refuse_predict(self, x):
        if hasattr(self, "generate") and not hasattr(x, "keys"):
            raise ZooError(f"{self._name()} does not predict: {self._use()}")


def _is_dict(args, kwargs):
    inputs = args[0] if args else kwargs.get("inputs")
    return hasattr(inputs, "keys")


def _files(filepath, work, *args, **kwargs):
    """Calls `work` on a file; its errors become one sentence."""
    try:
        return work(filepath, *args, **kwargs)
    except ZooError:
        raise
    except OSError as error:
        from zoo.storage import explain_os_error

        text = explain_os_error(error) if error.errno else reason(error)
        raise ZooError(f"{filepath}: {text}.") from error
    except (ValueError, TypeError, KeyError, AttributeError, RuntimeError) as error:
        raise ZooError(f"{filepath}: {reason(error)}.") from error


def _kind(value):
    if value is None:
        return "nothing"
    if isinstance(value, np.ndarray | tf.Tensor):
        return f"an array of shape {tuple(value.shape)}"
    return f"a {type(value).__name__}"
