"""The served function of a text-to-image model: caption strings and seeds in, pictures out.

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
        vocabulary_path: str. The vocabulary, a token a line; it becomes an asset of the SavedModel.

    Attributes:
        serve: the function `serving_default`, see `serving_function`.
    """

    def __init__(self, model, vocabulary_path):
        super().__init__(name="service")
        self.vocabulary = tf.saved_model.Asset(vocabulary_path)
        tokenizer = CaptionTokenizer(model.vocabulary, model.max_words, unknown="drop")
        tokenizer.table = tf.lookup.StaticHashTable(
            tf.lookup.TextFileInitializer(
                self.vocabulary.asset_path,
                tf.string,
                tf.lookup.TextFileIndex.WHOLE_LINE,
                tf.int64,
                tf.lookup.TextFileIndex.LINE_NUMBER,
            ),
            default_value=-1,
        )
        self.tokenizer = tokenizer
        self.serve = serving_function(model, tokenizer)
        # The function's own list: exactly the weights that generation reads, each once.
        self.weights = list(self.serve.get_concrete_function().graph.variables)


def serving_function(model, tokenizer):
    """The function of the signature `serving_default`.

    Its inputs are `captions`, string (batch,), and `seed`, int64 (batch,). Its outputs are `image`,
    uint8 (batch, height, width, 3), and `image_bytes`, string (batch,), each the PNG file of that
    picture (TensorFlow Serving sends outputs of this name as base64).

    A row's picture depends on its own caption and seed alone. No caption is refused, because a
    server joins the requests of strangers into one batch: bytes that are not UTF-8 separate words,
    words beyond `max_words` and unknown words are left out, and a caption with no known word at
    all, or an empty one, is read as the padding token `<end>`. Only a request of no rows, or with
    unequal numbers of captions and seeds, is an error (INVALID_ARGUMENT).
    """

    def serve(captions, seed):
        tf.debugging.assert_positive(tf.size(captions), "captions must hold at least one caption")
        tf.debugging.assert_equal(
            tf.size(captions), tf.size(seed), "captions and seed must have the same number of rows"
        )
        tokenized = tokenizer(captions)
        sampled = model.sample(tokenized, seed)
        image = to_uint8(tf.cast(sampled["images"][-1], tf.float32))
        image_bytes = tf.map_fn(
            tf.io.encode_png, image, fn_output_signature=tf.TensorSpec([], tf.string)
        )
        return {"image": image, "image_bytes": image_bytes}

    return tf.function(
        serve,
        input_signature=[
            tf.TensorSpec([None], tf.string, name="captions"),
            tf.TensorSpec([None], tf.int64, name="seed"),
        ],
    )


def check_servable(model):
    """Raises `ZooError` unless a model turns captions into pictures."""
    from zoo.errors import ZooError

    if not isinstance(model, TextToImage):
        raise ZooError(
            f"Only text-to-image models can be exported; this preset is a {type(model).__name__}."
        )


def example_requests(model, sizes=(1, 4)):
    """Requests to warm a server up with: captions of known words, in batches of these sizes."""
    words = [token for token in model.vocabulary.tokens if not token.startswith("<")]
    caption = " ".join(words[: max(1, model.max_words // 2)])
    return [
        {"captions": [caption.encode()] * size, "seed": np.arange(size, dtype=np.int64)}
        for size in sizes
    ]
