r"""A small classifier whose features measure pictures where Inception cannot be had.

    python -m recipes.encoder --data=cifar10 --out=encoders/cifar10
    python -m recipes.encoder --data=classes:cifar10_images.zip --out=encoders/cifar10 --steps=4000
    python -m recipes.encoder --data=emoji.zip --noflip --out=encoders/emoji_styles
    python -m recipes.encoder --data=shape_classes --out=encoders/shapes
    python -m recipes.evaluate --preset=PRESET --encoder=encoders/cifar10 --out=report

Trains a convolutional network to name the class of a picture (of pictures in folders the folder, of
emoji the drawing style) and writes `encoder.json` and
`encoder.weights.h5`. Its name starts with `zoo-`, so that its numbers (`fid[zoo-cifar10-encoder]`)
cannot be mistaken for a paper's. A run is a function of the seed and of the pictures.
"""

import dataclasses
import json
from pathlib import Path

import numpy as np
from absl import flags

from recipes import cli
from zoo.errors import ZooError

CONFIG, WEIGHTS = "encoder.json", "encoder.weights.h5"
SOURCES = ("classes", "cifar10", "shape_classes")


@dataclasses.dataclass
class Encoder:
    """A classifier as `recipes.evaluate` takes it.

    Attributes:
        name: str, starts with "zoo-". digest: SHA-256 of the weights' file.
        image_size: int. class_names: list of str. network: see `build_classifier`.
    """

    name: str
    digest: str
    image_size: int
    class_names: list
    network: object

    def __post_init__(self):
        import tensorflow as tf

        self._graph = tf.function(
            lambda x: self.network(x, training=False), autograph=False, reduce_retracing=True
        )

    def __call__(self, images):
        """float32 (batch, size, size, 3) in [-1, 1] -> dict of `features` and `logits`."""
        import tensorflow as tf

        return self._graph(tf.constant(images))


def build_classifier(image_size, classes, features, filters):
    """A network: pictures -> dict of `features` (batch, features) and `logits` (batch, classes)."""
    import keras

    from zoo.networks.image_encoder import CompactImageEncoder

    inputs = keras.Input((image_size, image_size, 3))
    code = CompactImageEncoder(features, filters, image_size, name="encoder")(inputs)["code"]
    logits = keras.layers.Dense(classes, name="head")(keras.ops.relu(code))
    return keras.Model(inputs, {"features": code, "logits": logits}, name="classifier")


def variables(network):
    """dict of storage name -> variable."""
    return {v.path: v for v in network.variables}


def train(source, held_out, image_size, name, steps, batch_size=64, features=128, filters=32,
          learning_rate=1e-3, seed=0, flip=True, show=True):
    """A trained network and what is to be known of it.

    Args:
        source, held_out: labelled sources of `zoo.data`; `held_out` may be None.
        image_size: int, a power of two from 16 on.

    Returns:
        (network, dict for `encoder.json`).
    """
    import keras
    import tensorflow as tf

    from recipes.progress import Progress
    from zoo.data import labels_dataset

    keras.utils.set_random_seed(seed)
    names = list(source.class_names)
    network = build_classifier(image_size, len(names), features, filters)
    trained = [
        v for v in network.trainable_variables if "emb_features" not in v.path  # of regions: unused
    ]
    rate = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    optimizer = keras.optimizers.Adam(rate)
    optimizer.build(trained)
    lost = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    @tf.function(autograph=False)
    def step(batch):
        with tf.GradientTape() as tape:
            loss = lost(batch["labels"], network(batch["images"], training=True)["logits"])
        optimizer.apply_gradients(zip(tape.gradient(loss, trained), trained, strict=True))
        return loss

    progress, loss = Progress(steps, batch_size=batch_size), None
    batches = labels_dataset(source, image_size, batch_size, seed=seed, flip=flip)
    for number, batch in enumerate(batches.take(steps)):
        loss = step(batch)
        progress.advance()
        if show and number % 10 == 0:
            progress.show({"loss": float(loss)})
    progress.clear()
    if loss is None or not np.isfinite(float(loss)):
        raise ZooError(f"The loss is {loss} after {steps} steps: take a lower --learning_rate.")
    about = {
        "format": 1, "name": name, "image_size": image_size, "class_names": names,
        "features": features, "filters": filters, "steps": steps, "batch_size": batch_size,
        "learning_rate": learning_rate, "seed": seed, "pictures": len(source),
        "loss": float(loss),
    }
    if held_out is not None:
        about["held_out_accuracy"] = accuracy(network, held_out, image_size)
    return network, about


