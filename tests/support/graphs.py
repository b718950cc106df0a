"""Operations of a traced graph."""

CONVOLUTIONS = ("Conv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter")


def operations(function):
    """All operations of a concrete function and of the functions that it calls."""
    graph = function.graph
    found = list(graph.get_operations())
    for inner in graph._functions.values():  # of branches and loops
        found += inner.graph.get_operations()
    return found


def convolution_paddings(function):
    """list of the `padding` of each 2D convolution and each of its gradients."""
    return [op.get_attr("padding") for op in operations(function) if op.type in CONVOLUTIONS]
