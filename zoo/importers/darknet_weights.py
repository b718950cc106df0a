"""Reads the two files of a Darknet detector: configuration (`.cfg`) and weights (`.weights`).

Checked against tohinz/semantic-object-accuracy-for-generative-text-to-image-synthesis,
SOA/darknet.py (`parse_cfg`, `create_modules`, `load_weights`).
"""

import numpy as np

from zoo.errors import ZooError

_HEADER = 5  # int32 values: version, and the number of training images


def parse_config(text):
    """The layers of a configuration, as arguments of `Darknet`.

    Raises:
        ZooError: an unsupported line or layer.
    """
    layers = [_layer(section) for section in _sections(text) if section["type"] != "net"]
    if not layers:
        raise ZooError("Expected a Darknet configuration with layers, got none.")
    return layers


def _sections(text):
    sections = []
    for line in (line.strip() for line in text.splitlines()):
        if not line or line.startswith("#"):
            continue
        if line.startswith("[") and line.endswith("]"):
            sections.append({"type": line[1:-1].strip()})
        elif "=" in line and sections:
            key, value = line.split("=", 1)
            sections[-1][key.strip()] = value.strip()
        else:
            raise ZooError(
                f"A Darknet configuration must have [sections] and key=value, got {line!r}."
            )
    return sections


def _layer(section):
    kind = section["type"]
    try:
        if kind == "convolutional":
            normalized = int(section.get("batch_normalize", 0)) == 1
            if section["activation"] == ("leaky" if normalized else "linear"):
                size = int(section["size"])
                return {
                    "type": kind,
                    "filters": int(section["filters"]),
                    "size": size,
                    "stride": int(section["stride"]),
                    "pad": (size - 1) // 2 if int(section["pad"]) else 0,
                    "normalized": normalized,
                }
        elif kind == "shortcut" and section.get("activation", "linear") == "linear":
            return {"type": kind, "from": int(section["from"])}
        elif kind == "route":
            return {"type": kind, "from": _numbers(section["layers"])}
        elif kind == "upsample" and int(section["stride"]) == 2:
            return {"type": kind}
        elif kind == "yolo":
            numbers = _numbers(section["anchors"])
            pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
            anchors = [list(pairs[index]) for index in _numbers(section["mask"])]
            return {"type": kind, "anchors": anchors, "classes": int(section["classes"])}
    except (KeyError, ValueError, IndexError) as error:
        raise ZooError(f"The layer {section} of the configuration is invalid: {error}.") from None
    raise ZooError(f"The layer {section} of the configuration is not supported.")


def _numbers(text):
    return [int(number) for number in text.split(",")]


def state_dict_of_weights(network, data):
    """The arrays of a weight file by their names in the PyTorch code.

    Args:
        network: a built `Darknet`.
        data: bytes of the whole file.

    Returns:
        dict such as `module_list.0.conv_0.weight` -> float32 array, convolutions as OIHW.

    Raises:
        ZooError: the file has another number of weights than the network.
    """
    content, arrays = data[4 * _HEADER :], {}
    values = np.frombuffer(content[: len(content) // 4 * 4], "<f4")
    names = []
    for index, unit in network.units.items():
        height, width, inputs, filters = unit.conv.kernel.shape
        start = f"module_list.{index}."
        vectors = [f"{start}conv_{index}.bias"]
        if unit.norm is not None:
            norm = f"{start}batch_norm_{index}."
            vectors = [norm + name for name in ("bias", "weight", "running_mean", "running_var")]
        names += [(name, (filters,)) for name in vectors]
        names.append((f"{start}conv_{index}.weight", (filters, inputs, height, width)))
    needed = sum(int(np.prod(shape)) for _, shape in names)
    if len(content) != 4 * needed:
        raise ZooError(
            f"The network has {needed} weights, but the file has {len(content) / 4:g}: give the "
            "weights that belong to this configuration."
        )
    at = 0
    for name, shape in names:
        count = int(np.prod(shape))
        arrays[name] = values[at : at + count].reshape(shape)
        at += count
    return arrays
