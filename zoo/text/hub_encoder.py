"""Text encoders of TensorFlow Hub with BERT's interface, as one frozen Keras layer.

The interface: https://www.tensorflow.org/hub/common_saved_model_apis/text, "Transformer encoders".
A preprocessing module maps strings to `input_word_ids`, `input_mask` and `input_type_ids`; an
encoder maps these to `sequence_output` and `pooled_output`. Older encoders
(bert_en_uncased_L-12_H-768_A-12/2, which XMC-GAN was developed with) take a list of the three and
return (pooled output, sequence output); they are supported too.
"""

import functools

import keras
import tensorflow as tf

from zoo.errors import ZooError, check_choice
from zoo.text.hub import (
    ENCODER,
    PREPROCESS,
    load_module,
    local_folder,
    module_digest,
    stable_handle,
)

SENTENCES = ("all_places", "words", "pooled")
_INPUTS = ("input_word_ids", "input_mask", "input_type_ids")
_RIGHT_MODULES = (
    'Give the right one: from_preset(..., text_encoder={"preprocess": ..., "encoder": ...}).'
)


@keras.saving.register_keras_serializable("zoo")
class HubTextEncoder(keras.layers.Layer):
    """Captions to vectors of word pieces and of the sentence, by two modules of TensorFlow Hub.

    The weights are tracked, so that they are counted and copied with a model, and frozen: no
    gradient flows through them. The layer computes in the modules' own precision.

    Args:
        preprocess: str. Handle of the preprocessing module, see `zoo.text.hub`.
        encoder: str. Handle of the encoder.
        max_tokens: int, at least 3. Tokens T of a caption: word pieces with the start and end
            tokens. A longer caption is truncated to its first T - 2 pieces and the end token.
        sentence: definition of the sentence vector. "all_places": the sum over all T positions,
            including those after the end, divided by the length (XMC-GAN's code); "words": the mean
            over the real pieces; "pooled": the module's `pooled_output`.
        sha256: dict of "preprocess", "encoder" to the expected digests of the modules, or None.
            They are compared before a module is loaded.

    Attributes:
        features: int, size of a vector, read from the module (768 in BERT base).
        handles: dict of "preprocess", "encoder" to handle; a local folder as an absolute path.
        digests: dict of the same to SHA-256, see `zoo.text.hub.module_digest`.

    Raises:
        ZooError: a handle cannot be loaded, or a module has another digest than `sha256`, or
            another interface.

    Example:

    ```python
    encoder = HubTextEncoder(max_tokens=17)  # BERT base; downloaded, or taken from the cache
    encoder(tf.constant(["a red bird"]))  # words (1, 17, 768), sentence (1, 768), ...
    ```
    """

    def __init__(
        self,
        preprocess=PREPROCESS,
        encoder=ENCODER,
        max_tokens=17,
        sentence="all_places",
        sha256=None,
        **kwargs,
    ):
        super().__init__(**{"dtype": "float32", "name": "text_encoder", **kwargs})
        if isinstance(max_tokens, bool) or not isinstance(max_tokens, int) or max_tokens < 3:
            raise ZooError(
                "max_tokens counts word pieces with the start and end tokens, so it must be a "
                f"whole number of at least 3, got {max_tokens!r}."
            )
        self.max_tokens = max_tokens
        self.sentence = check_choice("sentence", sentence, SENTENCES)
        handles = {"preprocess": preprocess, "encoder": encoder}
        folders = {name: local_folder(handle) for name, handle in handles.items()}
        self.handles = {name: stable_handle(handle) for name, handle in handles.items()}
        self.digests = {name: module_digest(self.handles[name], folders[name]) for name in handles}
        self.check_digests(sha256 or {}, _RIGHT_MODULES)
        self.preprocess_folder = folders["preprocess"]
        self.preprocessor = load_module(preprocess, folders["preprocess"])
        self.module = load_module(encoder, folders["encoder"])
        self._check_preprocessor()
        self._form, self.features = self._find_form()
        for variable in getattr(self.module, "variables", ()):
            self._track_variable(
                keras.Variable(  # the same storage
                    variable,
                    trainable=False,
                    dtype=variable.dtype.name,
                    name=variable.name.split(":")[0].replace("/", "_"),
                )
            )
        self.trainable = False
        self.built = True

    def get_config(self):
        return {
            **super().get_config(),
            **self.handles,
            "max_tokens": self.max_tokens,
            "sentence": self.sentence,
        }

    def call(self, inputs):
        """Encodes captions.

        Args:
            inputs: string (batch,), or the dict that `tokenize` returns.

        Returns:
            dict of `words` float32 (batch, T, features), `sentence` float32 (batch, features),
            `lengths` int32 (batch,), and `mask` bool (batch, T), True at real pieces. Vectors
            after the end are those of the module, and not zero.
        """
        pieces = inputs if isinstance(inputs, dict) else self.tokenize(inputs)
        lengths = tf.cast(pieces["lengths"], tf.int32)
        mask = tf.sequence_mask(lengths, self.max_tokens)
        words, pooled = self._form(self.module, _encoder_inputs(pieces["pieces"], mask))
        words = tf.stop_gradient(tf.cast(words, tf.float32))
        words = tf.ensure_shape(words, [None, self.max_tokens, self.features])
        if self.sentence == "pooled":
            sentence = tf.stop_gradient(tf.cast(pooled, tf.float32))
        else:
            counted = words
            if self.sentence == "words":
                counted = tf.where(mask[..., None], words, tf.zeros_like(words))
            count = tf.cast(tf.maximum(lengths, 1), tf.float32)[:, None]
            sentence = tf.reduce_sum(counted, axis=1) / count
        return {
            "words": words,
            "sentence": sentence,
            "lengths": lengths,
            "mask": mask,
        }

    def tokenize(self, captions):
        """Word pieces of captions.

        Args:
            captions: string (batch,); bytes that are not UTF-8 are read as the character U+FFFD.

        Returns:
            dict of `pieces` int32 (batch, T), zero padded, with the start token first and the end
            token last, and `lengths` int32 (batch,), from 2 (an empty caption: both tokens) to T.
        """
        captions = tf.strings.unicode_transcode(captions, "UTF-8", "UTF-8", errors="replace")
        packed = self.preprocessor(captions)
        ids, mask = (tf.cast(packed[name], tf.int32) for name in _INPUTS[:2])
        count = tf.reduce_sum(mask, axis=1)
        end = tf.gather(ids, count - 1, batch_dims=1)[:, None]
        last = tf.range(self.max_tokens)[None] == self.max_tokens - 1
        cut = (count > self.max_tokens)[:, None]
        pieces = tf.where(last & cut, end, ids[:, : self.max_tokens])
        return {
            "pieces": tf.ensure_shape(pieces, [None, self.max_tokens]),
            "lengths": tf.minimum(count, self.max_tokens),
        }

    def piece_texts(self):
        """The word pieces by id, list of str; None if the preprocessing module has no such file.

        Hub modules store their vocabulary as a text file among their assets, one line per piece.
        """
        assets = tf.io.gfile.glob(f"{self.preprocess_folder}/assets/*.txt")
        if len(assets) != 1:
            return None
        with tf.io.gfile.GFile(assets[0]) as file:
            return file.read().rstrip("\n").split("\n")

    def check_digests(self, expected, remedy):
        """Raises a `ZooError` that ends with `remedy` unless the modules are the expected ones.

        `expected`: dict like `digests`, possibly incomplete.
        """
        for name, actual in self.digests.items():
            digest = expected.get(name, actual)
            if digest != actual:
                raise ZooError(
                    f'"{self.handles[name]}" is not the {name} module that this model was trained '
                    f"with: its SHA-256 is {actual}, not {digest}. {remedy}"
                )

    def compute_output_spec(self, inputs):
        batch = (inputs["lengths"] if isinstance(inputs, dict) else inputs).shape[0]
        tokens = (batch, self.max_tokens)

        def spec(shape, dtype):
            return keras.KerasTensor(shape, dtype=dtype)

        return {
            "words": spec((*tokens, self.features), "float32"),
            "sentence": spec((batch, self.features), "float32"),
            "lengths": spec((batch,), "int32"),
            "mask": spec(tokens, "bool"),
        }

    def _check_preprocessor(self):
        handle = self.handles["preprocess"]
        try:
            packed = self.preprocessor(tf.constant(["a", "a test"]))
            shapes = {packed[name].shape.rank for name in _INPUTS}
            tokens = packed[_INPUTS[0]].shape[1]
        except Exception:  # calls of a SavedModel fail in many ways
            shapes, tokens = set(), 0
        if shapes != {2}:
            raise _other_interface(
                handle, self.preprocessor, "a preprocessing module that maps strings to "
                f"{', '.join(_INPUTS)}, each int (batch, tokens)",
            )
        if tokens < self.max_tokens:
            raise ZooError(
                f'The preprocessing module "{handle}" returns {tokens} tokens, but '
                f"{self.max_tokens} were requested: use at most {tokens} (max_tokens; max_words of "
                "a model, or of a recipe's data)."
            )

    def _find_form(self):
        """(calling convention of the encoder, its features), found with an empty caption."""
        handle = self.handles["encoder"]
        pieces = self.tokenize(tf.constant([""]))
        mask = tf.sequence_mask(pieces["lengths"], self.max_tokens)
        for form in _FORMS:
            try:
                words, pooled = self._try(form, pieces["pieces"], mask)
            except Exception:  # see `_check_preprocessor`
                continue
            if words.shape.rank != 3 or words.shape[:2] != (1, self.max_tokens):
                continue
            features = int(words.shape[2])
            if self.sentence == "pooled" and tuple(pooled.shape) != (1, features):
                raise ZooError(
                    f'The encoder "{handle}" has no pooled output of {features} features: use '
                    'sentence="words" or "all_places".'
                )
            self._check_pieces(form, mask)
            return form, features
        raise _other_interface(
            handle, self.module,
            f"an encoder that maps {', '.join(_INPUTS)} to sequence_output (batch, "
            f"{self.max_tokens}, features) and pooled_output (batch, features)",
        )

    def _try(self, form, pieces, mask):
        """(words, pooled) of eager inputs; a module loaded in a strategy's scope runs in it."""
        function = functools.partial(form, self.module, _encoder_inputs(pieces, mask))
        if not tf.distribute.in_cross_replica_context():
            return function()
        strategy = tf.distribute.get_strategy()
        everywhere = tf.function(lambda: strategy.run(function), autograph=False)()
        return tuple(strategy.experimental_local_results(value)[0] for value in everywhere)

    def _check_pieces(self, form, mask):
        """Raises unless the encoder has a vector for the last piece of the vocabulary."""
        texts = self.piece_texts()
        if texts is None:
            return
        last = tf.fill([1, self.max_tokens], len(texts) - 1)
        try:
            with tf.device("CPU:0"):  # a GPU would read zeros
                self._try(form, last, mask)
        except tf.errors.InvalidArgumentError:
            raise ZooError(
                f'The preprocessing module "{self.handles["preprocess"]}" has {len(texts)} word '
                f'pieces, more than the encoder "{self.handles["encoder"]}": use the '
                "preprocessing module that belongs to this encoder."
            ) from None


