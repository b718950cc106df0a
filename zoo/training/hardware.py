"""Whether the processor has instructions for a precision, or only imitates it slowly."""

import re
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
INSTRUCTIONS = {"avx512_bf16", "amx_bf16", "bf16"}  # x86, x86, ARM


def bfloat16_warning(dtype, cpuinfo=CPUINFO):
    """A line for the log where `dtype` costs time on this machine in place of saving it, or "".

    Args:
        dtype: str, a Keras policy.
        cpuinfo: path of Linux' description of the processor; where there is none, nothing is said.
    """
    import tensorflow as tf

    if dtype != "mixed_bfloat16" or tf.config.list_physical_devices("GPU") or not cpuinfo.exists():
        return ""
    lines = re.findall(r"^(?:flags|Features)\s*:(.*)$", cpuinfo.read_text("utf-8"), re.M)
    if not lines or INSTRUCTIONS & set(lines[0].split()):
        return ""
    return (
        "this processor has no instructions for bfloat16, in which the run computes: "
        "--config.dtype=float32 is several times faster here"
    )
