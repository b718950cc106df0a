"""The versions of a model on the disk and in memory."""

import logging
import os
import threading

import numpy as np

from export import protos, tensors, warmup
from export.request_limits import read_limits
from export.server.requests import Refused
from export.transports import Spec
from export.verification.files import TEXT_OPERATIONS, operations_of
from zoo.errors import ZooError, reason
from zoo.programs import quiet

STATES = {"LOADING": 20, "AVAILABLE": 30, "UNLOADING": 40, "END": 50}  # of TensorFlow Serving
LOG = logging.getLogger("export.serve")


class Version:
    """A loaded SavedModel.

    Args:
        path: str, its folder.
        number: int, its version.

    Attributes:
        signatures: dict of name -> dict of "inputs" and "outputs", dicts of name -> `Spec`.
        max_batch: int, rows that the graph takes.

    Raises:
        ZooError: it cannot be loaded, or does not answer its own warm-up requests.
    """

    def __init__(self, path, number):
        with quiet():  # TensorFlow greets on stderr
            import tensorflow as tf

        self.path, self.number = path, number
        self.max_batch = read_limits(path).max_batch
        self._errors = tf.errors
        try:
            if operations_of(path) & set(TEXT_OPERATIONS):
                import tensorflow_text  # noqa: F401 - its operations
            self._model = tf.saved_model.load(path)
            self._functions = dict(self._model.signatures)
            self.signatures = {n: _specs(f) for n, f in self._functions.items()}
        except Exception as error:  # a damaged file can fail in any way
            raise ZooError(f"{path} cannot be loaded: {reason(error)}.") from error
        if not self.signatures:
            raise ZooError(f"{path} has no signatures.")
        self._warm()

    def predict(self, signature, inputs):
        """Output arrays of input arrays; strings are object arrays of bytes.

        Raises:
            Refused: the graph refuses the inputs, or fails.
        """
        import tensorflow as tf

        values = {
            name: tf.constant(value.tolist() if value.dtype == object else value,
                              tf.string if value.dtype == object else value.dtype)
            for name, value in inputs.items()
        }
        try:
            outputs = self._functions[signature](**values)
        except (self._errors.InvalidArgumentError, self._errors.OutOfRangeError) as error:
            raise Refused("invalid", sentence(error)) from None
        except self._errors.ResourceExhaustedError:
            raise Refused("busy", "There is not enough memory for this request.") from None
        except Exception as error:
            LOG.exception("a request failed")
            raise Refused("internal", f"The model failed: {reason(error)}.") from error
        return {name: np.asarray(value.numpy()) for name, value in outputs.items()}

    def _warm(self):
        """Answers the warm-up requests of the export, or raises `ZooError`."""
        for signature, inputs in warmup.read_warmup(self.path):
            try:
                self.predict(signature, inputs)
            except (Refused, KeyError) as error:
                raise ZooError(
                    f"{self.path} does not answer its warm-up request of {signature}: {error}"
                ) from None


def sentence(error):
    """The sentence of an assertion in the graph, or the first line of another error."""
    text = " ".join(str(getattr(error, "message", error)).split())
    _, found, rest = text.partition("assertion failed: ")
    if not found:
        return f"{reason(error)}."
    rest = rest.split(" [[{{node", 1)[0].split("] [Op:", 1)[0].split(" [Op:", 1)[0]
    return rest.replace("] [", " ").strip("[] ") + "."


def _specs(function):
    inputs = function.structured_input_signature[1]
    return {
        "inputs": {name: _spec(spec) for name, spec in inputs.items()},
        "outputs": {name: _spec(spec) for name, spec in function.structured_outputs.items()},
    }


def _spec(spec):
    dtype = np.dtype(spec.dtype.as_numpy_dtype)
    return Spec(dtype, tuple(-1 if side is None else side for side in spec.shape))


