"""Fine-tuning: the networks of a new run start with the weights of a preset or of another run.

Weights are matched by name, and the rows of words and classes by word and class, so a vocabulary
may grow and classes may change; new ones keep their new weights. A run also has discriminators,
which presets lack. Optimizers, the step and the EMA's age are always reset.
"""

import os
from pathlib import Path

import keras
import numpy as np

from zoo import storage
from zoo.errors import ZooError
from zoo.models.base.conditional_gan import ConditionalGAN
from zoo.presets.registry import builtin_names
from zoo.training.run_data import recorded_words
from zoo.training.text import modules_of

SETTING = "config.init"
PRETRAINED = ("text_encoder", "image_encoder", "image_network", "captioner")  # of a GAN's stages
HALF = 1e-3  # weights that differ by less are the same, stored as float16 or not
_SHOWN = 3  # weights that a message names
# Arguments that no shape follows from, or whose change is what fine-tuning is for.
_FREE = ("vocabulary", "class_names", "classes", "seed", "steps_per_epoch", "epochs",
         "constant_epochs", "mode_seeking_weight", "dtype")


def source_model(config):
    """The trained model that `config.init` names, a preset or a run folder; None without one."""
    from zoo.presets import from_preset

    handle = config.get("init")
    if not handle:
        return None
    preset = str(Path(handle) / "presets" / "last") if _checkpoint(handle) else handle
    try:
        return from_preset(preset, text_encoder=modules_of(config, preset))
    except ZooError as error:
        raise ZooError(f"{SETTING}={handle}: {error}") from None


def grown_vocabulary(config, vocabulary):
    """The vocabulary of a model to fine-tune: the words of its start, then the new ones.

    Args:
        config: a config with `init`.
        vocabulary: `Vocabulary` of the data, which is returned where nothing is fine-tuned.
    """
    from zoo.text.vocabulary import Vocabulary

    path = _checkpoint(config.get("init"))
    old = None if path is None else recorded_words(path)
    if old is None:
        old = getattr(getattr(source_model(config), "vocabulary", None), "tokens", None)
    if old is None:
        return vocabulary
    return Vocabulary([*old, *(token for token in vocabulary.tokens if token not in set(old))])


def start_from(model, config):
    """Copies the weights that `config.init` names into a new model.

    A GAN's networks of `PRETRAINED` are not copied: they are those of its own DAMSM and STREAM,
    like the words that it knows.

    Args:
        model: a new `zoo.models.base.system.System`, compiled.
        config: a config with `init`, a preset or a run folder; "" for none.

    Returns:
        str, what was copied, for the log; "" without `init`.

    Raises:
        ZooError: the preset is of another system, or has networks of other sizes or layers.
            Nothing is then copied.
    """
    source, handle = source_model(config), config.get("init")
    if source is None:
        return ""
    if type(source) is not type(model):
        raise ZooError(
            f"{SETTING}={handle} is a {type(source).__name__}, but this recipe trains a "
            f"{type(model).__name__}: give a preset or run of the same system."
        )
    stored = _stored(source, handle)
    given = PRETRAINED if isinstance(model, ConditionalGAN) else ()
    targets = {name: variable for name, variable in model.network_variables().items()
               if name.split("/")[0] not in given}
    old, new = _row_names(source), _row_names(model)
    values, problems = {}, []
    for name, variable in targets.items():
        value = _named(stored, name)
        if value is None:
            continue
        rows = model.named_rows.get(_plain(name))
        if rows is not None and old != new:
            value = _by_name(_array(variable), value, *rows, old, new)
        if value is None or value.shape != tuple(variable.shape):
            problems.append(
                f"{name} is {_named(stored, name).shape} there and {tuple(variable.shape)} here")
        values[name] = value
    problems += _without_counterpart(stored, targets)
    if problems:
        raise ZooError(_other_sizes(handle, source, model, problems))
    for name, value in values.items():
        targets[name].assign(value)
    note = _note(handle, values, targets, old, new) + _hub_note(source, model)
    return note + (_text_note(stored, model) if given else "")


def check_start(recipe, stages):
    """Raises `ZooError` for a fine-tuning whose captions would mean nothing to the generator.

    Args:
        recipe: a `Recipe`. stages: list of `Stage`, those that are trained first.
    """
    handle = recipe.config.get("init")
    for stage in stages:
        if handle and stage.name == "damsm" and not recipe.config[stage.group].get("init"):
            raise ZooError(
                f"{SETTING}={handle} reads captions with a text encoder that a new DAMSM would not "
                "share: give --config.damsm=PRESET, the DAMSM that it was trained with, or "
                f"--config.{stage.group}.init=PRESET, which is then fine-tuned to your captions "
                "first."
            )


