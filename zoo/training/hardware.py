"""The processor, its name and whether it supports bfloat16 natively; the memory of a process."""

import platform
import re
import resource
import sys
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
INSTRUCTIONS = {"avx512_bf16", "amx_bf16", "bf16"}  # x86, x86, ARM


def processor_name(cpuinfo=CPUINFO):
    """The processor's name as the system gives it."""
    lines = cpuinfo.read_text("utf-8").splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def automatic_precision(cpuinfo=CPUINFO):
    """What `dtype: "auto"` stands for on this machine.

    Args:
        cpuinfo: path of Linux' description of the processor.

    Returns:
        "mixed_bfloat16" without a GPU, on a processor with instructions for it, else "float32".
    """
    return "mixed_bfloat16" if has_bfloat16(cpuinfo) else "float32"


def precision_line(wanted, dtype, cpuinfo=CPUINFO):
    """A line for the log: what "auto" stands for, or that another precision would be faster; or "".

    Args:
        wanted: str, the setting; dtype: str, the Keras policy of the run.
        cpuinfo: see `automatic_precision`.
    """
    fast = has_bfloat16(cpuinfo)
    if wanted == "auto":
        why = "this processor has instructions for it" if dtype == "mixed_bfloat16" else (
            "auto is bfloat16 only without a GPU, on a processor with instructions for it")
        return f"dtype: {dtype}; {why}"
    if fast is None:
        return ""
    if dtype == "mixed_bfloat16" and not fast:
        return (
            "this processor has no instructions for bfloat16, in which the run computes: "
            "--config.dtype=float32 is several times faster here"
        )
    if dtype == "float32" and fast:
        return (
            "this processor has instructions for bfloat16: --config.dtype=mixed_bfloat16 would "
            "take less time (see docs/scaling.md); this run computes in float32"
        )
    return ""


def set_threads(threads):
    """Lets TensorFlow compute with so many threads (0: its default), if it has not started.

    Returns:
        str, a line for the log where that is too late, or "".
    """
    import tensorflow as tf

    setting = tf.config.threading
    before = setting.get_intra_op_parallelism_threads()
    if threads in (0, before):
        return ""
    try:
        setting.set_intra_op_parallelism_threads(threads)
        setting.set_inter_op_parallelism_threads(threads)
    except RuntimeError:  # TensorFlow's own error for a change after its start
        return (
            f"config.threads={threads} has no effect: TensorFlow has started with "
            f"{before or 'its default number of'} threads. Train before anything else is computed, "
            "or set them at the start of the program with tf.config.threading"
        )
    return ""


def has_bfloat16(cpuinfo=CPUINFO):
    """Whether the processor computes in bfloat16; None if it is not known or a GPU computes."""
    import tensorflow as tf

    if tf.config.list_physical_devices("GPU") or not cpuinfo.exists():
        return None
    lines = re.findall(r"^(?:flags|Features)\s*:(.*)$", cpuinfo.read_text("utf-8"), re.M)
    return bool(INSTRUCTIONS & set(lines[0].split())) if lines else None


def peak_memory():
    """The most memory that this process has taken so far, such as `"1.3 GB of memory"`; with GPUs
    also the most that TensorFlow has taken of one of them."""
    import tensorflow as tf

    unit = 1 if sys.platform == "darwin" else 1024
    taken = [f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9:.1f} GB of memory"]
    gpus = [device.name for device in tf.config.list_logical_devices("GPU")]
    if gpus:
        most = max(tf.config.experimental.get_memory_info(name)["peak"] for name in gpus)
        taken.append(f"{most / 1e9:.1f} GB of a GPU's")
    return ", ".join(taken)
