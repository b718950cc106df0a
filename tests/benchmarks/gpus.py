"""GPUs by their vendor's data sheets, and what a training step reaches of these figures."""

from zoo.training.cost import Machine

# Dense peaks of the data sheets (without sparsity): FLOP/s in bfloat16 and TF32, bytes/s of the
# memory, and bytes/s that one GPU sends: to the other seven of its node, and to other nodes.
GPUS = {
    "A100 SXM 80 GB": {
        "bfloat16": 312e12, "float32": 156e12, "bandwidth": 2.039e12, "node": 300e9, "net": 25e9,
    },
    "H100 SXM 80 GB": {
        "bfloat16": 989e12, "float32": 494e12, "bandwidth": 3.35e12, "node": 450e9, "net": 50e9,
    },
}
PER_NODE = 8
# Assumed shares of the peaks, not measured: of FLOP/s in the small convolutions of these networks,
# and of bytes/s of memory and links; and the seconds to start an operation.
FLOPS, BYTES, START = 0.35, 0.7, 4e-6


def machine(name, dtype="bfloat16"):
    """The `Machine` of a GPU of `GPUS`; `dtype`: "bfloat16" or "float32" (computed in TF32)."""
    gpu = GPUS[name]
    return Machine(FLOPS * gpu[dtype], BYTES * gpu["bandwidth"], START)


def link(name, count):
    """Bytes per second that a GPU sends in a ring of `count` of them: the slowest link decides."""
    return BYTES * GPUS[name]["node" if count <= PER_NODE else "net"]
