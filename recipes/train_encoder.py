r"""Trains a small classifier whose features measure images where Inception is not available.

    python -m recipes.train_encoder --data=cifar10 --out=encoders/cifar10
    python -m recipes.train_encoder --data=data/cifar10_images.zip --name=cifar10 \
        --out=encoders/cifar10
    python -m recipes.train_encoder --data=emoji_styles:data/emoji.zip --name=emoji \
        --image_size=64 --pad=4 --image_encoder=residual --filters=32 --features=128 \
        --dtype=mixed_bfloat16 --out=encoders/emoji
    python -m recipes.train_encoder --data=facade_labels:data/facades.zip --image_size=128 \
        --load_size=143 --image_encoder=residual --filters=32 --out=encoders/facades
    python -m recipes.train_encoder --data=shape_classes --out=encoders/shapes
    python -m recipes.evaluate --preset=PRESET --encoder=encoders/cifar10 --out=report

Trains a `FeatureEncoder` to classify images (by folder; emoji by drawing style and by the base of
their captions) and saves it as a preset in float16, with its accuracy on held-out images in the
metadata. For `facade_labels` it names the class of each cell of a photo, as in its label map. Its
name starts with `zoo-`, so that its metrics (`fid[zoo-cifar10-encoder]`) cannot be
mistaken for those of a paper.
The result depends only on the seed and the images.
"""

import functools
import time
from pathlib import Path

import numpy as np

from zoo import command_line
from zoo.errors import ZooError

SOURCES = ("classes", "cifar10", "emoji_styles", "shape_classes", "facade_labels")
LIMITATIONS = (
    "A small network with few classes. Its features rank runs on the same data; the absolute "
    "values are meaningless elsewhere and must not be compared with those of a paper."
)
flags = command_line.Flags()
flags.DEFINE_string("data", "", "cifar10, emoji_styles, facade_labels, shape_classes, classes; "
                                "or NAME:PATH.")
flags.DEFINE_string("name", None, "NAME of zoo-NAME-encoder; default: that of the data.")
flags.DEFINE_string("out", None, "Folder to write to.")
flags.DEFINE_integer("steps", 3000, "Training steps.")
flags.DEFINE_integer("batch_size", 64, "Images per step.")
flags.DEFINE_integer("features", 64, "Length of the feature vector.")
flags.DEFINE_integer("filters", 16, "Width of the network.")
flags.DEFINE_enum("image_encoder", "compact", ("compact", "residual"), "Kind of the network.")
flags.DEFINE_enum("dtype", "float32", ("float32", "mixed_bfloat16"), "Of the computations.")
flags.DEFINE_integer("image_size", None, "Pixels, a power of two; default: as the images.")
flags.DEFINE_integer("load_size", None, "Pixels before a random crop; default: no crop.")
flags.DEFINE_integer("pad", 0, "Pixels to mirror at each edge before a random crop.")
flags.DEFINE_float("learning_rate", 1e-3, "Of Adam, with cosine decay to 0.")
flags.DEFINE_bool("flip", True, "Mirror images with probability 1/2.")
flags.DEFINE_integer("seed", 0, "Of the weights and the data order.")


def train(source, image_size, name, steps, batch_size=64, features=64, filters=16,
          learning_rate=1e-3, seed=0, flip=True, pad=0, load_size=None,
          image_encoder="compact", dtype="float32", show=True):
    """Trains a `FeatureEncoder`; returns it and its loss, the mean over the last steps.

    Args:
        source: a labeled source of `zoo.data`, or one of label maps such as `FacadeLabels`.
        image_size: int, a power of two, at least 16.
        name: str, starts with "zoo-".
        pad: int, pixels by which images are mirrored at their edges before a random crop.
        load_size: int, pixels to resize images to before a random crop; None: no crop. Images are
            evaluated without crop, so they are then larger in training.
        image_encoder: kind of the network, see `FeatureEncoder`.
        dtype: "float32" or "mixed_bfloat16".

    Raises:
        ZooError: if the loss is NaN or infinite.
    """
    import keras
    import tensorflow as tf

    from zoo.data import cells_dataset, labels_dataset
    from zoo.models.feature_encoder import FeatureEncoder
    from zoo.training.progress import Progress

    keras.utils.set_random_seed(seed)
    cells = cells_of(source)
    model = FeatureEncoder(
        () if cells else source.class_names, name, image_size, features, filters, image_encoder,
        getattr(source, "word_names", ()), seed, cells, dtype=dtype,
    )
    rate = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    model.compile(optimizer=keras.optimizers.Adam(rate))
    step = tf.function(model.train_step, autograph=False)
    progress = Progress(steps, batch_size=batch_size, plain_every=60)
    dataset = functools.partial(cells_dataset, grid=model.grid) if cells else labels_dataset
    batches = dataset(
        source, image_size, batch_size, seed=seed, load_size=load_size, pad=pad, flip=flip,
        cache=True,
    )
    for number, batch in enumerate(batches.take(steps)):
        if number % 100 == 0:
            model.reset_metrics()
        means = step(batch)  # since the last multiple of 100
        progress.advance()
        if show and number % 10 == 0:
            progress.show({key: float(value) for key, value in means.items()})
    progress.clear()
    loss = float(means["loss"])
    if not np.isfinite(loss):
        raise ZooError(f"The loss is {loss} after {steps} steps: use a lower --learning_rate.")
    return model, loss


