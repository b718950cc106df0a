"""The networks that compute an evaluation's metrics, opened from files and presets."""

import dataclasses

from zoo.errors import ZooError
from zoo.evaluation import feature_networks
from zoo.evaluation.cache import Cache


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
    """

    networks: list
    lpips: object
    damsm: object
    cache: Cache
    detector: object = None
    soa_captions: str | None = None
    captions_per_label: int | None = None


@dataclasses.dataclass(frozen=True)
class EvaluatorFiles:
    """The files and presets of the networks of an evaluation.

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
        """Raises `ZooError` for files that cannot be combined. Opens none of them."""
        if bool(self.lpips_trunk) != bool(self.lpips_heads):
            raise ZooError("LPIPS needs both files: --lpips_trunk and --lpips_heads.")
        for name in ("soa_captions", "captions_per_label"):
            if getattr(self, name) not in (None, "") and not self.detector:
                raise ZooError(f"--{name} needs --detector=yolov3.weights, too.")
        if self.captions_per_label is not None and self.captions_per_label < 1:
            raise ZooError(
                f"--captions_per_label must be at least 1, got {self.captions_per_label}."
            )


def open_evaluators(protocol="quick", preset=None, cache=None, show=True, **files):
    """The `Evaluators` of an evaluation.

    Without any encoder or Inception network, a protocol that does not require Inception uses this
    package's encoder for the preset's data.

    Args:
        protocol: a `Protocol`, or a key of `zoo.evaluation.protocols.PROTOCOLS`.
        preset: the preset to evaluate, whose data determine the default encoder; or None.
        cache: folder of cached images and features; None for a temporary one.
        show: bool, whether progress is shown.
        **files: the arguments of `EvaluatorFiles`.

    Raises:
        ZooError: if a file is missing, damaged or of another network, or the protocol requires an
            Inception network and none is given.
    """
    from zoo.evaluation.protocols import find_protocol

    protocol = find_protocol(protocol)
    files = EvaluatorFiles(**files)
    files.check()
    encoders = list(files.encoder)
    if not encoders and not files.inception and protocol.network == "zoo":
        encoders = feature_networks.shipped_encoders(preset)
    networks = [feature_networks.zoo_encoder(encoder) for encoder in encoders]
    if files.inception or not networks:
        networks.insert(0, feature_networks.inception(files.inception))
    lpips = detector = None
    if files.lpips_trunk:
        from zoo.evaluation.lpips import LpipsDistance

        lpips = LpipsDistance(files.lpips_trunk, files.lpips_heads, files.lpips_version)
    if files.detector:
        from zoo.evaluation.soa import Detector

        detector = Detector(files.detector)
    damsm = next((network.model for network in networks if network.model is not None), None)
    return Evaluators(
        networks, lpips, damsm, Cache(cache, show), detector, files.soa_captions,
        files.captions_per_label,
    )
