"""The networks that compute an evaluation's metrics, opened from files and presets."""

import dataclasses

from zoo.errors import ZooError, check_choice
from zoo.evaluation import feature_networks
from zoo.evaluation.arguments import from_keywords, kind_of, plain
from zoo.evaluation.cache import Cache
from zoo.evaluation.default_encoders import default_encoders
from zoo.metrics.arrays import whole_number
from zoo.metrics.lpips import VERSIONS


@dataclasses.dataclass
class Evaluators:
    """The networks of an evaluation.

    Attributes:
        networks: list of `FeatureNetwork`, for FID and the Inception score.
        lpips: `LpipsDistance` or None.
        damsm: `DAMSM` for R-precision, or None.
        cache: `Cache` of generated images and features.
        detector: `zoo.evaluation.soa.Detector` for SOA, or None.
        soa_captions: folder of SOA's caption lists, or None.
        captions_per_label: int, maximum number of captions per label of SOA, or None.
        warnings: list of str, about the choice of the networks.
    """

    networks: list
    lpips: object
    damsm: object
    cache: Cache
    detector: object = None
    soa_captions: str | None = None
    captions_per_label: int | None = None
    warnings: list = dataclasses.field(default_factory=list)

    def check_used(self, protocol, kind):
        """Raises `ZooError` for files that would change nothing.

        Args:
            protocol: `Protocol`. kind: str or None, see `Options.check_used`.
        """
        if self.lpips is not None and protocol.pairs == 0:
            raise ZooError(
                "`lpips_trunk` and `lpips_heads` are for LPIPS, which the protocol does not "
                "measure: leave them out, or choose another protocol."
            )
        for name in ("soa_captions", "captions_per_label"):
            if kind is None and getattr(self, name):
                raise ZooError(
                    f"`{name}` ({getattr(self, name)}) is for the captions of which a model "
                    "generates images; the labels of a set are its folders label_00 ...: leave it "
                    "out."
                )


@dataclasses.dataclass(frozen=True)
class EvaluatorFiles:
    """The files and presets of the networks of an evaluation, paths as text.

    Attributes:
        encoder: tuple of encoders of this zoo: a preset's name, directory or handle, or a model (a
            `DAMSM` or a `FeatureEncoder`).
        inception: FID's file of 2015, TF-Hub's folder, "tfhub", "keras", or an .h5 file of Keras'
            InceptionV3.
        lpips_trunk: torchvision's AlexNet, VGG16 or SqueezeNet 1.1, "keras", or an .h5 file of
            Keras' VGG16.
        lpips_heads: channel weights of LPIPS, such as `alex.pth`.
        lpips_version: "0.1" or "0.0".
        detector: SOA's `yolov3.weights`.
        soa_captions: SOA's folder of `label_XX_name.pkl` files; without it captions are selected
            by their words.
        captions_per_label: int, maximum number of captions per label of SOA, or None.
    """

    encoder: tuple = ()
    inception: str | None = None
    lpips_trunk: str | None = None
    lpips_heads: str | None = None
    lpips_version: str = "0.1"
    detector: str | None = None
    soa_captions: str | None = None
    captions_per_label: int | None = None

    def check(self):
        """Raises `ZooError` for values of another type, or that cannot be combined. Opens none."""
        for name in ("inception", "lpips_trunk", "lpips_heads", "detector", "soa_captions"):
            value = getattr(self, name)
            if not isinstance(value, str | None):
                raise ZooError(f"`{name}` must be a path or None, got {kind_of(value)}.")
        check_choice("`lpips_version`", self.lpips_version, VERSIONS)
        if bool(self.lpips_trunk) != bool(self.lpips_heads):
            raise ZooError("LPIPS needs both files: `lpips_trunk` and `lpips_heads`.")
        if self.lpips_version != "0.1" and not self.lpips_trunk:
            raise ZooError(
                f"`lpips_version` ({self.lpips_version}) is for LPIPS: give `lpips_trunk` and "
                "`lpips_heads`, too, or leave it out."
            )
        for name in ("soa_captions", "captions_per_label"):
            if getattr(self, name) not in (None, "") and not self.detector:
                raise ZooError(f"`{name}` needs `detector=yolov3.weights`, too.")
        if self.captions_per_label is not None:
            whole_number(self.captions_per_label, "`captions_per_label`")


def make_files(settings):
    """Checked `EvaluatorFiles` from a dict of keyword arguments.

    A path may be a path object, and a single encoder need not be in a list.

    Raises:
        ZooError: for an unknown name or an invalid value.
    """
    settings = {name: plain(value) for name, value in settings.items()}
    encoder = settings.get("encoder", ())
    several = isinstance(encoder, list | tuple)
    settings["encoder"] = tuple(plain(one) for one in (encoder if several else (encoder,)))
    files = from_keywords(EvaluatorFiles, settings, "open_evaluators")
    files.check()
    return files


def open_evaluators(protocol="quick", preset=None, cache=None, show=True, source="", **files):
    """The `Evaluators` of an evaluation.

    Without any encoder or Inception network, a protocol that does not require Inception uses this
    package's encoders for the data, see `zoo.evaluation.default_encoders`; if none is known to fit,
    another one, with a warning next to every number.

    Args:
        protocol: a `Protocol`, or a key of `zoo.evaluation.protocols.PROTOCOLS`.
        preset: the preset to evaluate, its handle or the model, whose data determine the default
            encoders; or None.
        cache: folder of cached images and features; None for a temporary one.
        show: bool, whether progress is shown.
        source: the real images, as in `zoo.evaluation.evaluate`, which determine the default
            encoders if `preset` does not.
        **files: the arguments of `EvaluatorFiles`.

    Raises:
        ZooError: for an unknown argument; if a file is missing, damaged or of another network, two
            networks have one name, or the protocol requires an Inception network and none is given.
    """
    from zoo.evaluation.protocols import find_protocol

    protocol, files, warning = find_protocol(protocol), make_files(files), None
    encoders, cache = files.encoder, Cache(cache, show)
    if not encoders and not files.inception and protocol.network == "zoo":
        encoders, warning = default_encoders(plain(preset), plain(source))
    networks = [feature_networks.zoo_encoder(encoder) for encoder in encoders]
    if files.inception or not networks:
        networks.insert(0, feature_networks.inception(files.inception))
    check_names(networks)
    lpips = detector = None
    if files.lpips_trunk:
        from zoo.evaluation.lpips import LpipsDistance

        lpips = LpipsDistance(files.lpips_trunk, files.lpips_heads, files.lpips_version)
    if files.detector:
        from zoo.evaluation.soa import Detector

        detector = Detector(files.detector)
    damsm = next((network.model for network in networks if network.model is not None), None)
    return Evaluators(
        networks, lpips, damsm, cache, detector, files.soa_captions, files.captions_per_label,
        [warning] if warning else [],
    )


def check_names(networks):
    """Raises `ZooError` for two networks of one name: their numbers could not be told apart."""
    digests = {}
    for network in networks:
        if network.name in digests:
            same = digests[network.name] == network.digest
            raise ZooError(
                f"Two networks have the name {network.name}: "
                + ("leave one of them out, they are the same." if same else
                   "evaluate with one of them at a time, or save one as a preset of another name.")
            )
        digests[network.name] = network.digest
