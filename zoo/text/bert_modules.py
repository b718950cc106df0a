"""Text encoders with BERT's interface as modules of TensorFlow Hub's form: two SavedModels.

`make_modules` turns any BERT checkpoint that KerasHub reads, in its own form or in Hugging Face's,
into the pair that `zoo.text.HubTextEncoder` loads, for machines that cannot reach tfhub.dev.
"""

import importlib.util
import os
import tempfile
from pathlib import Path

import numpy as np
import tensorflow as tf

from zoo.errors import ZooError, reason
from zoo.storage import atomic_folder

INPUTS = ("input_word_ids", "input_mask", "input_type_ids")
PLACES = 128  # of BERT's own preprocessing module
TOLERANCE = 1e-5
_EXPECTED = "give the folder that contains config.json, the weights and vocab.txt"
EXAMPLES = (
    "a red bird", "Two dogs, playing: in the SNOW!", "", "birds \u4e2d\u6587 unforgettably",
    "a bowl of fruit on a table with a very long description " * 8,
)


class Preprocess(tf.Module):
    """Strings to `input_word_ids`, `input_mask`, `input_type_ids`, int32 (batch, places).

    The vocabulary file has one piece per line, including the markers, in any order; padding is id
    0. Words longer than `longest_word` bytes are unknown.
    """

    def __init__(self, vocabulary_file, places, longest_word=100, lower_case=True):
        super().__init__()
        import tensorflow_text as text

        self.places = places
        self.tokenizer = text.BertTokenizer(
            vocabulary_file, token_out_type=tf.int32, lower_case=lower_case,
            max_bytes_per_word=longest_word,
        )
        with open(vocabulary_file, encoding="utf-8") as file:
            pieces = file.read().split("\n")
        self.start, self.end = pieces.index("[CLS]"), pieces.index("[SEP]")

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def __call__(self, captions):
        import tensorflow_text as text

        pieces = self.tokenizer.tokenize(captions).merge_dims(-2, -1)
        (pieces,) = text.RoundRobinTrimmer(self.places - 2).trim([pieces])
        ids, types = text.combine_segments([pieces], self.start, self.end)
        ids, mask = text.pad_model_inputs(ids, self.places)
        types, _ = text.pad_model_inputs(types, self.places)
        return dict(zip(INPUTS, (ids, mask, types), strict=True))


def save_modules(paths, preprocess, encoder, form="names"):
    """Writes the two as SavedModels to `paths["preprocess"]` and `paths["encoder"]`.

    Args:
        encoder: anything with `encode`, as `Encoder` has it, and its variables as `weights`.
    """
    tf.saved_model.save(preprocess, paths["preprocess"])
    tf.saved_model.save(_saved_encoder(encoder, form), paths["encoder"])


def _saved_encoder(encoder, form):
    """The form of a loaded Hub encoder: callable, with lists of variables."""
    saved = tf.__internal__.tracking.AutoTrackable()
    specs = {name: tf.TensorSpec([None, None], tf.int32, name=name) for name in INPUTS}

    @tf.function
    def by_name(inputs, training=False):
        return encoder.encode(inputs)

    @tf.function
    def by_position(inputs, training=False):
        outputs = encoder.encode(dict(zip(INPUTS, inputs, strict=True)))
        return outputs["pooled_output"], outputs["sequence_output"]

    function = {"names": by_name, "positions": by_position}[form]
    specs = specs if form == "names" else list(specs.values())
    for training in (True, False):
        function.get_concrete_function(specs, training=training)
    saved.__call__ = function
    saved.variables = saved.trainable_variables = list(encoder.weights)
    saved.regularization_losses = []
    return saved


class BertEncoder:
    """A `keras_hub.models.BertBackbone` with the `encode` and `weights` of `save_modules`."""

    def __init__(self, backbone):
        self.backbone = backbone
        self.weights = [variable.value for variable in backbone.variables]

    def encode(self, inputs):
        ids, mask, types = (inputs[name] for name in INPUTS)
        outputs = self.backbone(
            {"token_ids": ids, "padding_mask": mask, "segment_ids": types}, training=False
        )
        pooled = outputs["pooled_output"]
        return {"sequence_output": outputs["sequence_output"], "pooled_output": pooled,
                "default": pooled}


