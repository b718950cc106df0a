"""What MirrorGAN and its captioning network are built of, see `recipes.builders`."""

import keras

from zoo.training.pretraining import pretraining_config
from zoo.training.stream_samples import CaptionScore, DescriptionSamples


def stream_model(config, data, damsm=None):
    """An untrained `Stream` of its config.

    `damsm`: a `DAMSM` whose words it takes, or None: the words of the training captions.
    """
    from zoo.models.mirror_gan import Stream

    settings = config.model
    vocabulary = data.vocabulary() if damsm is None else damsm.vocabulary
    return Stream(
        vocabulary=vocabulary.tokens, max_words=config.data.max_words,
        image_size=settings.image_size, end_token=settings.end_token, seed=config.seed,
        captioner={
            "kind": settings.image_encoder, "units": settings.units, "encoder": _encoder(settings),
        },
    )


def _encoder(settings):
    result = {"features": settings.features, "filters": settings.image_filters}
    if settings.image_encoder == "resnet":
        from zoo.networks.backbones.resnet import BLOCKS

        result["blocks"] = list(BLOCKS[settings.image_depth])
    return result


def build_stream(config, data, damsm=None):
    """A compiled `Stream`, its frozen trunk with weights where the config names them."""
    model = stream_model(config, data, damsm)
    if config.model.image_weights:
        load_resnet_trunk(model.captioner.encoder, config.model.image_weights)
    model.compile(optimizer=keras.optimizers.Adam(**config.optimizer))
    return model


def load_resnet_trunk(encoder, path):
    """Gives a `ResNetCaptionEncoder` torchvision's ImageNet weights (`resnet152-*.pth`)."""
    from zoo.importers.files import read_state_dict
    from zoo.importers.resnet import resnet_targets
    from zoo.importers.state_dict import load_state_dict

    given = {k: v for k, v in read_state_dict(path).items() if not k.startswith("fc.")}
    load_state_dict(resnet_targets(encoder.trunk), given)


def open_stream(config, data, damsm, stream):
    """The `Stream` beside a MirrorGAN: the preset `stream`, or an untrained one to describe it."""
    from zoo.models.mirror_gan import Stream

    if stream:
        return Stream.from_preset(stream)
    return stream_model(pretraining_config(config, "stream"), data, damsm)


def score_of(config, data, model):
    """The held-out loss of a `Stream`."""
    return data.score(CaptionScore, config, model)


def samples_of(config, data, model):
    """Held-out pictures and what a `Stream` says of them."""
    return DescriptionSamples(model, data.held_out, data.tokenizer(model), config.data.crop)
