"""torchvision's residual networks (`resnet50`, `resnet101`, `resnet152`) by name."""

from zoo.importers.state_dict import batch_norm, conv


def resnet_targets(resnet):
    """torchvision's names -> targets in a built `zoo.networks.backbones.resnet.ResNet`.

    The classifier's `fc.weight` and `fc.bias` are not part of it.
    """
    targets = unit_targets("conv1", "bn1", resnet.stem)
    for i, stage in enumerate(resnet.stages):
        for j, block in enumerate(stage):
            name = f"layer{i + 1}.{j}"
            for k, unit in enumerate(block.units, 1):
                targets |= unit_targets(f"{name}.conv{k}", f"{name}.bn{k}", unit)
            if block.shortcut is not None:
                down = f"{name}.downsample"
                targets |= unit_targets(f"{down}.0", f"{down}.1", block.shortcut)
    return targets


def unit_targets(convolution, normalization, unit):
    """Targets of a `ConvNorm`: a convolution and its batch norm under these two names."""
    return conv(convolution, unit.conv) | batch_norm(normalization, unit.norm)