def _encoder_inputs(pieces, mask):
    pieces = tf.cast(pieces, tf.int32)
    return {
        "input_word_ids": pieces,
        "input_mask": tf.cast(mask, tf.int32),
        "input_type_ids": tf.zeros_like(pieces),
    }


def _by_name(module, inputs):
    outputs = module(inputs, training=False)
    return outputs["sequence_output"], outputs["pooled_output"]


def _by_name_alone(module, inputs):
    outputs = module(inputs)
    return outputs["sequence_output"], outputs["pooled_output"]


def _by_position(module, inputs):
    pooled, words = module([inputs[name] for name in _INPUTS], training=False)
    return words, pooled


def _by_position_alone(module, inputs):
    pooled, words = module([inputs[name] for name in _INPUTS])
    return words, pooled


_FORMS = (_by_name, _by_name_alone, _by_position, _by_position_alone)


def _other_interface(handle, module, expected):
    """The `ZooError` for a module with another interface."""
    functions = module.__call__.concrete_functions if callable(module) else ()
    if functions:
        actual = f"it takes {functions[0].structured_input_signature[0]}"
    else:
        names = ", ".join(sorted(getattr(module, "signatures", {})))
        actual = "it is not callable" + (f", and has the signatures {names}" if names else "")
    return ZooError(
        f'"{handle}" is not {expected}: {" ".join(actual.split())[:300]}. Use modules with BERT\'s '
        f"interface, such as {PREPROCESS} and {ENCODER}."
    )
