"""The feature networks of evaluations, each with a name and a hash.

The name identifies the features: `inception-2015` is the network of published FIDs,
`keras-inception-v3` that of XMC-GAN's code; an encoder trained with this zoo has the name of its
DAMSM preset, or a name with `zoo-`. Results with different names are not comparable.
"""

import hashlib
import os
from pathlib import Path

import numpy as np

from zoo.errors import ZooError
from zoo.evaluation.identity import (
    built_in_digest,
    file_digest,
    model_digest,
    precision_of,
    variables_digest,
    weights_digest,
)
from zoo.evaluation.published import PAPERS_DAMSM
from zoo.metrics.bilinear import resize
from zoo.metrics.inception_input import inception_input
from zoo.metrics.lpips import lpips

INCEPTION_FILE = "pt_inception-2015-12-05-6726825d.pth"
NO_INCEPTION = (
    "This protocol needs an Inception network, which this package does not contain. Give one of "
    f"three: `inception=PATH/{INCEPTION_FILE}` (FID's network of 2015, a file of "
    "github.com/mseitzer/pytorch-fid, or its arrays as .npz); `inception=FOLDER` with TF-Hub's "
    "tfgan/eval/inception/1 unpacked, or `inception=tfhub` to download it; or `inception=keras` "
    "(Keras' ImageNet network, as XMC-GAN), which Keras downloads, or `inception=FILE.h5` with its "
    "weights. Without any of these, `encoder=PRESET` uses an encoder of this zoo, with a name of "
    "its own."
)
_TFHUB = "https://tfhub.dev/tensorflow/tfgan/eval/inception/1"


class FeatureNetwork:
    """A network from images to features, and to logits if it is a classifier.

    Args:
        name: str.
        digest: str, SHA-256 of the weights file.
        prepare: function of uint8 (batch, h, w, 3) -> input of the network.
        run: function of that input -> dict of `features` (batch, d) and optionally `logits`.
        preprocessing: str, how images are resized and scaled.
        family: str, the name of the network in published results, or "" for none.
        logit_kernel: (d, classes) or None: kernel of the logits of the official Inception score,
            which omits the bias.
        model: the DAMSM that contains it, or None.
        classifier: the `FeatureEncoder` that provides features and logits, or None.
        for_score: the same network with the preprocessing of the official Inception score, or None.
        maps: function of the input -> list of maps (batch, n, n, channels), for `distance`; or
            None.
        whole_digest: str, hash of everything that the features depend on; "" for the `digest`.
        precision: str, the precision that an encoder of this zoo computes in; "" for others.
    """

    def __init__(
        self, name, digest, prepare, run, preprocessing, family="", logit_kernel=None, model=None,
        classifier=None, for_score=None, maps=None, whole_digest="", precision="",
    ):
        self.model, self.classifier, self.for_score = model, classifier, for_score
        self.name, self.digest, self.preprocessing = name, digest, preprocessing
        self.family, self.logit_kernel = family, logit_kernel
        self._prepare, self._run, self.maps = prepare, run, maps
        self.whole_digest, self.precision = whole_digest or digest, precision

    def __call__(self, images):
        """dict of float32 arrays, one row per image, of uint8 (batch, h, w, 3)."""
        outputs = self._run(self._prepare(images))
        return {name: np.asarray(value, np.float32) for name, value in outputs.items()}

    def distance(self, a, b):
        """LPIPS in the `maps` of this network, without channel weights.

        float64 (batch,) of two uint8 (batch, h, w, 3).
        """
        return lpips(*([np.asarray(m) for m in self.maps(self._prepare(x))] for x in (a, b)))

    def check_unchanged(self):
        """Raises `ZooError` if an encoder of this zoo has other weights than when it was opened."""
        model = self.classifier if self.model is None else self.model
        if model is None or not self.precision:
            return
        if model_digest(model, variables_digest(model)) != self.whole_digest:
            raise ZooError(
                f"The encoder {self.name} has other weights or settings than when it was opened: "
                "call open_evaluators again, so that a report has the numbers of one network."
            )

    def record(self):
        """Its entry in a report."""
        return {"name": self.name, "sha256": self.digest, "input": self.preprocessing,
                **({"precision": self.precision} if self.precision else {})}


def squares(size):
    """A function uint8 images -> float32 (batch, size, size, 3) in [-1, 1], with anti-aliasing."""

    def prepare(images):
        if images.shape[1:3] != (size, size):
            images = resize(images, size, size, antialias=True)
        return (images / 127.5 - 1).astype(np.float32)

    return prepare


def zoo_encoder(handle):
    """An encoder of this zoo: a DAMSM, or a `FeatureEncoder` of `recipes.train_encoder`.

    Args:
        handle: a preset's name, directory or handle; or a model, with its current weights.

    Raises:
        ZooError: for another model.
    """
    from zoo.models.damsm import DAMSM
    from zoo.models.feature_encoder import FeatureEncoder
    from zoo.presets import from_preset

    loaded = isinstance(handle, str)
    model = from_preset(handle) if loaded else handle
    if not isinstance(model, DAMSM | FeatureEncoder):
        name = type(model).__name__
        raise ZooError(
            f"{f'{handle} is a {name}' if loaded else f'An encoder is of the type {name}'}: give "
            "a preset of a DAMSM, or of recipes.train_encoder, as `encoder`."
        )
    size, digest = model.image_size, (file_digest if loaded else weights_digest)(model)
    preprocessing = f"resized to {size} pixels, bilinear with anti-aliasing, [-1, 1]"
    settings = {"whole_digest": model_digest(model, variables_digest(model)),
                "precision": precision_of(model)}
    if isinstance(model, FeatureEncoder):
        run = graph_of(lambda x: model(x, training=False))
        return FeatureNetwork(
            distinct_name(model.encoder_name, model, digest), digest, squares(size), run,
            preprocessing, classifier=model, maps=graph_of(model.image_encoder.maps), **settings,
        )
    run = graph_of(lambda x: {"features": model.image_encoder(x, training=False)["code"]})
    return FeatureNetwork(
        damsm_name(model, digest), digest, squares(size), run, preprocessing, model=model,
        **settings,
    )


