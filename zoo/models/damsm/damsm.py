"""DAMSM pre-training: text and image encoders that match captions with images.

Paper: AttnGAN, arXiv 1711.10485, section 3.2. Checked against taoxugit/AttnGAN
    code/pretrain_DAMSM.py.
"""

import keras
import tensorflow as tf

from zoo.errors import ZooError
from zoo.losses.damsm import damsm_losses, sentence_similarities
from zoo.models.base import noise, replicas
from zoo.models.base.batch_fields import Field, image_field
from zoo.models.base.ema import copy_weights
from zoo.models.base.system import System
from zoo.networks.build import build_on, symbolic_input
from zoo.networks.image_encoder import make_image_encoder


@keras.saving.register_keras_serializable("zoo")
class DAMSM(System):
    """Deep attentional multimodal similarity model.

    Args:
        vocabulary: sequence of str. The tokens, id 0 being `<end>` (padding).
        max_words: int. Maximum number of words read from a caption (18 CUB, 15 COCO).
        image_size: int. Height and width of the training images in pixels (299 with Inception).
        text_encoder: dict. Arguments of `RNNTextEncoder` (`features`, `embedding_dim`, `cell`); or
            `{"kind": "hub", ...}` (see `zoo.conditions.text_condition`): an encoder of TensorFlow
            Hub is frozen, so that only the image encoder is trained, and `vocabulary` is None.
        image_encoder: dict. Arguments of `make_image_encoder`; its `features` must equal the text
            encoder's, which is the default.
        dropout: float. Rate on the word embeddings in training (0.5).
        clip_norm: float, or None for no clipping. Global norm that the text encoder's gradient is
            clipped to (0.25).
        steps_per_epoch: int or None. If given, the official schedule: every epoch starts with a new
            optimizer state, and the learning rate is multiplied by 0.98 while it is above 0.0002.
        seed: int. Key of the dropout.

    Reference:
        - [Xu et al., 2018](https://arxiv.org/abs/1711.10485)
    """

    task = "text-image-matching"
    network_names = ("text_encoder", "image_encoder")
    preset_network_names = network_names
    named_rows = {"text_encoder/embedding/embeddings": (0, 0)}
    loss_names = ("loss", "word_loss", "sentence_loss", "accuracy")

    def __init__(
        self,
        vocabulary=None,
        max_words=18,
        image_size=299,
        text_encoder=None,
        image_encoder=None,
        dropout=0.5,
        clip_norm=0.25,
        steps_per_epoch=None,
        seed=0,
        **kwargs,
    ):
        super().__init__(seed=seed, **kwargs)
        self.image_size = image_size
        self.text = self.read_text(vocabulary, max_words, text_encoder)
        check_reads_words(self, self.text)
        self.dropout = dropout
        self.clip_norm = clip_norm
        self.steps_per_epoch = steps_per_epoch
        features = self.text.features
        self.image_encoder_config = {
            "features": features, **(image_encoder or {"kind": "inception_v3"})
        }
        encoder = make_image_encoder(self.image_encoder_config, name="image_encoder")
        if encoder.features != features:
            raise ZooError(
                "The encoders must have the same number of features, got "
                f"{encoder.features} of the image encoder and {features} of the text encoder: "
                'leave "features" out of image_encoder, or make them equal.'
            )
        self.image_encoder = build_on(encoder, symbolic_input(2, image_size, image_size, 3))

    @property
    def image_sizes(self):
        return [self.image_size]

    @property
    def optimizer_groups(self):
        return {
            "optimizer": {
                "damsm_optimizer": [
                    *self.text_variables,
                    *self.image_encoder.trainable_variables,
                ]
            }
        }

    @property
    def text_variables(self):
        """The text encoder's trainable variables; none if it is frozen."""
        return [] if self.text.encoder is None else self.text_encoder.trainable_variables

    def compile(self, optimizer, **kwargs):
        super().compile(optimizer=optimizer, **kwargs)

    def call(self, inputs, training=False):
        """dict of `images`, `tokens`, `lengths` -> (image features, text features)."""
        return (
            self.image_encoder(inputs["images"][-1], training=training),
            self.text.encode(inputs),
        )

    def copy_weights_to(self, name, network):
        """Copies the weights of the network `name` ("text_encoder" or "image_encoder") into another
        system's `network`.

        Raises:
            ZooError: the sizes differ.
        """
        source = getattr(self, name)
        shapes = [[tuple(v.shape) for v in net.variables] for net in (network, source)]
        if shapes[0] != shapes[1]:
            raise ZooError(
                f"The DAMSM's {name} has other sizes than this model's. Build the model with "
                f"{name}=damsm.{name}_config."
            )
        copy_weights(source, network)

    def dropout_mask(self, tokens):
        """Dropout factor (batch, words, embedding) of the word embeddings in this iteration."""
        shape = [*tf.unstack(tf.shape(tokens)), self.text_encoder.embedding_dim]
        return noise.dropout_rows(shape, self.noise_key("dropout"), self.dropout)

    @property
    def batch_fields(self):
        return {"images": (image_field(self.image_size),), "labels": Field((None,), "int")}

    def training_step(self, batch):
        """One official iteration: both networks in training mode, one Adam step on both."""
        self._start_epoch()
        with tf.GradientTape() as tape:
            text = self._training_text(batch)
            mask = tf.sequence_mask(batch["lengths"], tf.shape(text["words"])[1])
            image = self.image_encoder(batch["images"][-1], training=True)
            text = {name: text[name] for name in ("words", "sentence")}
            image, text, *rest = shared((image, text, mask, batch["labels"]), self.negatives)
            losses = damsm_losses(image, text, *rest)
            loss = losses["word_loss"] + losses["sentence_loss"]
        text_variables = self.text_variables
        count = len(text_variables)

        def clip_text(gradients):
            clipped, _ = tf.clip_by_global_norm(gradients[:count], self.clip_norm)
            return [*clipped, *gradients[count:]]

        variables = [*text_variables, *self.image_encoder.trainable_variables]
        clip = clip_text if count and self.clip_norm is not None else None
        self.apply_gradients("damsm_optimizer", tape, loss, variables, clip, of_all=True)
        return {"loss": loss, **losses, "accuracy": retrieval_accuracy(image, text)}

    def _training_text(self, batch):
        if self.text.encoder is None:
            return self.text.encode(batch)
        dropped = self.dropout_mask(batch["tokens"])
        return self.text_encoder(batch["tokens"], batch["lengths"], dropped)

    def _start_epoch(self):
        """New optimizer state and a lower learning rate at the first step of each epoch."""
        if self.steps_per_epoch is None:
            return
        epoch = tf.cast(self.iteration // self.steps_per_epoch, tf.float32)
        base, floor, decay = self._first_rates["damsm_optimizer"], 2e-4, 0.98
        last = tf.math.ceil(
            tf.math.log(floor / base) / tf.math.log(decay)
        )  # first epoch at the floor
        optimizer = self.damsm_optimizer
        optimizer.learning_rate.assign(base * decay ** tf.minimum(epoch, tf.maximum(last, 0.0)))
        first = tf.equal(self.iteration % self.steps_per_epoch, 0)
        # of Adam, not of the loss scale around it with mixed_float16, which must not become 0
        optimizer = getattr(optimizer, "inner_optimizer", optimizer)
        for variable in optimizer.variables:
            if variable is not optimizer.learning_rate:
                variable.assign(tf.where(first, tf.zeros_like(variable), variable))


def check_reads_words(system, condition):
    """Raises `ZooError` unless a condition of a system gives vectors of words."""
    if "words" not in condition.symbolic():
        raise ZooError(
            f"{type(system).__name__} reads words: expected a vocabulary, or text_encoder={{"
            f'"kind": "word_embeddings"}}, got {system.text_encoder_config!r}.'
        )


def shared(features, negatives):
    """A structure of tensors (batch, ...) with the rows of all replicas, if `negatives` is
    "global": then these are negatives of each other."""
    return tf.nest.map_structure(replicas.gather, features) if negatives == "global" else features


def resolve_damsm(damsm, vocabulary, hub_encoder=None):
    """A `DAMSM`, given as an object or a preset's handle, with the model's `Vocabulary` (or None).

    A preset with a text encoder of TensorFlow Hub reuses the modules of `hub_encoder`, the model's.

    Raises:
        ZooError: the vocabularies differ.
    """
    if not isinstance(damsm, DAMSM):
        from zoo.presets.hub import reads_by_hub

        same = hub_encoder is not None and reads_by_hub(damsm)
        damsm = DAMSM.from_preset(damsm, text_encoder=hub_encoder.handles if same else None)
    if vocabulary is None or damsm.vocabulary is None:
        if vocabulary is not damsm.vocabulary:
            raise ZooError(
                "Either the DAMSM or this model reads words of a vocabulary, and the other reads "
                "word pieces. Build the model with the DAMSM's vocabulary and text_encoder."
            )
    elif list(damsm.vocabulary.tokens) != list(vocabulary.tokens):
        raise ZooError(
            f"The DAMSM has another vocabulary ({len(damsm.vocabulary)} tokens) than this "
            f"model ({len(vocabulary)}). Build the model with vocabulary=damsm.vocabulary.tokens."
        )
    return damsm


def retrieval_accuracy(image, text):
    """Share of images in the batch whose most similar sentence is their own."""
    similarities = sentence_similarities(image["code"], text["sentence"])
    best = tf.argmax(similarities, axis=1)
    return tf.reduce_mean(tf.cast(best == tf.range(tf.size(best), dtype=best.dtype), tf.float32))
