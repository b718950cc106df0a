"""Named GPUs, and what the cost model calculates for them.

Nothing here is measured. The speeds are the peaks of NVIDIA's data sheets (SXM modules, without
sparsity), of which a training step reaches a part: `COMPUTE` of the FLOP/s in convolutions and
matrix products, `BANDWIDTH` of the memory bandwidth in the other operations, and `OVERHEAD` seconds
to start each operation. These three are assumptions; of a link between GPUs, too, `BANDWIDTH` of
the bytes per second are assumed.
"""

from dataclasses import dataclass

from zoo.training.cost import Machine, time_text

COMPUTE, BANDWIDTH, OVERHEAD = 0.4, 0.7, 5e-6
PER_NODE = 8  # GPUs that are linked directly


@dataclass(frozen=True)
class GPU:
    """Peak speeds of a GPU by its data sheet.

    Attributes:
        name: str.
        flops: dict of the precision of convolutions, "float32", "TF32" or "bfloat16", to FLOP/s.
        bandwidth: float, bytes per second of its memory.
        memory: float, bytes.
        node: float, bytes per second that it sends to the other GPUs of its node.
        network: float, bytes per second that it sends to other nodes.
    """

    name: str
    flops: dict
    bandwidth: float
    memory: float
    node: float
    network: float

    def precision(self, dtype):
        """The precision of the convolutions of a run: TensorFlow takes TF32 for float32 if there
        is any, and a GPU without bfloat16 is calculated in float32.

        Args:
            dtype: str, a Keras policy.
        """
        wanted = "bfloat16" if dtype.startswith("mixed") else "TF32"
        return wanted if wanted in self.flops else "float32"

    def machine(self, dtype):
        """The `Machine` of a run with this policy, under the assumptions of this module."""
        return Machine(
            COMPUTE * self.flops[self.precision(dtype)], BANDWIDTH * self.bandwidth, OVERHEAD
        )

    def link(self, count):
        """Bytes per second that it sends in a ring of `count` GPUs: the slowest link decides."""
        return BANDWIDTH * (self.node if count <= PER_NODE else self.network)


HOPPER = {"float32": 67e12, "TF32": 494.7e12, "bfloat16": 989.4e12}
GPUS = (
    GPU("V100 32 GB", {"float32": 15.7e12},
        bandwidth=900e9, memory=32e9, node=150e9, network=12.5e9),
    GPU("A100 80 GB", {"float32": 19.5e12, "TF32": 156e12, "bfloat16": 312e12},
        bandwidth=2039e9, memory=80e9, node=300e9, network=25e9),
    GPU("H100 80 GB", HOPPER, bandwidth=3350e9, memory=80e9, node=450e9, network=50e9),
    GPU("H200 141 GB", HOPPER, bandwidth=4800e9, memory=141e9, node=450e9, network=50e9),
)
ASSUMPTION = (
    f"{COMPUTE:.0%} of the peak FLOP/s, {BANDWIDTH:.0%} of the memory bandwidth and "
    f"{OVERHEAD * 1e6:.0f} microseconds per operation"
)


def describe_gpus(step, config):
    """One line of assumptions, then one per GPU: seconds per step, time of all steps, memory.

    Args:
        step: the `zoo.training.cost.Cost` of a step.
        config: a resolved config: `steps`, `dtype`.
    """
    lines = [f"calculated, not measured, with {ASSUMPTION}; without pre-training:"]
    need = step.memory + step.variables
    for gpu in GPUS:
        seconds = gpu.machine(config.dtype).seconds(step)
        fits = "" if need <= gpu.memory else ", which it does not have"
        lines.append(
            f"  {gpu.name}, {gpu.precision(config.dtype)}: {seconds:,.3g} s per step, "
            f"{time_text(seconds * config.steps)} in all, {need / 1e9:,.3g} GB{fits}"
        )
    return "\n".join(lines)
