"""Shared parts of all programs: flags with clear errors, the recipe of `--config`, TensorFlow."""

import functools
import os
import re
import sys
import warnings

from absl import app, flags
from ml_collections import ConfigDict, config_flags

from zoo import programs
from zoo.allocator import keep_memory
from zoo.errors import WordsLeftOut, ZooError, reason
from zoo.programs import quiet as quiet_stderr
from zoo.training import recipe_files
from zoo.training.config import check_known_keys
from zoo.training.recipe import Recipe, config_of, load_module

INT64 = (-(2**63), 2**63 - 1)
# Example values by type of setting; quoted, because shells remove quotes.
EXAMPLES = {tuple: """'("a","b")'""", bool: "true", int: "3", float: "0.5"}

KINDS = ("bool", "enum", "float", "integer", "list", "multi_string", "string")

flags.DEFINE_bool("verbose", False, "Show the full traceback of an error, with its first cause.")


class Flags:
    """What a program uses of `absl.flags`: the `DEFINE_` functions, and `FLAGS`.

    Programs have flags of equal names, and absl has one name space per process. A program therefore
    defines its flags in its own `FLAGS`, and importing it has no effect on any other program.
    """

    def __init__(self):
        self.FLAGS = flags.FlagValues()
        for kind in KINDS:  # partial: absl takes the calling module for the one that defines a flag
            define = functools.partial(getattr(flags, f"DEFINE_{kind}"), flag_values=self.FLAGS)
            setattr(self, f"DEFINE_{kind}", define)

    def __iter__(self):
        """The flags in the order of their definitions."""
        return (self.FLAGS[name] for name in self.FLAGS)

    def adopt(self, config_flag=None):
        """Makes the flags known to absl, with their default values.

        `config_flag`: name of another flag to define, which takes a recipe.
        """
        known = flags.FLAGS
        for flag in self:
            flag.unparse()
        known.append_flag_values(self.FLAGS)
        for module, defined in self.FLAGS.flags_by_module_dict().items():
            for flag in defined:
                known.register_flag_by_module(module, flag)
        if config_flag:
            config_flags.DEFINE_config_file(config_flag, None, "Recipe, as FILE.py:DATASET.")
            known.register_key_flag_for_module(sys.argv[0], known[config_flag])  # for --help
        self.FLAGS.mark_as_parsed()  # absl's parser sets the values of the same `Flag` objects


def run(main, own, config_flag=None):
    """Parses the flags, runs `main(argv)`, and exits; see `zoo.programs.run`.

    Args:
        main: (argv) -> exit status or None.
        own: `Flags` of the program.
        config_flag: str, name of a further flag, which takes a recipe. Its keys are checked before
            parsing.
    """
    warnings.simplefilter("ignore", WordsLeftOut)  # programs print this themselves
    own.adopt(config_flag)
    programs.run(lambda: app.run(main, flags_parser=lambda argv: parse(argv, config_flag)))


def parse(argv, config_flag=None):
    """Parses `argv`; every user error raises `ZooError`."""
    config = None
    if config_flag:
        argv, config = resolve_config(argv, config_flag)
    try:
        rest = flags.FLAGS(argv)
    except flags.Error as error:
        raise ZooError(_flag_error(error, config_flag, config)) from error
    except ZooError:
        raise
    except Exception as error:  # of ml_collections, for a value that a setting does not accept
        raise ZooError(_config_error(argv, error, config_flag, config)) from error
    if len(rest) > 1:
        raise ZooError(f'Unexpected argument "{rest[1]}": give all arguments as --flag=value.')
    _check_integers()
    if config is not None:
        _check_tuples(argv, config_flag, config)
        _check_system(config_flag, config)
    return rest


def recipe(example="recipes/attn_gan.py:shapes"):
    """The `zoo.training.Recipe` of the flag `--config`, with the settings from the other flags.

    Raises:
        ZooError: if the flag is missing; the message shows the `example`.
    """
    config = flags.FLAGS["config"].value
    if config is None:
        raise ZooError(f"--config is missing, e.g. --config={example}.")
    path, colon, dataset = config_flags.get_config_filename(flags.FLAGS["config"]).partition(":")
    module = load_module(path)
    return Recipe.of_module(module, config, config_of(module, path, dataset if colon else None))


def resolve_config(argv, name):
    """Checks `--name=file.py:dataset` and all `--name.key=value`.

    A relative file is searched in the working directory, then next to the installed recipes.

    Returns:
        (argv with the resolved file, the recipe's config without the changes, or None).
    """
    argv = list(argv)
    keys = []
    position = None
    for index, argument in enumerate(argv[1:], start=1):
        flag, _, value = argument.lstrip("-").partition("=")
        if not argument.startswith("-"):
            continue
        if flag == name:
            if position is not None:
                raise ZooError(f"--{name} was given twice: give one recipe.")
            if "=" not in argument and index + 1 < len(argv):
                position, value = index + 1, argv[index + 1]
            else:
                position = index
            path, colon, dataset = value.partition(":")
            path = recipe_files.find(path, name)
            value = f"{path}{colon}{dataset}"
            argv[position] = value if position != index else f"--{name}={value}"
        elif flag.startswith(f"{name}.") or flag.startswith(f"no{name}."):
            keys.append(flag.partition(".")[2])
    if position is None:
        if keys:
            raise ZooError(f"--{name}.{keys[0]} was given without --{name}=FILE.py:DATASET.")
        return argv, None
    config = config_of(load_module(path), path, dataset if colon else None)
    check_known_keys(keys, config, name)
    for key in keys:
        if isinstance(_setting(key, name, config), ConfigDict):
            raise ZooError(_setting_error(f"{name}.{key}", "", name, config))
    return argv, config


