"""A model in two lines: what it generates from what, and an example that works."""


def description(model):
    """The `repr` of a model that generates or describes images.

    Returns:
        str: the class, the preset, the size of its images, what it reads, and a line of Python.
    """
    from zoo.presets.usage import condition_record

    condition = model.condition
    name = getattr(model, "preset_metadata", {}).get("name")
    title = f'{type(model).__name__} "{name}"' if name else type(model).__name__
    size = f"{model.image_size} x {model.image_size} pixels"
    record = {**condition_record(model), **condition.known_example()}
    example = condition.python_example(record)
    return f"{title}: images of {size} from {condition.known()}\n  {example}"
