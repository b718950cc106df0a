"""What is trained before a system that stands on it: a DAMSM, MirrorGAN's STREAM."""

from ml_collections import ConfigDict

from recipes.text_to_image import SHARED
from recipes.texts import needs_damsm
from zoo.errors import ZooError
from zoo.training import configs

# The setting that names a trained one -> the group of settings by which one is trained.
GROUPS = {"damsm": "pretraining", "stream": "captioning"}

# Encoders that stay as they are: what they are called, and a file of torchvision's with weights.
FROZEN = {
    "inception_v3": ("a frozen Inception-v3", "inception_v3_google-1a9a5a14.pth"),
    "resnet": ("a frozen ResNet", "resnet152-394f9c45.pth"),
}


def pretrains(config):
    """Names of the systems that are trained first: this config's needs them, none is given."""
    if not needs_damsm(config):
        return []
    return [name for name in GROUPS if config.get(name) == ""]


def pretraining_config(config, name="damsm"):
    """The config of the DAMSM or STREAM inside a GAN's: its group and what the two share."""
    result = ConfigDict(config[GROUPS[name]])
    with result.unlocked():
        result.update({key: config[key] for key in SHARED})
        result.system = name
    return result


def check_pretraining(config):
    """Raises `ZooError` for settings by which nothing can be trained first."""
    for name in pretrains(config):
        part = pretraining_config(config, name)
        configs.validate(part)
        size, last = part.model.image_size, last_size(config)
        if part.model.image_encoder == "compact" and size != last:
            place = "image_size" if "image_size" in config.model else "the last of stage_sizes"
            raise ZooError(
                f"config.{GROUPS[name]}.model.image_size is {size}, but in config.model "
                f"{place} is {last}: the compact encoder needs them equal."
            )


def last_size(config):
    """Pixels of the pictures that a config's system makes."""
    return config.model.get("image_size") or config.model.stage_sizes[-1]


def check_weights(config):
    """A frozen encoder stays as it is, so it must be a trained one.

    Raises:
        ZooError: a DAMSM or STREAM would be trained on an encoder without its weights.
    """
    parts = [config] if config.system in GROUPS else []
    for part in parts + [pretraining_config(config, name) for name in pretrains(config)]:
        settings = part.model
        if settings.image_encoder in FROZEN and not settings.image_weights:
            encoder, file = FROZEN[settings.image_encoder]
            raise ZooError(
                f"{part.system.upper()} trains a part on top of {encoder}, which needs ImageNet "
                f"weights: give image_weights=PATH in its `model` group (torchvision's {file}, or "
                'its arrays as .npz), or image_encoder="compact".'
            )
