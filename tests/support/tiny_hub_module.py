"""A tiny module pair of TensorFlow Hub's form for machines without network. It is not BERT.

The preprocessing module has a real WordPiece vocabulary, learned from the given captions, and the
encoder is a small transformer with BERT's architecture, trained from scratch on those captions only
with a short masked-word objective (BERT, arXiv 1810.04805, section 3.1). Its metrics say nothing
about BERT, and images generated with it are not results of a paper. It shares only its interface
with BERT.

    python -m tests.support.tiny_hub_module --data=data/emoji.zip --steps=600 --out=modules/emoji

writes `preprocess` and `encoder` into the folder; `--features`, `--layers`, `--heads`, `--words`
(size of the vocabulary) and `--places` change the sizes.
"""

import argparse
import atexit
import functools
import os
import shutil
import tempfile

import numpy as np
import tensorflow as tf

from zoo.text.bert_modules import INPUTS, Preprocess, save_modules

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
CAPTIONS = (
    "a red circle on white", "a blue square", "a small green circle", "the big unforgettable bird",
    "two playing children", "a red bird is playing", "birds and circles", "playing with squares",
) * 8


@functools.cache
def learn_vocabulary(captions, size=200):
    """list of str from a tuple: the marks, then the word pieces of `captions`."""
    from tensorflow_text.tools.wordpiece_vocab import bert_vocab_from_dataset

    return bert_vocab_from_dataset.bert_vocab_from_dataset(
        tf.data.Dataset.from_tensor_slices(list(captions)).batch(64),
        vocab_size=size, reserved_tokens=list(SPECIAL), bert_tokenizer_params={"lower_case": True},
        learn_params={"lower_thresh": 2},  # a piece occurs this often, by default 10 times
    )


class Encoder(tf.Module):
    """A transformer with BERT's architecture: post-norm blocks, learned positions, pooling."""

    def __init__(self, words, features, layers, heads, places, seed=0):
        super().__init__()
        self.heads, self.weights = heads, []
        self._rng = np.random.default_rng(seed)
        self.words = self._weight("word", words, features)
        self.places = self._weight("place", places, features)
        self.types = self._weight("type", 2, features)
        self.first_norm = self._norm("first", features)
        sizes = {
            "query": (features, features), "key": (features, features),
            "value": (features, features), "output": (features, features),
            "inner": (features, 4 * features), "outer": (4 * features, features),
        }
        self.blocks = [
            {
                **{n: self._dense(f"{i}_{n}", *size) for n, size in sizes.items()},
                "attention_norm": self._norm(f"{i}_attention", features),
                "norm": self._norm(f"{i}", features),
            }
            for i in range(layers)
        ]
        self.pooler = self._dense("pooler", features, features)
        self.guess_bias = self._weight("guess", words, zero=True)

    def _weight(self, name, *shape, zero=False):
        value = np.zeros(shape) if zero else self._rng.normal(0, 0.05, shape)
        variable = tf.Variable(value.astype("float32"), name=name)
        self.weights.append(variable)
        return variable

    def _dense(self, name, rows, columns):
        bias = self._weight(f"{name}_bias", columns, zero=True)
        return self._weight(f"{name}_kernel", rows, columns), bias

    def _norm(self, name, features):
        scale = tf.Variable(tf.ones([features]), name=f"{name}_scale")
        self.weights.append(scale)
        return scale, self._weight(f"{name}_shift", features, zero=True)

    def encode(self, inputs):
        ids, mask, types = (inputs[name] for name in INPUTS)
        x = tf.gather(self.words, ids) + tf.gather(self.types, types)
        x = _normalize(x + self.places[: tf.shape(ids)[1]], self.first_norm)
        hidden = (1.0 - tf.cast(mask, tf.float32))[:, None, None, :] * -1e9
        for block in self.blocks:
            x = _normalize(x + self._attend(x, hidden, block), block["attention_norm"])
            inner = tf.nn.gelu(_linear(x, block["inner"]))
            x = _normalize(x + _linear(inner, block["outer"]), block["norm"])
        pooled = tf.tanh(_linear(x[:, 0], self.pooler))
        return {"sequence_output": x, "pooled_output": pooled, "default": pooled}

    def _attend(self, x, hidden, block):
        shape, heads = tf.shape(x), self.heads
        query, key, value = (
            tf.transpose(
                tf.reshape(_linear(x, block[name]), [shape[0], shape[1], heads, -1]), [0, 2, 1, 3]
            )
            for name in ("query", "key", "value")
        )
        scores = tf.matmul(query, key, transpose_b=True)
        scores = scores / tf.sqrt(tf.cast(tf.shape(query)[-1], tf.float32)) + hidden
        mixed = tf.transpose(tf.matmul(tf.nn.softmax(scores), value), [0, 2, 1, 3])
        return _linear(tf.reshape(mixed, shape), block["output"])