def _flag_error(error, config_flag, config):
    """Message for an absl error: the flag, the expected type, the value."""
    text = str(error).splitlines()[0].rstrip(".")
    match = re.match(r"flag --([\w.]+)=(.*?): ", text, re.S)
    if not match:
        return f"{text}. --help lists the flags."
    name, value = match.groups()
    if config_flag and name.startswith(f"{config_flag}."):
        return _setting_error(name, value, config_flag, config)
    kind = flags.FLAGS[name].flag_type() if name in flags.FLAGS else ""
    expected = {"int": "a whole number", "float": "a number", "bool": "true or false"}.get(kind)
    if expected is None:
        return f"{text}. --help lists the flags."
    return f'--{name} must be {expected}, got "{_short(value)}".'


def _config_error(argv, error, config_flag, config):
    """Message for an error about the value of a setting, or any other error of flag parsing."""
    text = f"{type(error).__name__}: {reason(error)}"
    for argument in argv[1:]:
        name, _, value = argument.lstrip("-").partition("=")
        if config_flag and name.startswith(f"{config_flag}.") and name in text:
            return _setting_error(name, value, config_flag, config)
    return f"The command line cannot be read: {text}. --help lists the flags."


def _setting_error(name, value, config_flag, config):
    present = _setting(name, config_flag, config)
    kind = type(present)
    if isinstance(present, ConfigDict):
        inside = next(iter(present), "KEY")
        return f"--{name} is a group of settings: set one of them, as in --{name}.{inside}=VALUE."
    words = {tuple: "a list in round brackets", bool: "true or false", int: "a whole number",
             float: "a number"}.get(kind, f"of type {kind.__name__}")
    example = f", for example --{name}={_example(present)}" if kind in EXAMPLES else ""
    return f'--{name} must be {words}{example}, got "{_short(value)}".'


def _example(present):
    """An example value of a setting: the present one of a tuple, else one from `EXAMPLES`."""
    if isinstance(present, tuple) and present:
        return f"'{repr(tuple(present)).replace(chr(39), chr(34)).replace(', ', ',')}'"
    return EXAMPLES[type(present)]


def _check_tuples(argv, config_flag, config):
    """Rejects a tuple that was parsed as a single string, or whose items have another type."""
    settings = flags.FLAGS[config_flag].value
    for argument in argv[1:]:
        name, _, value = argument.lstrip("-").partition("=")
        if not name.startswith(f"{config_flag}."):
            continue
        before, now = (_setting(name, config_flag, c) for c in (config, settings))
        if not isinstance(before, tuple) or not before:
            continue
        kinds = {type(part) for part in before}
        bare = len(now) == 1 and isinstance(now[0], str) and value.strip() == now[0].strip()
        if not {type(part) for part in now} <= kinds or bare and set(value) & set(",()[]"):
            raise ZooError(_setting_error(name, value, config_flag, config))


def _check_system(config_flag, config):
    """Rejects a flag that sets another system: a recipe builds only its own."""
    given, own = (c.get("system") for c in (flags.FLAGS[config_flag].value, config))
    if given != own:
        raise ZooError(
            f'--{config_flag}.system must be "{own}", the system of this recipe, got "{given}": '
            f"for another system use another recipe, one of {', '.join(recipe_files.names())}."
        )


def _setting(name, config_flag, config):
    for part in name.removeprefix(f"{config_flag}.").split("."):
        config = config[part]
    return config


def _check_integers():
    """Raises `ZooError` for an integer flag beyond 64 bits."""
    for name, flag in _integer_flags():
        low, high = INT64
        if flag.value is not None and not low <= flag.value <= high:
            raise ZooError(f"--{name} must be from {low} to {high}, got {_short(flag.value)}.")


def _integer_flags():
    known = flags.FLAGS
    return [(name, known[name]) for name in known if known[name].flag_type() == "int"]


def _short(value):
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def start_tensorflow(threads=0, strategy="none"):
    """Imports TensorFlow and initializes its devices quietly.

    Args:
        threads: CPU threads, 0 for TensorFlow's default.
        strategy: "none" | "mirrored" | "multiworker".

    Returns:
        The `tf.distribute` strategy.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    keep_memory()
    with quiet_stderr():
        import tensorflow as tf

        tf.get_logger().setLevel("ERROR")
        from zoo.training.cluster import make_strategy
        from zoo.training.hardware import set_threads

        set_threads(threads)
        for gpu in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, True)
        result = make_strategy(strategy)  # before any use of devices, as a cluster requires
        tf.config.list_logical_devices()
    return result
