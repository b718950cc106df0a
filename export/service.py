"""The served function of a text-to-image model: texts and seeds in, pictures out.

It is a plain `tf.Module` that holds raw variables, a table and an asset, and no Keras object: Keras
variables are copied when they are saved, and then only Python's loader finds their values, not the
session loader of TensorFlow Serving.
"""

import numpy as np
import tensorflow as tf

from zoo.models.text_to_image import TextToImage, to_uint8
from zoo.text.tokenizer import CaptionTokenizer


class Service(tf.Module):
    """What the SavedModel of a text-to-image model contains.

    Args:
        model: `zoo.models.text_to_image.TextToImage`.
        vocabulary_path: str. The vocabulary of a model that reads captions, a token a line; it
            becomes an asset of the SavedModel.

    Attributes:
        serve: the function `serving_default`, see `serving_function`.
    """

    def __init__(self, model, vocabulary_path=None):
        super().__init__(name="service")
        tokenizer = None
        if model.vocabulary is not None:
            self.vocabulary = tf.saved_model.Asset(vocabulary_path)
            tokenizer = self.tokenizer = _tokenizer(model, self.vocabulary)
        self.serve = serving_function(model, tokenizer)
        # The function's own list: exactly the weights that generation reads, each once.
        self.weights = list(self.serve.get_concrete_function().graph.variables)


def _tokenizer(model, asset):
    """The model's tokenizer, with a table that is read from the asset."""
    tokenizer = CaptionTokenizer(model.vocabulary, model.max_words, unknown="drop")
    tokenizer.table = tf.lookup.StaticHashTable(
        tf.lookup.TextFileInitializer(
            asset.asset_path,
            tf.string,
            tf.lookup.TextFileIndex.WHOLE_LINE,
            tf.int64,
            tf.lookup.TextFileIndex.LINE_NUMBER,
        ),
        default_value=-1,
    )
    return tokenizer


def serving_function(model, tokenizer=None):
    """The function of the signature `serving_default`.

    Its inputs are a text and `seed`, int64 (batch,). The text is `captions`, string (batch,), or
    for a model of pre-computed sentence embeddings `embeddings`, float32 (batch, features); a
    model without text takes `seed` alone. Its outputs are `image`, uint8 (batch, height, width, 3),
    and `image_bytes`, string (batch,), each the PNG file of that picture (TensorFlow Serving sends
    outputs of this name as base64).

    A row's picture depends on its own text and seed alone. No caption is refused, because a
    server joins the requests of strangers into one batch: bytes that are not UTF-8 separate words,
    words beyond `max_words` and unknown words are left out, and a caption with no known word at
    all, or an empty one, is read as the padding token `<end>`. Only a request of no rows, or with
    unequal numbers of texts and seeds, is an error (INVALID_ARGUMENT).
    """

    def pictures(condition, seed):
        sampled = model.sample(condition, seed)
        image = to_uint8(tf.cast(sampled["images"][-1], tf.float32))
        image_bytes = tf.map_fn(
            tf.io.encode_png, image, fn_output_signature=tf.TensorSpec([], tf.string)
        )
        return {"image": image, "image_bytes": image_bytes}

    specs = input_specs(model)

    def serve_text(text, seed):
        text, seed = _checked([text, seed], [spec.name for spec in specs])
        return pictures({"sentence": text} if tokenizer is None else tokenizer(text), seed)

    def serve_seeds(seed):
        (seed,) = _checked([seed], ["seed"])
        return pictures({}, seed)

    function = serve_text if len(specs) > 1 else serve_seeds
    return tf.function(function, input_signature=specs)


def input_specs(model):
    """The `tf.TensorSpec`s of the signature: the model's text, if it has one, and `seed`."""
    specs = [tf.TensorSpec([None], tf.int64, name="seed")]
    if model.vocabulary is not None:
        specs.insert(0, tf.TensorSpec([None], tf.string, name="captions"))
    elif model.condition_fields:
        features = model.text_input.features
        specs.insert(0, tf.TensorSpec([None, features], tf.float32, name="embeddings"))
    return specs


def _checked(inputs, names):
    """The inputs; nothing is computed of them before they were found to be of as many rows."""
    rows = tf.shape(inputs[0])[0]
    checks = [tf.debugging.assert_positive(rows, f"{names[0]} must hold at least one row")]
    for value in inputs[1:]:
        checks.append(tf.debugging.assert_equal(
            rows, tf.shape(value)[0], f"{' and '.join(names)} must have the same number of rows"
        ))
    with tf.control_dependencies(checks):
        return [tf.identity(value) for value in inputs]


def check_servable(model):
    """Raises `ZooError` unless a model is one that makes pictures of texts."""
    from zoo.errors import ZooError

    if not isinstance(model, TextToImage):
        raise ZooError(
            f"Only text-to-image models can be exported; this preset is a {type(model).__name__}."
        )


def example_requests(model, sizes=(1, 4)):
    """Requests to warm a server up with, in batches of these sizes; captions are of known words."""
    requests = [{"seed": np.arange(size, dtype=np.int64)} for size in sizes]
    for request, size in zip(requests, sizes, strict=True):
        if model.vocabulary is not None:
            words = [token for token in model.vocabulary.tokens if not token.startswith("<")]
            caption = " ".join(words[: max(1, model.max_words // 2)])
            request["captions"] = [caption.encode()] * size
        elif model.condition_fields:
            request["embeddings"] = np.zeros([size, model.text_input.features], np.float32)
    return requests
