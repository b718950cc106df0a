"""Cost of a training step: FLOP, memory traffic and memory of its traced graph, and estimated time.

The counts are taken from the graph and are exact for convolutions and matrix products. The time is
an estimate from the speeds of a machine, which `measure_machine` measures in about a second:

    time = FLOP / peak FLOP/s + bytes / bandwidth + operations x overhead

Known limits: operations that TensorFlow fuses or simplifies later are counted as traced, the body
of a loop is counted once, and of two branches only the first: DRIT's steps are all counted as full.
"""

import dataclasses
import math
import time

import tensorflow as tf

CONVOLUTIONS = ("Conv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter")
PRODUCTS = ("MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3")
CALLS = ("PartitionedCall", "StatefulPartitionedCall", "While", "StatelessWhile", "If",
         "StatelessIf")
# Operations without work: views of the input, constants, and reads of variables.
VIEWS = ("Identity", "IdentityN", "Reshape", "ExpandDims", "Squeeze", "StopGradient", "Const",
         "ReadVariableOp", "Placeholder", "Shape", "NoOp", "PreventGradient", "VarHandleOp")


@dataclasses.dataclass(frozen=True)
class Cost:
    """Cost of one call of a graph.

    Attributes:
        flops: float. Floating-point operations of convolutions and matrix products; a
            multiply-add counts as two.
        traffic: float. Bytes that all operations read and write.
        operations: int. Number of operations.
        memory: float. Peak bytes of intermediate results.
        variables: float. Bytes of the weights and the rest of a checkpoint, such as optimizer
            moments.
        gradients: float. Bytes of the gradients that replicas exchange.
    """

    flops: float
    traffic: float
    operations: int
    memory: float
    variables: float = 0.0
    gradients: float = 0.0


@dataclasses.dataclass(frozen=True)
class Machine:
    """Speeds of a machine: `flops` per second in convolutions, `bandwidth` in bytes per second, and
    the `overhead` per operation in seconds."""

    flops: float
    bandwidth: float
    overhead: float

    def seconds(self, cost):
        """Estimated seconds of a step with this `Cost`."""
        return (
            cost.flops / self.flops
            + cost.traffic / self.bandwidth
            + cost.operations * self.overhead
        )


def step_cost(model, batch):
    """The `Cost` of a compiled system's training step.

    Args:
        model: a compiled `zoo.models.base.system.System`.
        batch: dict of tensors, as the system's `train_step` takes it, or of their
            `tf.TensorSpec`s; only shapes matter.
    """
    step = tf.function(model.train_step, autograph=False).get_concrete_function(batch)
    trained = {
        id(v): _bytes(v)
        for name in model.optimizer_names
        for v in getattr(model, name)._trainable_variables
    }
    kept = sum(_bytes(v) for v in model.checkpoint_variables().values())
    return dataclasses.replace(
        graph_cost(step), variables=kept, gradients=float(sum(trained.values()))
    )


def graph_cost(function):
    """The `Cost` of a concrete function, without operations that affect no output or variable."""
    graph = function.graph
    needed = _needed(graph)
    flops = traffic = inside = 0.0
    count = 0
    for op in needed:
        if op.type in CALLS:
            for inner in _inner_functions(op, graph):
                cost = graph_cost(inner)
                flops, traffic = flops + cost.flops, traffic + cost.traffic
                count += cost.operations
                inside = max(inside, cost.memory)  # of the largest call, on top of all else
        elif op.type not in VIEWS:
            flops += operation_flops(op)
            traffic += sum(map(_bytes, (*op.inputs, *op.outputs)))
            if op.type == "ResourceApplyAdam":  # the variable and both moments, read and written
                traffic += 6 * _bytes(op.inputs[-1])
            count += 1
    return Cost(flops, traffic, count, _peak(needed) + inside)


def operation_flops(op):
    """FLOP of a convolution, one of its gradients, or a matrix product; 0 for other operations."""
    if op.type in CONVOLUTIONS:
        kernel = op.outputs[0] if op.type == "Conv2DBackpropFilter" else op.inputs[1]
        images = op.outputs[0] if op.type == "Conv2D" else op.inputs[2]
        return 2.0 * _size(kernel) * _size(images) / _known(images)[-1]
    if op.type in PRODUCTS:
        left = _known(op.inputs[0])
        transposed = op.get_attr("transpose_a" if op.type == "MatMul" else "adj_x")
        return 2.0 * _size(op.outputs[0]) * left[-2 if transposed else -1]
    return 0.0


def _known(tensor):
    """The shape as a list of int; an unknown dimension counts as 1."""
    return [] if tensor.shape.rank is None else [n or 1 for n in tensor.shape.as_list()]


def _size(tensor):
    return math.prod(_known(tensor))


def _bytes(value):
    """Size of a tensor or a variable in bytes."""
    dtype, shape = tf.as_dtype(value.dtype), tf.TensorShape(value.shape)
    if shape.rank is None or dtype in (tf.string, tf.resource, tf.variant):
        return 0
    return math.prod(n or 1 for n in shape.as_list()) * dtype.size