def cells_of(source):
    """The `cells` of a `FeatureEncoder` that is trained on a source; None for other sources."""
    if not hasattr(source, "cell_names"):
        return None
    return {"names": source.cell_names, "colors": source.cell_colors}


def held_out_cells(model, source, what, batch_size=32):
    """Accuracy of the classes of cells, as a list of results, see `held_out_results`."""
    import tensorflow as tf

    from zoo.data import cells_evaluation
    from zoo.metrics.cell_scores import cell_scores

    classify = tf.function(model, autograph=False, reduce_retracing=True)
    pairs = [
        (np.argmax(classify(batch["images"])["cell_logits"], -1), batch["cells"].numpy())
        for batch in cells_evaluation(source, model.image_size, batch_size, model.grid)
    ]
    named, true = map(np.concatenate, zip(*pairs, strict=True))
    scores = cell_scores(named, true, len(model.cells["names"]))
    protocol = (f"{len(source)} images, {what}, {model.grid} x {model.grid} cells each, with the "
                "stored float16 weights")
    return [
        {"metric": "held_out_cell_accuracy", "value": round(scores["accuracy"], 4),
         "protocol": f"{protocol}; the most frequent class alone would give "
                     f"{scores['majority_share']:.3f}"},
        {"metric": "held_out_mean_iou", "value": round(scores["mean_iou"], 4),
         "protocol": f"intersection over union of cells, mean over "
                     f"{len(model.cells['names'])} classes; the same images"},
    ]


def held_out_results(model, source, what, batch_size=128):
    """Accuracy on images that a model was not trained on: a list of results for its card.

    Words are counted where the model knows them; a model of cells is judged by its cells.

    Args:
        model: `FeatureEncoder`. source: a labeled source. what: str, describes the images.
    """
    if model.cells:
        return held_out_cells(model, source, what)
    import tensorflow as tf

    from zoo.data import labels_evaluation

    classify = tf.function(model, autograph=False, reduce_retracing=True)
    batches = labels_evaluation(source, model.image_size, batch_size)
    outputs = [classify(batch["images"]) for batch in batches]
    named = np.concatenate([np.argmax(output["logits"], 1) for output in outputs])
    labels = np.asarray(source.labels)
    hits = np.array(_class_indices(model.class_names, source.class_names))[labels] == named
    of_class = {label: hits[labels == label].mean() for label in np.unique(labels)}
    worst = min(of_class, key=of_class.get)
    protocol = f"{len(hits)} images, {what}, with the stored float16 weights"
    common = np.bincount(labels).max() / len(labels)
    results = [
        {"metric": "held_out_accuracy", "value": round(float(hits.mean()), 4),
         "protocol": f"{protocol}; the most frequent class alone would give {common:.3f}"},
        {"metric": f"held_out_accuracy, class {source.class_names[worst]}",
         "value": round(float(of_class[worst]), 4),
         "protocol": f"the lowest of the {len(of_class)} classes; the same images"},
    ]
    if model.word_names:
        words = [source.word_names[label] for label in source.word_labels]
        known = np.isin(words, model.word_names)
        if known.any():
            best = np.concatenate([np.argmax(output["word_logits"], 1) for output in outputs])
            hits = np.array(words)[known] == np.array(model.word_names)[best[known]]
            results.append({
                "metric": "held_out_word_accuracy", "value": round(float(hits.mean()), 4),
                "protocol": f"{len(hits)} of these images, whose word is one of the model's "
                            f"{len(model.word_names)}",
            })
    return results


def _class_indices(classes, names):
    """The model's index of each class of a source, which may lack some classes."""
    for name in names:
        if name not in classes:
            raise ZooError(
                f'The held-out images have a class "{name}", which the training images lack: '
                f"they have {', '.join(classes)}. Remove it, or add it to both."
            )
    return [list(classes).index(name) for name in names]