class Models:
    """The versions of one model that are served: the newest, and those that have a label.

    A new version is loaded, answers its warm-up requests, and only then replaces the old one, which
    is forgotten once its last request is answered. A version that fails is not tried again until
    its files change. When a version's folder disappears, it is forgotten, with or without a label,
    and the newest one that is left is served; if none is left, those that were served still are.

    Args:
        folder: str, the model's folder with one folder per version.
        name: str, the model's name in requests.
        labels: dict of label -> version number.
        metrics: `export.server.metrics.Metrics`.

    Attributes:
        loaded: dict of number -> `Version`.
        newest: the `Version` that answers requests without a version or a label, or None.
    """

    def __init__(self, folder, name, labels, metrics):
        self.folder, self.name, self.labels, self.metrics = folder, name, dict(labels), metrics
        self.loaded, self.newest = {}, None
        self.failed = {}  # number -> (state of its files, message)
        self._lock = threading.Lock()

    def refresh(self):
        """Loads what is new on the disk; returns whether any version is served. Blocks."""
        with self._lock:
            found = versions_in(self.folder)
            for number in {*self.labels.values()} & set(found):
                self._load(number, found[number])
            for number in sorted(found, reverse=True):  # the newest that works
                if self._load(number, found[number]):
                    self.newest = self.loaded[number]
                    self._keep({number, *self.labels.values()} & set(found))
                    break
            return bool(self.loaded)

    def _load(self, number, path):
        if number in self.loaded:
            return True
        state = _state(path)
        if number in self.failed and self.failed[number][0] == state:
            return False
        try:
            version = Version(path, number)
        except ZooError as error:
            self.failed[number] = state, str(error)
            self.metrics.failed.inc()
            LOG.error("version failed", extra={"version": number, "reason": str(error)})
            return False
        self.failed.pop(number, None)
        self.loaded = {**self.loaded, number: version}
        LOG.info("version loaded", extra={"version": number})
        return True

    def _keep(self, numbers):
        self.loaded = {n: version for n, version in self.loaded.items() if n in numbers}
        self.metrics.version.set(self.newest.number)

    def find(self, name, number=None, label=None):
        """The `Version` of a request.

        Raises:
            Refused: another model, version or label.
        """
        self.check_name(name)
        loaded = self.loaded
        if label:
            number = self.labels.get(label)
            if number not in loaded:
                raise Refused("missing", f"No version has the label {label!r:.60}.")
        if number is None:
            if self.newest is None:
                raise Refused("busy", "No version is loaded yet.")
            return self.newest
        if number not in loaded:
            raise Refused("missing", f"Version {number} of {name} is not served.")
        return loaded[number]

    def check_name(self, name):
        """Raises `Refused` if this is not the model's name."""
        if name != self.name:
            raise Refused("missing", f"There is no model {name!r:.60}; this one is {self.name}.")

    def status(self):
        """list of (number, name of the state, error message or "")."""
        states = [(number, "AVAILABLE", "") for number in self.loaded]
        states += [(number, "END", message) for number, (_, message) in self.failed.items()]
        return sorted(states, reverse=True)


def versions_in(folder):
    """dict of number -> path of the complete versions in a model's folder."""
    try:
        names = os.listdir(folder)
    except OSError:
        return {}
    return {
        int(name): os.path.join(folder, name) for name in names
        if name.isascii() and name.isdigit() and int(name) > 0
        and os.path.isfile(os.path.join(folder, name, "saved_model.pb"))
    }


def _state(path):
    """A value that changes when a version's files do."""
    found = []
    for folder, _, names in os.walk(path):
        for name in sorted(names):
            with_status = os.path.join(folder, name)
            try:
                status = os.stat(with_status)
            except OSError:
                continue
            found.append((with_status, status.st_size, status.st_mtime_ns))
    return tuple(found)


def described(signatures):
    """A `export.protos.SignatureDefMap` of a version's signatures."""
    found = protos.SignatureDefMap()
    for name, sides in signatures.items():
        entry = found.signature_def[name]
        entry.method_name = "tensorflow/serving/predict"
        for side, specs in sides.items():
            for key, spec in specs.items():
                info = getattr(entry, side)[key]
                info.name = f"{name}_{key}:0"
                info.dtype = tensors.DTYPES[tensors.NAMES[spec.dtype]][0]
                for size in spec.shape:
                    info.tensor_shape.dim.add(size=size)
    return found
