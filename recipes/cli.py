"""What the programs share: flags with clear errors, and TensorFlow without its start-up noise."""

import contextlib
import importlib.util
import os
import sys
from pathlib import Path

from absl import app, flags

from recipes.configs import check_known_keys
from zoo.errors import ZooError, nearest


def run(main, config_flag=None):
    """Parse the flags, run `main(argv)`; a user's mistake prints one line and exits with code 1.

    `config_flag`: name of a `config_flags` flag whose keys are checked before parsing.
    """
    try:
        app.run(main, flags_parser=lambda argv: parse(argv, config_flag))
    except ZooError as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(1)


def parse(argv, config_flag=None):
    """Parse `argv`; every mistake in it is a `ZooError`."""
    if config_flag:
        argv = resolve_config(argv, config_flag)
    try:
        rest = flags.FLAGS(argv)
    except flags.Error as error:
        raise ZooError(f"{str(error).splitlines()[0].rstrip('.')}. --help lists the flags.") \
            from None
    if len(rest) > 1:
        raise ZooError(f'Unexpected argument "{rest[1]}": everything is given as --flag=value.')
    return rest


def resolve_config(argv, name):
    """Check `--name=file.py:dataset` and all `--name.key=value`; returns argv with the file found.

    A relative file is looked for in the working directory, then beside the installed recipes.
    """
    argv = list(argv)
    keys = []
    place = None
    for index, argument in enumerate(argv[1:], start=1):
        flag, _, value = argument.lstrip("-").partition("=")
        if not argument.startswith("-"):
            continue
        if flag == name:
            if "=" not in argument and index + 1 < len(argv):
                place, value = index + 1, argv[index + 1]
            else:
                place = index
            path, colon, dataset = value.partition(":")
            path = _find_recipe(path, name)
            value = f"{path}{colon}{dataset}"
            argv[place] = value if place != index else f"--{name}={value}"
        elif flag.startswith(f"{name}.") or flag.startswith(f"no{name}."):
            keys.append(flag.partition(".")[2])
    if place is None:
        if keys:
            raise ZooError(f"--{name}.{keys[0]} was given without --{name}=FILE.py:DATASET.")
        return argv
    recipe = load_recipe(path)
    config = recipe.get_config(dataset) if colon else recipe.get_config()
    check_known_keys(keys, config, name)
    return argv


def _find_recipe(path, name):
    folder = Path(__file__).parent
    for candidate in (Path(path), folder.parent / path, folder / path, folder / f"{path}.py"):
        if candidate.is_file():
            return str(candidate)
    known = sorted(
        file.name for file in folder.glob("*.py") if "def get_config" in file.read_text("utf-8")
    )
    raise ZooError(
        f'--{name}: there is no recipe file "{path}". Recipes: {", ".join(known)}.'
        f"{nearest(Path(path).name, known)} Example: --{name}=recipes/attn_gan.py:shapes"
    )


def load_recipe(path):
    """The module of a recipe's file; it has `get_config`."""
    spec = importlib.util.spec_from_file_location("recipe_config", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not hasattr(module, "get_config"):
        raise ZooError(f"{path} has no get_config function, so it is not a recipe.")
    return module


@contextlib.contextmanager
def quiet_stderr():
    """Send what native code writes to descriptor 2 nowhere; an exception still speaks."""
    sys.stderr.flush()
    saved = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)


def start_tensorflow(threads=0, strategy="none"):
    """Import TensorFlow and start its devices quietly.

    Args:
        threads: CPU threads, 0 for TensorFlow's choice.
        strategy: "none" | "mirrored" | "multiworker".

    Returns:
        The `tf.distribute` strategy.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with quiet_stderr():
        import tensorflow as tf

        tf.get_logger().setLevel("ERROR")
        from recipes.trainer import make_strategy

        if threads:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(threads)
        for gpu in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, True)
        result = make_strategy(strategy)  # a cluster's must come before any other use of devices
        tf.config.list_logical_devices()
    return result
