"""AttnGAN's official image encoder (`CNN_ENCODER`, files `image_encoder*.pth`) by name."""

from zoo.importers.state_dict import batch_norm, conv, linear


def image_encoder_targets(encoder):
    """Official name -> `Target` for every array of the checkpoint.

    Args:
        encoder: a built `zoo.networks.image_encoder.InceptionImageEncoder`.
    """
    targets = {}
    for name, unit in encoder.trunk.conv_units().items():
        targets |= conv(f"{name}.conv", unit.conv)
        targets |= batch_norm(f"{name}.bn", unit.bn)
    targets |= conv("emb_features", encoder.emb_features)
    targets |= linear("emb_cnn_code", encoder.emb_cnn_code)
    return targets