def main(argv):
    """Opens the images, trains, saves, and evaluates the saved preset."""
    del argv
    values = flags.FLAGS
    _check(values)
    command_line.start_tensorflow()
    with command_line.quiet_stderr():
        import zoo
        from zoo.presets.saving import check_target, update_metadata

        check_target(values.out)
        splits, combinations, size, name = open_sources(values.data, values.image_size)
        source, held_out = splits.training, splits.held_out
        for note in splits.notes:
            print(note)
        if held_out is not None and cells_of(source) is None:
            _class_indices(source.class_names, held_out.class_names)
        name, start = _encoder_name(values["name"].value or name), time.monotonic()
        model, loss = train(
            source, size, name, values.steps, values.batch_size, values.features, values.filters,
            values.learning_rate, values.seed, values.flip, values.pad, values.load_size,
            values.image_encoder, values.dtype,
        )
        classes = model.cells["names"] if model.cells else model.class_names
        model.save_to_preset(values.out, {
            "description": f"{name}: features of small images for recipes.evaluate, from a "
                           f"classifier of {len(classes)} classes"
                           f"{' of the cells of an image' if model.cells else ''}.",
            "source": {"recipe": "recipes/train_encoder.py"},
            "usage": _usage(),
            "training": {
                "data": values.data, "images": len(source), "classes": classes,
                "also_looked_at": splits.word,
                "steps": values.steps, "batch_size": values.batch_size,
                "learning_rate": values.learning_rate, "seed": values.seed, "flip": values.flip,
                "pad": values.pad,
                "dtype": values.dtype,
                "load_size": values.load_size or size,
                "loss": loss, "seconds": round(time.monotonic() - start),
            },
            "limitations": LIMITATIONS,
        }, half=True)
        results = []
        if held_out is not None:
            saved = zoo.from_preset(values.out)
            results = held_out_results(saved, held_out, splits.word)
            if combinations is not None:
                results += held_out_results(saved, combinations, "held-out (combinations)")
            update_metadata(values.out, results=results)
    figures = [f"loss {loss:.3f}", *(f"{r['metric']} {r['value']}" for r in results)]
    print(f"{name}: {'; '.join(figures)}. Saved in {values.out}")


def open_sources(data, image_size):
    """Opens `--data`.

    Returns:
        (`zoo.data.splits.Splits`, held-out combinations of the emoji or None, image size in pixels,
        name).
    """
    from zoo.data import get_source
    from zoo.data.splits import open_splits

    name, _, path = data.partition(":")
    if name not in SOURCES:
        name, path = "classes", data
    if not data:
        raise ZooError(f"--data is missing: give one of {', '.join(SOURCES)}, or NAME:PATH.")
    if name == "shape_classes" and path:
        raise ZooError(f'The shapes are procedural: give --data={name} without path, got "{data}".')
    settings = {"directory": path or None} if name != "shape_classes" else {"size": 32}
    splits = open_splits(lambda split: get_source(name, split=split, **settings), setting="")
    source, combinations = splits.training, None
    if name == "emoji_styles":
        combinations = get_source(name, split="combinations", **settings)
    size = image_size or 1 << (int(source.image_size).bit_length() - 1)
    names = {"classes": Path(path).stem, "shape_classes": "shapes", "emoji_styles": "emoji",
             "facade_labels": "facades"}
    label = names.get(name, name)
    return splits, combinations, max(size, 16), label


def _usage():
    from zoo.presets.registry import HERE

    return (
        f'import zoo\n\nclassifier = zoo.from_preset("{HERE}")\n'
        f"# as the encoder of an evaluation: python -m recipes.evaluate --encoder={HERE}"
    )


def _encoder_name(name):
    """"zoo-NAME-encoder", with only letters, digits and hyphens."""
    return f"zoo-{''.join(c if c.isalnum() else '-' for c in name.lower())}-encoder"


def _check(values):
    if not values.out:
        raise ZooError("--out is missing: give a folder to write to.")
    for name, least in (("steps", 1), ("batch_size", 1), ("features", 1), ("filters", 1)):
        if values[name].value < least:
            raise ZooError(f"--{name} must be at least {least}, got {values[name].value}.")
    if not 0 < values.learning_rate < float("inf"):
        raise ZooError(
            f"--learning_rate must be a finite number above 0, got {values.learning_rate}."
        )
    if not 0 <= values.seed < 2**32:
        raise ZooError(f"--seed must be from 0 to 2^32 - 1, got {values.seed}.")
    size, load = values.image_size, values.load_size
    if size is not None and (size < 16 or size & (size - 1)):
        raise ZooError(f"--image_size must be a power of two, at least 16, got {size}.")
    if load is not None and load < (size or 16):
        raise ZooError(f"--load_size must be at least --image_size, {size or 16}, got {load}.")
    if values.pad and load is not None:
        raise ZooError("--pad and --load_size exclude each other: give one of them.")
    if values.pad and values.data.startswith("facade_labels"):
        raise ZooError("--pad cannot mirror the edges of label maps: give --load_size.")


if __name__ == "__main__":
    command_line.run(main, flags)