def _linear(x, weights):
    return tf.tensordot(x, weights[0], 1) + weights[1]


def _normalize(x, weights):
    mean, variance = tf.nn.moments(x, [-1], keepdims=True)
    return (x - mean) * tf.math.rsqrt(variance + 1e-12) * weights[0] + weights[1]


def train_masked_words(encoder, packed, steps, batch_size=32, learning_rate=1e-3, seed=0):
    """Trains with masked words: 15 % of the pieces are predicted. Returns each step's loss.

    Of these, 80 % are replaced by [MASK], 10 % by a random piece, and 10 % are unchanged.

    Args:
        packed: dict of int arrays (captions, places), from `Preprocess`.
    """
    optimizer = tf.keras.optimizers.Adam(learning_rate)
    variables, words = encoder.weights, encoder.words.shape[0]
    optimizer.build(variables)

    @tf.function
    def step(ids, shown, mask, guessed):
        inputs = dict(zip(INPUTS, (shown, mask, tf.zeros_like(ids)), strict=True))
        with tf.GradientTape() as tape:
            x = encoder.encode(inputs)["sequence_output"]
            logits = tf.tensordot(x, tf.transpose(encoder.words), 1) + encoder.guess_bias
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(ids, logits)
            loss = tf.reduce_sum(losses * guessed) / tf.maximum(tf.reduce_sum(guessed), 1.0)
        gradients = tape.gradient(loss, variables)
        optimizer.apply(
            [tf.zeros_like(v) if g is None else g  # the pooled vector's
             for g, v in zip(gradients, variables, strict=True)], variables,
        )
        return loss

    rng, losses = np.random.default_rng(seed), []
    ids, mask = (np.asarray(packed[name]) for name in INPUTS[:2])
    for _ in range(steps):
        rows = rng.integers(0, len(ids), batch_size)
        real = (mask[rows] == 1) & (ids[rows] >= len(SPECIAL))
        guessed = real & (rng.random(real.shape) < 0.15)
        how = rng.random(real.shape)
        shown = np.where(guessed & (how < 0.8), SPECIAL.index("[MASK]"), ids[rows])
        other = rng.integers(len(SPECIAL), words, real.shape)
        shown = np.where(guessed & (how > 0.9), other, shown)
        losses.append(float(step(
            ids[rows].astype("int32"), shown.astype("int32"), mask[rows].astype("int32"),
            guessed.astype("float32"),
        )))
    return losses


def write_modules(
    folder, captions=CAPTIONS, features=16, layers=1, heads=2, words=200, places=24, steps=0,
    form="names", seed=0,
):
    """Writes `folder/preprocess` and `folder/encoder`; returns their paths and the losses.

    `form`: "names", inputs and outputs by name, or "positions", as in the modules before them.
    """
    os.makedirs(folder, exist_ok=True)
    vocabulary = os.path.join(folder, "vocab.txt")
    pieces = learn_vocabulary(tuple(captions), words)
    with open(vocabulary, "w", encoding="utf-8") as file:
        file.write("".join(f"{piece}\n" for piece in pieces))
    preprocess = Preprocess(vocabulary, places)
    encoder = Encoder(len(pieces), features, layers, heads, places, seed)
    losses = []
    if steps:
        losses = train_masked_words(
            encoder, preprocess(tf.constant(list(captions))), steps, seed=seed
        )
    paths = {name: os.path.join(folder, name) for name in ("preprocess", "encoder")}
    save_modules(paths, preprocess, encoder, form)
    os.remove(vocabulary)  # the module has its own copy
    return paths, losses


@functools.cache
def tiny_modules(**settings):
    """dict of `preprocess` and `encoder`, folders that all tests of a process share."""
    folder = tempfile.mkdtemp(prefix="zoo_hub_")
    atexit.register(shutil.rmtree, folder, True)
    return write_modules(folder, **settings)[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="captioned folder or a .zip of one")
    parser.add_argument("--out", required=True)
    for name, value in (("features", 128), ("layers", 2), ("heads", 4), ("words", 1500),
                        ("places", 24), ("steps", 600), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=value)
    options = vars(parser.parse_args())
    from zoo.data import get_source

    source = get_source("folder", directory=options.pop("data"), split="train")
    captions = sorted({text for entry in source.captions for text in entry})
    _, losses = write_modules(options.pop("out"), captions, **options)
    print(f"{len(captions)} captions; loss of the first 20 steps {np.mean(losses[:20]):.3f}, of "
          f"the last 20 {np.mean(losses[-20:]):.3f}. This is not BERT.")


if __name__ == "__main__":
    main()
