"""The two files of a Darknet detector: configuration (`.cfg`) and weights (`.weights`).

Checked against tohinz/semantic-object-accuracy-for-generative-text-to-image-synthesis,
SOA/darknet.py (`parse_cfg`, `create_modules`, `load_weights`).
"""

import numpy as np

from zoo.errors import ZooError

_HEADER = 5  # int32: version, and the number of images seen


def parse_config(text):
    """The layers that a configuration describes, as `Darknet` takes them.

    Raises:
        ZooError: a line or a layer that this zoo does not know.
    """
    layers = [_layer(section) for section in _sections(text) if section["type"] != "net"]
    if not layers:
        raise ZooError("A Darknet configuration has layers, but none came.")
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
            raise ZooError(f"A Darknet configuration has [sections] and key=value, not {line!r}.")
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
            anchors = [list(pairs[place]) for place in _numbers(section["mask"])]
            return {"type": kind, "anchors": anchors, "classes": int(section["classes"])}
    except (KeyError, ValueError, IndexError) as error:
        raise ZooError(f"The layer {section} of the configuration does not fit: {error}.") from None
    raise ZooError(f"The layer {section} of the configuration is none that this zoo knows.")


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
        ZooError: another length than the network's.
    """
    content, arrays = data[4 * _HEADER :], {}
    values = np.frombuffer(content[: len(content) // 4 * 4], "<f4")
    names = []
    for place, unit in network.units.items():
        height, width, inputs, filters = unit.conv.kernel.shape
        start = f"module_list.{place}."
        vectors = [f"{start}conv_{place}.bias"]
        if unit.norm is not None:
            norm = f"{start}batch_norm_{place}."
            vectors = [norm + name for name in ("bias", "weight", "running_mean", "running_var")]
        names += [(name, (filters,)) for name in vectors]
        names.append((f"{start}conv_{place}.weight", (filters, inputs, height, width)))
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