def _needed(graph):
    """The operations that an output or a state update depends on, in graph order."""
    queue = [t.op for t in tf.nest.flatten(graph.outputs, expand_composites=True)]
    queue += graph.control_outputs
    seen = set()
    while queue:
        op = queue.pop()
        if op not in seen:
            seen.add(op)
            queue += [t.op for t in op.inputs] + list(op.control_inputs)
    return [op for op in graph.get_operations() if op in seen]


def _inner_functions(op, graph):
    """The concrete functions that an operation calls."""
    names = [op.get_attr(key).name for key in ("f", "body", "then_branch") if _has(op, key)]
    functions = (graph._get_function(name) for name in names)
    return [inner for inner in functions if inner is not None and hasattr(inner, "graph")]


def _has(op, key):
    return key in op.node_def.attr


def _peak(operations):
    """Peak bytes when the operations run in sequence and results are freed after their last use."""
    root, last = {}, {}
    for number, op in enumerate(operations):
        for tensor in op.inputs:
            last[root.get(tensor.ref(), tensor.ref())] = number
        if op.type in VIEWS and op.inputs and op.outputs:
            source = op.inputs[0].ref()
            root[op.outputs[0].ref()] = root.get(source, source)
    ends = {}
    for reference, number in last.items():
        ends.setdefault(number, []).append(reference.deref())
    alive = peak = 0
    for number, op in enumerate(operations):
        if op.type not in VIEWS:
            alive += sum(_bytes(t) for t in op.outputs if t.ref() in last)
        peak = max(peak, alive)
        alive -= sum(_bytes(t) for t in ends.get(number, ()) if t.op.type not in VIEWS)
    return float(peak)


# --- the speeds of this machine -------------------------------------------------------------------


def measure_machine(dtype="float32", repeats=4):
    """Measures the `Machine` that this program runs on, with TensorFlow's current thread settings.

    Args:
        dtype: "float32" or "bfloat16", dtype of the convolutions.
        repeats: int. Measurements of each speed; the fastest is used.
    """
    images = tf.cast(tf.random.stateless_normal([8, 32, 32, 128], [0, 1]), dtype)
    kernel = tf.cast(tf.random.stateless_normal([3, 3, 128, 128], [0, 2]), dtype)
    block = tf.ones([1 << 24])
    convolve = tf.function(lambda x, w: tf.nn.conv2d(x, w, 1, "SAME"), autograph=False)
    add = tf.function(lambda x: x + 1.0, autograph=False)
    number = 500

    @tf.function(autograph=False)
    def chain(x):
        for _ in range(number):
            x = tf.tanh(x)  # an operation that TensorFlow does not simplify
        return x

    work = 2.0 * 8 * 32 * 32 * 9 * 128 * 128
    return Machine(
        flops=work / _fastest(lambda: convolve(images, kernel), repeats),
        bandwidth=8.0 * (1 << 24) / _fastest(lambda: add(block), repeats),
        overhead=_fastest(lambda: chain(tf.zeros([2])), repeats) / number,
    )


def _fastest(function, repeats):
    function()
    best = math.inf
    for _ in range(repeats):
        start = time.perf_counter()
        tf.nest.flatten(function())[0].numpy()
        best = min(best, time.perf_counter() - start)
    return best


def describe(cost, machine):
    """Two lines about a step, its counts and the estimates from them, for `--dry_run`."""
    seconds = machine.seconds(cost)
    memory = (cost.memory + cost.variables) / 1e9
    return (
        f"cost per step: {cost.flops / 1e9:,.3g} GFLOP, {cost.traffic / 1e9:,.3g} GB of memory "
        f"traffic, {cost.operations:,} operations\n"
        f"estimate on this machine: {seconds:,.3g} s per step, {memory:,.2g} GB of memory for "
        "weights and intermediate results"
    )


def describe_run(step, config):
    """`describe` for a run's step, and the estimated time of all its steps, for `--dry_run`.

    Args:
        step: the `Cost` of a step.
        config: a resolved config: `steps`, `dtype`.
    """
    machine = measure_machine("bfloat16" if config.dtype == "mixed_bfloat16" else "float32")
    time_of_all = time_text(machine.seconds(step) * config.steps)
    return f"{describe(step, machine)}; {config.steps:,} steps: {time_of_all}"


def time_text(seconds):
    """Seconds in the unit that suits them: "3.0 h", "12 days"."""
    hours = seconds / 3600
    if hours >= 72:
        return f"{hours / 24:,.1f} days"
    return f"{hours:,.1f} h" if hours >= 1 else f"{seconds / 60:,.1f} min"


def data_parallel_seconds(cost, machine, replicas, link):
    """Estimated seconds of a step of equal `replicas`, each with the whole batch of `cost`.

    Ring all-reduce: each replica sends and receives 2 (n - 1) / n of the gradients' bytes, after
    the backward pass, without overlap.

    Args:
        machine: `Machine` of one replica.
        link: float. Bytes per second that a replica sends.
    """
    exchange = 2 * (replicas - 1) / replicas * cost.gradients / link
    return machine.seconds(cost) + exchange
