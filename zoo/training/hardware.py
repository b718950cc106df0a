"""Detection of native bfloat16 support of the processor."""

import re
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
INSTRUCTIONS = {"avx512_bf16", "amx_bf16", "bf16"}  # x86, x86, ARM


def bfloat16_warning(dtype, cpuinfo=CPUINFO):
    """A warning for the log if `dtype` is emulated, and therefore slow, on this machine, or "".

    Args:
        dtype: str, a Keras policy.
        cpuinfo: path of Linux' description of the processor; without it there is no warning.
    """
    import tensorflow as tf

    if dtype != "mixed_bfloat16" or tf.config.list_physical_devices("GPU") or not cpuinfo.exists():
        return ""
    lines = re.findall(r"^(?:flags|Features)\s*:(.*)$", cpuinfo.read_text("utf-8"), re.M)
    if not lines or INSTRUCTIONS & set(lines[0].split()):
        return ""
    return (
        "this processor has no native bfloat16 instructions, but config.dtype is mixed_bfloat16: "
        "--config.dtype=float32 is several times faster here"
    )