def damsm_name(model, digest):
    """The name of a DAMSM's preset, made distinct from a paper's network."""
    name = getattr(model, "preset_metadata", {}).get("name", "damsm")
    return distinct_name(name if "damsm" in name.lower() else f"zoo-damsm-{name}", model, digest)


def distinct_name(name, model, digest):
    """A network's name, with the start of its hash if a built-in preset of the same name differs:
    a recipe's run gives its preset that name too."""
    from zoo.presets.registry import builtin_names

    own = getattr(model, "preset_metadata", {}).get("name")
    same = own not in builtin_names() or digest == built_in_digest(own)
    return name if same else f"{name}-{digest[:8]}"


def paper_of(model):
    """"the paper's DAMSM" if it was imported from AttnGAN's released files, else ""."""
    source = getattr(model, "preset_metadata", {}).get("source") or {}
    checkpoint = str(source.get("checkpoint") or "")
    return PAPERS_DAMSM if checkpoint.startswith("taoxugit/AttnGAN") else ""


def inception(where):
    """The Inception network that the option `inception` names.

    Raises:
        ZooError: `NO_INCEPTION` if it is missing, or if the file is invalid.
    """
    if not where:
        raise ZooError(NO_INCEPTION)
    if where == "keras" or where.endswith((".h5", ".keras")):
        return _keras(where)
    if where == "tfhub" or os.path.isdir(where):
        return _tf_hub(where)
    return _of_2015(where)


def _of_2015(path):
    from zoo.importers.fid_inception import load_fid_inception
    from zoo.storage import sha256

    network = load_fid_inception(path)

    def features(x):
        outputs = network(x, training=False)
        return {name: outputs[name] for name in ("features", "logits")}

    name, run, kernel = "inception-2015", graph_of(features), np.asarray(network.fc.kernel)
    score = FeatureNetwork(
        name, sha256(path), lambda x: (inception_input(x, "openai_score") / 128 - 1).astype("f4"),
        run, "OpenAI's script: Pillow's bilinear to 299 pixels, (x - 128) / 128", name, kernel,
    )
    return FeatureNetwork(
        name, score.digest, _preprocessing("pytorch_fid"), run,
        "pytorch-fid: bilinear to 299 pixels without anti-aliasing, [-1, 1]", name, kernel,
        for_score=score,
    )


def _keras(where):
    import keras

    from zoo.storage import sha256

    try:
        whole = keras.applications.InceptionV3(
            weights="imagenet" if where == "keras" else where, classifier_activation=None
        )
    except Exception as error:  # a failed download, a damaged file, other layers
        raise ZooError(
            f"Keras' InceptionV3 could not be loaded from {where} "
            f"({str(error).splitlines()[0][:160]}). {NO_INCEPTION}"
        ) from None
    network = keras.Model(whole.input, [whole.layers[-2].output, whole.output])
    digest = hashlib.sha256()
    if where == "keras":
        for variable in whole.variables:
            digest.update(np.asarray(variable.numpy()).tobytes())

    def features(x):
        return dict(zip(("features", "logits"), network(x, training=False), strict=True))

    return FeatureNetwork(
        "keras-inception-v3", digest.hexdigest() if where == "keras" else sha256(where),
        _preprocessing("xmc_gan"), graph_of(features),
        "XMC-GAN: bilinear to 299 pixels with anti-aliasing, [-1, 1]", "keras-inception-v3",
    )


def _tf_hub(where):
    import tensorflow as tf

    try:
        if where == "tfhub":
            import tensorflow_hub as hub

            where = hub.resolve(_TFHUB)
        loaded = tf.saved_model.load(where)
        function = loaded.signatures["default"] if "default" in getattr(
            loaded, "signatures", {}
        ) else loaded
    except Exception as error:  # a failed download, not a SavedModel
        raise ZooError(
            f"TF-Hub's Inception could not be loaded from {where} "
            f"({str(error).splitlines()[0][:160]}). {NO_INCEPTION}"
        ) from None

    def features(x):
        outputs = function(tf.constant(x))
        missing = {"pool_3", "logits"} - set(outputs)
        if missing:
            raise ZooError(
                f"The SavedModel {where} has no output {' and '.join(sorted(missing))}: expected "
                "tfgan/eval/inception/1."
            )
        return {"features": outputs["pool_3"], "logits": outputs["logits"]}

    return FeatureNetwork(
        "tfgan-inception-2015", digest_of_folder(where), _preprocessing("pytorch_fid"), features,
        "TF-GAN: bilinear to 299 pixels without anti-aliasing, [-1, 1]", "inception-2015",
    )


def digest_of_folder(folder):
    """SHA-256 over the names and contents of a folder's files."""
    from zoo.storage import sha256

    digest = hashlib.sha256()
    for path in sorted(p for p in Path(folder).rglob("*") if p.is_file()):
        digest.update(f"{path.relative_to(folder)} {sha256(path)}\n".encode())
    return digest.hexdigest()


def _preprocessing(name):
    return lambda images: inception_input(images, name).astype(np.float32)


def graph_of(call):
    """`call` as a TensorFlow graph, for batches of any size."""
    import tensorflow as tf

    graph = tf.function(call, autograph=False, reduce_retracing=True)
    return lambda x: graph(tf.constant(x))