def start_name(handle, resumed=None):
    """The start of a fine-tuning, for the card: a preset's name with the first digits of its
    weights' SHA-256, or the name of a run's folder.

    Args:
        handle: str, the preset or run folder.
        resumed: folder of a fine-tuning that resumes; it has recorded the name, and its start need
            not exist any more. None for a new one.
    """
    from zoo.presets import read_metadata

    folder = os.path.basename(os.path.abspath(handle))
    try:
        if resumed is not None:
            last = read_metadata(str(Path(resumed) / "presets" / "last"))
            return (last.get("training") or {}).get("init") or folder
        if _checkpoint(handle) is not None:
            return folder
        metadata = read_metadata(handle)
    except ZooError:  # a run that was killed before it had a preset
        return folder
    digest = metadata["files"]["model.weights.h5"]["sha256"]
    return f"{metadata.get('name') or folder}, weights sha256 {digest[:16]}"


def _checkpoint(handle):
    """The checkpoint of a run folder; None for a preset, and for the name of a built-in one, which
    wins over a folder of that name."""
    if not handle or handle in builtin_names():
        return None
    path = Path(handle) / "checkpoints" / "last.h5"
    return path if path.exists() else None


def _stored(source, handle):
    """dict of storage name -> array, of all networks that are stored."""
    if (path := _checkpoint(handle)) is not None:
        return storage.read_variables(str(path))
    return {name: _array(variable) for name, variable in source.preset_variables().items()}


def _array(variable):
    return keras.ops.convert_to_numpy(variable)


def _named(stored, name):
    """The stored weight of this name, or of the other generator: the EMA, or the trained one."""
    other = _plain(name) if name.startswith("ema_") else f"ema_{name}"
    return stored.get(name, stored.get(other))


def _plain(name):
    """The name of a weight without the EMA's prefix."""
    return name.removeprefix("ema_")


def _without_counterpart(stored, targets):
    """The weights that only one side has, in networks of which both have some: list of str."""
    there, here = {_plain(name) for name in stored}, {_plain(name) for name in targets}
    shared = {name.split("/")[0] for name in there & here}
    return [f"{name} is only {where}" for names, where in ((there - here, "there"),
                                                           (here - there, "here"))
            for name in sorted(names) if name.split("/")[0] in shared]


def _row_names(model):
    """The names of a model's words or classes, in the order of their rows."""
    if getattr(model, "vocabulary", None) is not None:
        return list(model.vocabulary.tokens)
    names = getattr(model, "class_names", None)
    return list(names) if names else [str(i) for i in range(getattr(model, "classes", 0))]


def _by_name(new_value, old_value, axis, offset, old, new):
    """The new weight, with the old one's rows where a name is known; None if others differ too."""
    new_value, old_value = (np.moveaxis(value, axis, 0) for value in (new_value, old_value))
    if old_value.shape[1:] != new_value.shape[1:] or len(old_value) != offset + len(old):
        return None
    result, rows = new_value.copy(), {name: offset + i for i, name in enumerate(old)}
    result[:offset] = old_value[:offset]
    for i, name in enumerate(new):
        if name in rows:
            result[offset + i] = old_value[rows[name]]
    return np.moveaxis(result, 0, axis)


def _other_sizes(handle, source, model, problems):
    there, here = source.get_config(), model.get_config()
    settings = [f"{key}={there[key]!r} (here {here.get(key)!r})" for key in sorted(there)
                if key not in _FREE and there[key] != here.get(key)]
    more = f" and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
    advice = f" It was trained with {', '.join(settings)}." if settings else ""
    return (f"{SETTING}={handle} has networks of other sizes or layers: "
            f"{'; '.join(problems[:_SHOWN])}{more}.{advice} Use its settings.")


def _note(handle, values, targets, old, new):
    copied = dict.fromkeys(name.split("/")[0] for name in values)
    anew = dict.fromkeys(name.split("/")[0] for name in targets if name not in values)
    note = f"started from {handle}: {', '.join(copied)}"
    note += f"; new: {', '.join(n for n in anew if n not in copied)}" if anew else ""
    if old != new and new:
        known = len(set(old).intersection(new))
        note += f"; {known} of {len(new)} words or classes are known to it"
    return note


def _hub_note(source, model):
    """A word where captions are read by another text encoder of TensorFlow Hub than the start's."""
    there, here = (_hub_settings(one) for one in (source, model))
    if there == here:
        return ""
    if not there or not here:
        return (f"; captions were read {'with' if there else 'without'} a text encoder of "
                f"TensorFlow Hub, and are read {'with' if here else 'without'} one")
    names = [name for name in there if there[name] != here[name]]
    return f"; captions are read by another text encoder or setting: {', '.join(names)}"


def _hub_settings(model):
    """The modules and settings of a model's hub encoder, on which its vectors depend, or {}."""
    encoder = getattr(model, "hub_encoder", None)
    return {} if encoder is None else {**encoder.digests, "sentence": encoder.sentence}


def _text_note(stored, model):
    """A word where captions are read by other weights than those the generator was trained with."""
    own = {name: _array(variable) for name, variable in model.network_variables().items()
           if name.startswith("text_encoder/")}
    same = all(
        name in stored and stored[name].shape == value.shape
        and np.allclose(stored[name], value, rtol=0, atol=HALF) for name, value in own.items()
    )
    return "" if same else "; captions are read by a text encoder with other weights"
