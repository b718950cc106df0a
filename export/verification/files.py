"""The checks of an export's files, and what its process measured."""

import os

from export.verification.checks import Result
from zoo.errors import ZooError

# of tensorflow-text: those of exports with a text encoder of TensorFlow Hub
TEXT_OPERATIONS = (
    "CaseFoldUTF8", "NormalizeUTF8", "RegexSplitWithOffsets", "TFText>RoundRobinTrim",
    "WordpieceTokenizeWithOffsets",
)
CORE_ONLY = ("PyFunc", "EagerPyFunc", "PyFuncStateless")  # need Python


def check_directory(directory):
    """Raises `ZooError` if this is not one version of an export."""
    if not os.path.isfile(os.path.join(directory, "saved_model.pb")):
        raise ZooError(f"{directory} is no SavedModel: give one version, such as served/a/1.")


def check_files(directory):
    """list of `Result`: size, warm-up requests, operations.

    Raises:
        ZooError: this is not one version of an export.
    """
    check_directory(directory)
    results = []

    def add(check, passed, detail):
        results.append(Result("folder", check, passed, detail))

    sizes = {
        os.path.join(folder, name): os.path.getsize(os.path.join(folder, name))
        for folder, _, names in os.walk(directory) for name in names
    }
    add("size", bool(sizes), f"{sum(sizes.values()) / 1e6:.1f} MB in {len(sizes)} files")
    warm = os.path.join(directory, "assets.extra", "tf_serving_warmup_requests")
    add("warm-up requests", os.path.isfile(warm), f"{sizes.get(warm, 0)} bytes")
    operations = operations_of(directory)
    wrong = sorted(operations & set(CORE_ONLY))
    text = sorted(operations & set(TEXT_OPERATIONS))
    detail = f"{len(operations)} kinds"
    detail += f"; need Python: {', '.join(wrong)}" if wrong else ""
    detail += f"; of tensorflow-text: {', '.join(text)}" if text else ""
    add("operations", not wrong, detail)
    return results


def operations_of(directory):
    """The set of the graph's kinds of operations."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from tensorflow.core.protobuf import saved_model_pb2

    with open(os.path.join(directory, "saved_model.pb"), "rb") as file:
        saved = saved_model_pb2.SavedModel.FromString(file.read())
    found = set()
    for graph in saved.meta_graphs:
        found |= {node.op for node in graph.graph_def.node}
        for function in graph.graph_def.library.function:
            found |= {node.op for node in function.node_def}
    return found


def report_process(process):
    """list of `Result`: how long loading took, and memory."""
    now, highest = process.memory()
    facts = process.facts
    return [
        Result("folder", "loading", True,
               f"{facts['seconds']:.1f} s, {facts['bytes'] / 1e6:.0f} MB"),
        Result("folder", "memory", True,
               f"{now / 1e6:.0f} MB now, {highest / 1e6:.0f} MB at most, with TensorFlow"),
    ]