def accuracy(network, source, image_size, batch_size=128):
    """Share of a source's pictures whose class the network names."""
    from zoo.data import labels_evaluation

    hits = [
        np.argmax(network(batch["images"], training=False)["logits"], 1) == batch["labels"]
        for batch in labels_evaluation(source, image_size, batch_size)
    ]
    return float(np.mean(np.concatenate(hits)))


def save(directory, network, about):
    """Writes the two files."""
    from zoo import storage

    with storage.atomic_folder(directory) as folder:
        storage.save_variables(f"{folder}/{WEIGHTS}", variables(network))
        about = {**about, "sha256": storage.sha256(f"{folder}/{WEIGHTS}")}
        storage.write_json(f"{folder}/{CONFIG}", about)


def is_folder(path):
    """Whether this is a folder that `save` wrote."""
    return isinstance(path, str) and (Path(path) / CONFIG).is_file()


def load(path):
    """The `Encoder` of a folder.

    Raises:
        ZooError: files that do not fit, or weights that were changed.
    """
    from zoo import storage

    about = storage.read_json(str(Path(path) / CONFIG))
    weights = str(Path(path) / WEIGHTS)
    try:
        name, size, names = about["name"], about["image_size"], about["class_names"]
        network = build_classifier(size, len(names), about["features"], about["filters"])
        digest = about["sha256"]
    except (KeyError, TypeError) as error:
        raise ZooError(f"{path}/{CONFIG} is not of recipes.encoder: {error} is missing.") from None
    if not str(name).startswith("zoo-"):
        raise ZooError(f'{path}/{CONFIG}: the name of an encoder starts with "zoo-", not "{name}".')
    storage.load_variables(weights, variables(network))
    if storage.sha256(weights) != digest:
        raise ZooError(f"{weights} is not the file that {CONFIG} names: its SHA-256 differs.")
    network.trainable = False
    return Encoder(name, digest, size, list(names), network)


def main(argv):
    """Open the pictures, train, write."""
    del argv
    values = flags.FLAGS
    if not values.out:
        raise ZooError("--out is missing: give a folder to write to.")
    if Path(values.out).exists() and not is_folder(values.out) and any(Path(values.out).iterdir()):
        raise ZooError(f"--out {values.out} holds other files: give a new or an empty folder.")
    for name, least in (("steps", 1), ("batch_size", 1), ("features", 1), ("filters", 1)):
        if values[name].value < least:
            raise ZooError(f"--{name} must be at least {least}, got {values[name].value}.")
    if values.learning_rate <= 0:
        raise ZooError(f"--learning_rate must be above 0, got {values.learning_rate}.")
    cli.start_tensorflow()
    with cli.quiet_stderr():
        source, held_out, size, name = open_sources(values.data, values.image_size)
        network, about = train(
            source, held_out, size, f"zoo-{name}-encoder", values.steps, values.batch_size,
            values.features, values.filters, values.learning_rate, values.seed, values.flip,
        )
        save(values.out, network, {**about, "data": values.data})
    print(json.dumps({k: about[k] for k in ("name", "loss", "held_out_accuracy") if k in about}),
          "in", values.out)


def open_sources(data, image_size):
    """(training source, held-out one or None, pixels, name) of `--data`."""
    from zoo.data import get_source

    name, _, path = data.partition(":")
    if name not in SOURCES:
        name, path = "classes", data
    if not data:
        raise ZooError(f"--data is missing: give one of {', '.join(SOURCES)}, or NAME:PATH.")
    settings = {"directory": path or None} if name != "shape_classes" else {"size": 32}
    source = get_source(name, split="train", **settings)
    try:
        held_out = get_source(name, split="test", **settings)
    except ZooError:
        held_out = None
    size = image_size or 1 << (int(source.image_size).bit_length() - 1)
    label = Path(path).stem if name == "classes" else name.replace("shape_classes", "shapes")
    label = "".join(c if c.isalnum() else "-" for c in label.lower())
    return source, held_out, max(size, 16), label


def _define_flags():
    flags.DEFINE_string("data", "", "cifar10, shape_classes or classes, or NAME:PATH.")
    flags.DEFINE_string("out", None, "Folder to write to.")
    flags.DEFINE_integer("steps", 3000, "Training steps.")
    flags.DEFINE_integer("batch_size", 64, "Pictures a step.")
    flags.DEFINE_integer("features", 128, "Length of a feature.")
    flags.DEFINE_integer("filters", 32, "Width of the network.")
    flags.DEFINE_integer("image_size", None, "Pixels, a power of two; the pictures' own.")
    flags.DEFINE_float("learning_rate", 1e-3, "Of Adam; falls to 0 by a cosine.")
    flags.DEFINE_bool("flip", True, "Mirror half of the pictures.")
    flags.DEFINE_integer("seed", 0, "Of the weights and the order.")


if __name__ == "__main__":
    _define_flags()
    cli.run(main)