def make_modules(source, directory, places=PLACES):
    """Writes `preprocess` and `encoder` of a BERT checkpoint into a folder, and checks them.

    An encoder of lower-case text also reads letters without their accents, as BERT's own code and
    Hugging Face's do; KerasHub 0.32 keeps the accents and so reads such words as unknown.

    Args:
        source: a folder in the form of Hugging Face (`config.json`, `model.safetensors`,
            `vocab.txt`) or of KerasHub; a handle that KerasHub reads, such as
            "hf://OWNER/NAME"; or the name of an installed Python package that contains one such
            folder.
        directory: str, the folder to write to; it may exist if it is empty.
        places: int, the most word pieces of a caption, with [CLS] and [SEP]; at most the
            checkpoint's own. None: `PLACES`, or the checkpoint's own if they are fewer.

    Returns:
        dict of `preprocess`, `encoder`: the paths of the modules; `features`, `pieces`, `places`:
        ints; `difference`: float, the largest absolute difference to KerasHub's own output.

    Raises:
        ZooError: KerasHub is missing or cannot read the source, the source is not a BERT or has
            more word pieces than vectors, or the modules differ from KerasHub by more than 1e-5.
            `directory` is then unchanged.
    """
    keras_hub = _keras_hub()
    handle = find_source(source)
    try:
        backbone = keras_hub.models.BertBackbone.from_preset(handle, dtype="float32")
        tokenizer = keras_hub.models.BertTokenizer.from_preset(handle)
    except Exception as error:  # of many libraries
        raise ZooError(
            f'KerasHub cannot read "{source}" as a BERT: {reason(error)}. Expected a folder with '
            "config.json, model.safetensors and vocab.txt, or a handle such as hf://OWNER/NAME."
        ) from error
    most = backbone.max_sequence_length
    places = min(PLACES, most) if places is None else places
    if not isinstance(places, int) or not 3 <= places <= most:
        raise ZooError(f"places must be from 3 to this encoder's {most}, got {places!r}.")
    pieces = list(tokenizer.get_vocabulary())
    if len(pieces) > backbone.vocabulary_size:
        raise ZooError(
            f'"{source}" has {len(pieces):,} word pieces, but vectors of only '
            f"{backbone.vocabulary_size:,}: give it the vocabulary that it was trained with."
        )
    if os.path.lexists(directory) and not (os.path.isdir(directory) and not os.listdir(directory)):
        raise ZooError(f"{directory} exists and is no empty folder: give a new one.")
    with atomic_folder(directory) as written, tempfile.TemporaryDirectory() as folder:
        vocabulary = os.path.join(folder, "vocab.txt")
        Path(vocabulary).write_text("".join(f"{piece}\n" for piece in pieces), "utf-8")
        preprocess = Preprocess(vocabulary, places, lower_case=tokenizer.lowercase)
        paths = {name: os.path.join(written, name) for name in ("preprocess", "encoder")}
        save_modules(paths, preprocess, BertEncoder(backbone))
        difference = _difference(paths, keras_hub, backbone, tokenizer, places)
        if not difference <= TOLERANCE:
            raise ZooError(
                f"The modules differ from KerasHub's output by {difference:.2g}, more than "
                f"{TOLERANCE}: they were not written."
            )
    paths = {name: os.path.join(directory, name) for name in paths}
    return {**paths, "features": backbone.hidden_dim, "pieces": len(pieces), "places": places,
            "difference": difference}


def find_source(source):
    """The folder or handle that a source names, see `make_modules`."""
    if "://" in source or os.path.isdir(source):
        return source
    found = find_in_package(source)
    if found is None:
        raise ZooError(
            f'"{source}" is no folder, no handle such as hf://OWNER/NAME, and no installed '
            f"package: {_EXPECTED}."
        )
    return found


def find_in_package(name):
    """The folder of the BERT checkpoint in an installed package; None without such a package.

    Raises:
        ZooError: the package has no such folder, or several.
    """
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        return None
    found = sorted({
        path.parent for root in spec.submodule_search_locations or ()
        for path in Path(root).rglob("config.json")
        if (path.parent / "vocab.txt").exists() or (path.parent / "assets").is_dir()
    })
    if len(found) != 1:
        raise ZooError(
            f'"{name}": the package has {len(found)} folders with an encoder: {_EXPECTED}.'
        )
    return str(found[0])


def _keras_hub():
    try:
        import keras_hub
    except ImportError as error:
        raise ZooError(
            'This needs KerasHub: pip install "conditional-gan-zoo[text]".'
        ) from error
    return keras_hub


def _difference(paths, keras_hub, backbone, tokenizer, places):
    """Largest absolute difference of the saved modules to KerasHub, over the real pieces of
    `EXAMPLES`; infinite if their pieces differ."""
    packer = keras_hub.layers.MultiSegmentPacker(
        places, tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.pad_token_id
    )
    ids, types = packer((tokenizer(list(EXAMPLES)),))
    mask = tf.cast(tf.not_equal(ids, tokenizer.pad_token_id), tf.int32)
    expected = backbone({"token_ids": ids, "segment_ids": types, "padding_mask": mask})
    packed = tf.saved_model.load(paths["preprocess"])(tf.constant(EXAMPLES))
    if not np.array_equal(packed["input_word_ids"], ids):
        return float("inf")
    outputs = tf.saved_model.load(paths["encoder"])(packed)
    real = np.asarray(mask, bool)
    return max(
        float(np.abs(np.asarray(outputs["sequence_output"] - expected["sequence_output"]))[real]
              .max()),
        float(np.abs(np.asarray(outputs["pooled_output"] - expected["pooled_output"])).max()),
    )
