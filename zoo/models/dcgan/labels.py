"""Labels as a user gives them: numbers or names."""

import numpy as np

from zoo.errors import ZooError, nearest


def check_class_names(class_names, classes):
    """The names as a list of str, or None.

    Raises:
        ZooError: not one name, a string of its own, for each class.
    """
    if class_names is None:
        return None
    names = list(class_names)
    if len(names) != classes or not all(isinstance(name, str) for name in names):
        raise ZooError(
            f"`class_names` must be a list of {classes} strings, one for each class. "
            f"Received: {class_names!r}"
        )
    if len(set(names)) != classes:
        raise ZooError(f"`class_names` must differ from each other. Received: {class_names!r}")
    return names


def read_labels(labels, classes, class_names=None):
    """int64 (labels,) of labels.

    Args:
        labels: int or str, or a list or array of them; names may be given where there are any.
        classes: int.
        class_names: list of str or None.

    Raises:
        ZooError: none given, a number outside [0, classes), or an unknown name.
    """
    single = isinstance(labels, str | int | np.integer) or getattr(labels, "ndim", None) == 0
    try:
        given = [labels] if single else list(labels)
    except TypeError:
        given = [labels]
    if not given:
        raise ZooError("No labels were given. Give at least one, such as generate([0]).")
    return np.array([_number(label, classes, class_names) for label in given], "int64")


def _number(label, classes, class_names):
    if isinstance(label, str) and class_names is not None:
        if label in class_names:
            return class_names.index(label)
        raise ZooError(
            f"There is no class {label!r}. The classes are {', '.join(class_names)}."
            f"{nearest(label, class_names)}"
        )
    kind = np.asarray(label).dtype.kind
    if np.ndim(label) or kind not in "iu" or not 0 <= label < classes:
        names = " or one of its class names" if class_names is not None else ""
        raise ZooError(
            f"A label of this model must be an integer from 0 to {classes - 1}{names}, "
            f"got {label!r}."
        )
    return int(label)
