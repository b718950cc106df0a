"""The served functions of a model: conditions and seeds in, pictures out.

A service is a plain `tf.Module` that holds raw variables, tables and assets, and no Keras object:
Keras variables are copied when they are saved, and then only Python's loader finds their values,
not the session loader of TensorFlow Serving.
"""

import numpy as np
import tensorflow as tf

from export.conditions import Labels
from export.pictures import Pictures
from export.texts import Captions, Embeddings, HubCaptions, NoText, WordEmbeddings
from zoo.errors import ZooError
from zoo.models.base.conditional_gan import ConditionalGAN

KINDS = {  # the fields of a batch that are a model's condition
    ("tokens", "lengths"): Captions,
    ("pieces", "lengths"): HubCaptions,
    ("sentence",): Embeddings,
    ("words", "sentence", "lengths"): WordEmbeddings,
    (): NoText,
    ("labels",): Labels,
    ("source",): Pictures,
}


class Service(tf.Module):
    """What the SavedModel of a model contains.

    A row's picture depends on its own condition and seed alone.

    Args:
        model: a `ConditionalGAN`.
        folder: str. Where files are written that become assets of the SavedModel.

    Attributes:
        functions: dict of signature name -> `tf.function`, see `export.conditions`.
    """

    def __init__(self, model, folder):
        super().__init__(name="service")
        condition = condition_of(model)
        self.resources = condition.resources(folder)
        self.functions = condition.functions()
        graphs = [function.get_concrete_function().graph for function in self.functions.values()]
        # The functions' own lists: exactly the weights that generation reads, each once.
        weights = {id(variable): variable for graph in graphs for variable in graph.variables}
        self.weights = list(weights.values())


def condition_of(model):
    """The `Condition` of a model. Raises `ZooError` if the model makes no pictures."""
    if not isinstance(model, ConditionalGAN):
        raise ZooError(
            "Only models that make pictures can be exported; this preset is a "
            f"{type(model).__name__}."
        )
    return KINDS[tuple(model.condition_fields)](model)


def example_requests(model, sizes=(1, 4)):
    """Requests to warm a server up with, in batches of these sizes.

    Returns:
        list of (signature name, dict of inputs).
    """
    condition = condition_of(model)
    return [
        (signature, {**inputs, "seed": np.arange(size, dtype=np.int64)})
        for size in sizes
        for signature, inputs in condition.examples(size).items()
    ]
