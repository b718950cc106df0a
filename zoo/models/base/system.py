"""Base class of all training systems: networks, optimizers, noise, checkpoints, presets."""

import inspect
import json
import math

import keras

from zoo import storage
from zoo.conditions.text import text_condition
from zoo.errors import ZooError
from zoo.models.base import noise
from zoo.models.base.arguments import policy_name
from zoo.models.base.fused_adam import fuse
from zoo.models.base.keras_interface import KerasInterface
from zoo.models.base.on_replicas import OnReplicas
from zoo.precision import using_policy
from zoo.text.vocabulary import Vocabulary


class System(OnReplicas, KerasInterface):
    """Networks that are trained together, each with its own named optimizer.

    A subclass sets `network_names` (attributes that hold networks, once they exist), `loss_names`
    (the keys that `training_step` returns) and `optimizer_groups`, builds the networks of
    generation in `__init__` and the others in `build_training_networks`, and implements
    `training_step`.

    Args:
        seed: int. Key of all noise drawn in training.
    """

    network_names = ()
    preset_network_names = ()
    loss_names = ()
    # storage name of a weight with a row for each word or class -> (their axis, rows before them)
    named_rows = {}
    condition = None  # see `zoo.conditions`; None for a system that generates nothing
    batch_parts = 1  # a batch consists of so many parts, one after another
    least_rows = 1  # a batch has at least so many
    hub_encoder = None  # the `HubTextEncoder`, if the system reads captions with one
    steps_per_epoch = None  # of a system that changes its learning rates from epoch to epoch

    def __init__(self, seed=0, **kwargs):
        super().__init__(**kwargs)
        policy_name(self.dtype_policy)  # Keras' own policy, where no `dtype` was given
        self.seed = seed
        self.iteration = self.add_weight(
            (),
            "zeros",
            dtype="int64",
            name="iteration",
            trainable=False,
            aggregation="only_first_replica",
        )
        self._trackers = [keras.metrics.Mean(name=name) for name in self.loss_names]
        self.built = True

    def get_config(self):
        """dict of the constructor's arguments, as plain values, after the class's signature, and
        the name of another precision than float32, `dtype`.

        An argument `x` is stored as the attribute `x`, or as `x_config` where `x` is the network
        built from it.
        """
        kinds = inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL
        parameters = inspect.signature(self.__init__).parameters.items()
        names = [name for name, parameter in parameters if parameter.kind not in kinds]
        renamed = {name: f"{name}_config" for name in names if hasattr(self, f"{name}_config")}
        values = {name: _plain(getattr(self, renamed.get(name, name))) for name in names}
        precision = self.dtype_policy.name
        return values if precision == "float32" else {**values, "dtype": precision}

    # --- networks -------------------------------------------------------------------------------

    def read_text(self, vocabulary, max_words, text_encoder):
        """The condition that these arguments describe, see `zoo.conditions.text_condition`.

        They are stored as `vocabulary`, `max_words` and `text_encoder_config`, and the network that
        reads captions as `text_encoder` or, without weights of its own, as `hub_encoder`.
        """
        self.vocabulary = None if vocabulary is None else Vocabulary(vocabulary)
        self.max_words = max_words
        self.text_encoder_config = dict(text_encoder or {})
        condition = text_condition(self.text_encoder_config, self.vocabulary, max_words)
        if condition.encoder is not None:
            self.text_encoder = condition.encoder
        if condition.hub_encoder is not None:
            self.hub_encoder = condition.hub_encoder
            self.text_encoder_config = condition.config
        return condition

    @property
    def networks(self):
        """dict of name -> network, of the networks that exist so far."""
        networks = ((name, vars(self).get(name)) for name in self.network_names)
        return {name: network for name, network in networks if network is not None}

    def build_for_training(self):
        """Creates the networks that only training needs, with new weights, in the model's
        precision. Idempotent."""
        with using_policy(self.dtype_policy):
            self.build_training_networks()

    def build_training_networks(self):
        """Creates those of the networks that only training needs which do not exist yet."""

    def network_variables(self, names=None):
        """dict of storage name -> variable. Names follow the code's names, never creation order."""
        variables = {}
        for name, network in self.networks.items():
            if names is not None and name not in names:
                continue
            for variable in network.variables:
                if variable.path.endswith("seed_generator_state"):
                    continue  # Keras' own dropout seeds; all noise here is stateless
                path = f"{name}/{variable.path.split('/', 1)[1]}"
                if path in variables:
                    raise ZooError(f"Two variables are named {path}: name the layers of {name}.")
                variables[path] = variable
        return variables

    def preset_variables(self):
        """dict of storage name -> variable, of the variables that a preset stores."""
        return self.network_variables(self.preset_network_names)

    def parameter_counts(self):
        """dict of network name -> number of parameters, without running statistics.

        The singular vectors u and v of spectral normalization are not counted either.
        """
        counts = dict.fromkeys(self.networks, 0)
        for path, variable in self.network_variables().items():
            if not path.endswith(("/moving_mean", "/moving_variance", "/u", "/v")):
                counts[path.split("/", 1)[0]] += math.prod(variable.shape)
        return counts

    # --- training -------------------------------------------------------------------------------

    def compile(self, jit_compile=False, **optimizers):
        """Takes a Keras optimizer for each name in `optimizer_groups`, and builds them.

        Args:
            jit_compile: bool. XLA for `fit` (never faster on a CPU).
            **optimizers: Keras optimizers; one that trains several networks is copied for each.
        """
        self.build_for_training()
        optimizers = self._checked_optimizers(optimizers)
        self._compile_arguments = {"jit_compile": jit_compile, **optimizers}
        self.optimizer_names = []
        used = set()
        for group, members in self.optimizer_groups.items():
            for name, variables in members.items():
                optimizer = optimizers[group]
                if len(members) > 1 or id(optimizer) in used:
                    optimizer = type(optimizer).from_config(optimizer.get_config())
                used.add(id(optimizer))
                scales = isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
                if self.dtype_policy.name == "mixed_float16" and not scales:
                    optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
                optimizer.build(variables)
                fuse(getattr(optimizer, "inner_optimizer", optimizer))
                setattr(self, name, optimizer)
                self.optimizer_names.append(name)
        if self.steps_per_epoch is not None or self.learning_rate_factor() is not None:
            self._first_rates = {name: self.own_rate(name) for name in self.optimizer_names}
            self._first_compile_config = json.dumps(self._serialized())  # text: Keras tracks dicts
        super().compile(
            optimizer=getattr(self, self.optimizer_names[0]),
            jit_compile=jit_compile,
            auto_scale_loss=False,
        )

    def own_rate(self, name):
        """The learning rate of an optimizer before it changes, a float."""
        optimizer = getattr(self, name)
        given = getattr(optimizer, "inner_optimizer", optimizer)._learning_rate
        if isinstance(given, keras.optimizers.schedules.LearningRateSchedule):
            raise ZooError(
                f"{type(self).__name__} with `steps_per_epoch` has a learning rate schedule of its "
                f"own: give {name} a number, or the model no `steps_per_epoch`."
            )
        return float(keras.ops.convert_to_numpy(optimizer.learning_rate))

    @property
    def optimizer_groups(self):
        """dict of `compile` argument -> dict of optimizer attribute -> trained variables."""
        raise NotImplementedError

    def get_compile_config(self):
        if not hasattr(self, "_compile_arguments"):
            return None
        first = getattr(self, "_first_compile_config", None)  # with rates that decay since then
        return self._serialized() if first is None else json.loads(first)

    def _serialized(self):
        return {
            name: keras.saving.serialize_keras_object(value)
            for name, value in self._compile_arguments.items()
        }

    def compile_from_config(self, config):
        self.compile(**{n: keras.saving.deserialize_keras_object(v) for n, v in config.items()})

    def noise_key(self, name, own=False):
        """Key of the noise of a name in this iteration, see `zoo.models.base.noise.key`."""
        return noise.key(self.seed, name, self.iteration.value, own)

    def learning_rate_factor(self):
        """Factor of all learning rates of `compile` in this iteration, or None."""
        return None

    def set_learning_rates(self):
        """Applies `learning_rate_factor`; part of `train_step`."""
        factor = self.learning_rate_factor()
        if factor is not None:
            for name, rate in self._first_rates.items():
                getattr(self, name).learning_rate.assign(rate * factor)

    def step_arguments(self, step):
        """dict of the arguments that a training loop passes to `train_step` with the batch.

        `step` is the iteration's number, an int: decisions that depend on it are made outside the
        graph.
        """
        return {}

    @property
    def batch_fields(self):
        """dict of the names of a batch's tensors -> `zoo.models.base.batch_fields.Field`, or a
        tuple of them, of those that are checked before a step."""
        return {}

    def training_step(self, batch):
        """One iteration of the paper's algorithm; returns a dict of scalars named `loss_names`."""
        raise NotImplementedError

    def train_step(self, batch):
        """`training_step`, then updates the iteration counter and the means that `fit` shows."""
        self.check_batch(batch)
        self.set_learning_rates()
        try:
            losses = self.training_step(batch)
        except KeyError as error:
            if error.args[0] in batch:
                raise
            raise ZooError(
                f'A batch of {type(self).__name__} needs "{error.args[0]}", got a batch of '
                f"{', '.join(map(str, batch)) or 'nothing'}."
            ) from error
        self.iteration.assign(self.iteration + 1)
        for tracker in self._trackers:
            tracker.update_state(losses[tracker.name])
        return {tracker.name: tracker.result() for tracker in self._trackers}

    @property
    def metrics(self):
        return self._trackers

    def _maybe_symbolic_build(self, *args, **kwargs):
        """Disabled: Keras' trial run before `fit` fails under a strategy, and all is built."""

    # --- checkpoints ----------------------------------------------------------------------------

    def checkpoint_variables(self):
        """dict of storage name -> variable, of the whole training state."""
        variables = {"iteration": self.iteration, **self.network_variables()}
        for name in getattr(self, "optimizer_names", []):
            for i, variable in enumerate(getattr(self, name).variables):
                variables[f"{name}/{i:04d}"] = variable
        return variables

    def save_checkpoint(self, path, notes=None):
        """Writes all networks, optimizers and the iteration to one HDF5 file, atomically.

        For a `hub_encoder`, which never changes, the digests of its modules are stored instead of
        its weights. `notes`: dict of str to str, stored in the file for `zoo.storage.read_notes`.
        """
        digests = {} if self.hub_encoder is None else self.hub_encoder.digests
        notes = {**(notes or {}), **digests}
        storage.save_variables(path, self.checkpoint_variables(), notes=notes)

    def load_checkpoint(self, path):
        """Restores a checkpoint of `save_checkpoint`. Resuming training is bit-exact.

        Raises:
            ZooError: the file is of another model or other optimizers, the model is not compiled,
                or its text encoder's modules were others.
        """
        if self.hub_encoder is not None:
            remedy = f"Restore that module, or start a new run: {path} cannot use another."
            self.hub_encoder.check_digests(storage.read_notes(path), remedy)
        remedy = "Use a checkpoint of the same networks, sizes, vocabulary and optimizers."
        if not hasattr(self, "optimizer_names"):
            remedy = (f"This {type(self).__name__} is not compiled: call compile first, with the "
                      "optimizers of the training.")
        storage.load_variables(path, self.checkpoint_variables(), remedy)

    # --- presets --------------------------------------------------------------------------------

    @classmethod
    def from_preset(cls, handle, **kwargs):
        """Loads a trained model by name, directory or handle; see `zoo.from_preset`."""
        from zoo import presets

        model = presets.from_preset(handle, **kwargs)
        if not isinstance(model, cls):
            raise ZooError(
                f"The preset {handle!r} is a {type(model).__name__}, not a {cls.__name__}. "
                f"Use zoo.from_preset({handle!r}) or {type(model).__name__}.from_preset."
            )
        return model

    def save_to_preset(self, directory, metadata=None, half=False):
        """Writes a preset directory, which is enough to generate; see
        `zoo.presets.save_to_preset`."""
        from zoo import presets

        return presets.save_to_preset(self, directory, metadata, half=half)


def _plain(value):
    """A copy as plain lists and dicts; a vocabulary becomes the list of its tokens."""
    if isinstance(value, Vocabulary):
        return list(value.tokens)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
