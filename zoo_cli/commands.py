"""The commands of the program `zoo`: the arguments of each, and the flags they become.

Nothing heavy is imported here, so that `zoo --help` answers at once. The options of a command are
the flags of its program, which are defined there.
"""

import argparse
import dataclasses
import os
import re
import sys
from collections.abc import Callable

from zoo.errors import ZooError, nearest

_RECIPE = re.compile(r"(.*\.py|[a-z][a-z0-9_]*)(:\w+)?")


def preset_flags(options):
    """`--preset` from the argument of the same name."""
    return [f"--preset={options.PRESET}"] if options.PRESET else []


def generate_flags(options):
    """`--preset`, and the conditions as the flag of the preset's kind of condition."""
    conditions, flags = options.CONDITION, preset_flags(options)
    if not conditions:
        return flags
    kind = _condition_kind(options.PRESET)
    if kind == "captions":
        return [*flags, *(f"--caption={text}" for text in conditions)]
    if kind == "labels":
        return [*flags, f"--labels={';'.join(conditions)}"]
    if kind in ("images", "description"):
        return [*flags, *(f"--images={path}" for path in conditions)]
    if kind in ("embeddings", "word embeddings") and len(conditions) == 1:
        return [*flags, f"--embeddings={conditions[0]}"]
    expected = "one file of embeddings" if kind else "no conditions"
    raise ZooError(
        f'The preset {options.PRESET} takes {expected}, got "{conditions[-1]}": leave it out.'
    )


def train_flags(options):
    """`--config` from the name of a recipe, or the recipe and settings for a folder of images."""
    from zoo.training import recipe_files

    name = options.RECIPE
    if os.path.isdir(name) or name.lower().endswith(".zip"):
        from zoo_cli.own_data import flags_of_folder

        return flags_of_folder(
            name, options.workdir, options.recipe, options.kind, options.dry_run == "true"
        )
    known = [file.removesuffix(".py") for file in recipe_files.names()]
    if not _RECIPE.fullmatch(name) or name.isidentifier() and name not in known:
        raise ZooError(
            "zoo train takes a folder of images, or a recipe as NAME:DATASET or FILE.py:DATASET, "
            f'got "{name}", which is neither.{nearest(name, known)} For example: zoo train '
            "attn_gan:shapes --workdir=runs/shapes."
        )
    if options.recipe or options.kind:
        raise ZooError(f"--recipe and --kind are for a folder of images, but {name} is a recipe.")
    return [f"--config={name}"]


def served_flags(options):
    """`--model`, and the conditions, whose kind the server knows."""
    return [f"--model={options.MODEL}", *(f"--condition={text}" for text in options.CONDITION)]


def compare_flags(options):
    """`--compare` for each of the two presets."""
    return [f"--compare={preset}" for preset in (options.A, options.B)]


@dataclasses.dataclass(frozen=True)
class Command:
    """A command of `zoo`.

    Attributes:
        summary: str, one line.
        module: str, the program.
        arguments: tuple of (name, `nargs`, help), the arguments without a flag.
        flags: (parsed arguments) -> list of flags of the program.
        replaced: names of the program's flags that `arguments` replace.
        options: dict of further options, which `flags` reads, to their help.
        config_flag: str, the program's flag of a recipe, or None.
    """

    summary: str
    module: str
    arguments: tuple = ()
    flags: Callable = lambda options: []
    replaced: tuple = ()
    config_flag: str | None = None
    options: dict = dataclasses.field(default_factory=dict)

    @property
    def has_parser(self):
        """Whether its program has a `make_parser()`, and a `main` that takes its arguments."""
        return self.module.startswith(("export.", "zoo_cli."))


_PRESET = ("PRESET", None, "built-in name, directory or handle of a preset")
COMMANDS = {
    "generate": Command(
        "generate images from captions, labels or images", "recipes.generate",
        (_PRESET, ("CONDITION", "*", "captions, labels or image files, as the preset reads")),
        generate_flags, ("preset",),
        options={"url": "of a server of exports, such as http://localhost:8501, that generates "
                        "instead; PRESET is then the model's name there: zoo generate --url --help "
                        "lists the options"},
    ),
    "data": Command(
        "write a folder of your own images as a data set; download or check a paper's",
        "recipes.prepare_data",
        (("FOLDER", "?", "a folder or .zip: captions, classes, pairs or two domains; with --check "
                         "a copy of a paper's data set"),),
        lambda options: [f"--folder={options.FOLDER}"] if options.FOLDER else [], ("folder",),
    ),
    "train": Command(
        "train with a recipe or on a folder of your own images, or resume", "recipes.train",
        (("RECIPE", None, "NAME:DATASET, such as attn_gan:shapes (zoo recipes lists them), "
                          "FILE.py:DATASET, or a folder of images, with or without zoo data"),),
        train_flags, (), "config",
        {"recipe": "of a folder: another recipe than attn_gan for captions, dcgan for classes, "
                   "pix2pix for pairs or drit for domains",
         "kind": "of a folder: captions, classes, pairs or domains; default: found"},
    ),
    "evaluate": Command(
        "measure a preset, or a folder of images, and write a report", "recipes.evaluate",
        (("PRESET", "?", "a preset; without one give --images=FOLDER"),), preset_flags,
        ("preset", "compare"),
    ),
    "compare": Command(
        "measure two presets and compare them", "recipes.evaluate",
        (("A", None, "the first preset"), ("B", None, "the second preset")), compare_flags,
        ("preset", "compare", "images"),
    ),
    "export": Command(
        "export a preset as a SavedModel for a server", "export.saved_model", (_PRESET,),
        preset_flags, ("preset",),
    ),
    "serve": Command(
        "serve an export on this machine: REST, gRPC and a page", "export.serve",
        (("FOLDER", None, "the --out of an export, with its versions"),),
        lambda options: [f"--model={options.FOLDER}"], ("model",),
    ),
    "demo": Command(
        "try a preset in the browser, with and without mode seeking", "zoo_cli.demo_page",
        (("PRESET", "?", "built-in name, directory or handle of a preset"),), preset_flags,
        ("preset",),
    ),
}

# `zoo generate --url=URL`: the client of a server instead of the preset itself
BY_SERVER = Command(
    "generate images with a model on a server", "export.client",
    (("MODEL", None, "the model's name on the server"),
     ("CONDITION", "*", "captions, class indices, image files or a file of embeddings")),
    served_flags, ("model", "condition", "captions", "labels", "images", "embeddings"),
)


def command_of(name, arguments):
    """The `Command` that a command line starts."""
    by_server = any(text == "--url" or text.startswith("--url=") for text in arguments)
    return BY_SERVER if name == "generate" and by_server else COMMANDS[name]


def help_text():
    """The text of `zoo --help`."""
    rows = {
        "presets": "list the presets that ship with the package",
        "recipes": "list the recipes and their variants, which zoo train takes",
        **{name: command.summary for name, command in COMMANDS.items()},
        "completion": "print the completion script of bash, zsh or fish",
    }
    lines = [f"  {name:<12}{summary}" for name, summary in rows.items()]
    return "\n".join([
        "usage: zoo COMMAND [ARGUMENTS]", "",
        "Conditional GANs: load, train, measure and export them.", "", *lines, "",
        "zoo COMMAND --help lists the arguments of a command; zoo --version prints the version.",
        'Start with: zoo generate dm_gan_ms_emoji_64 "grinning face" "red heart" --out=images',
    ])


class Parser(argparse.ArgumentParser):
    """A parser whose errors are `ZooError`s with the nearest option."""

    def __init__(self, **options):
        super().__init__(allow_abbrev=False, **options)

    def parse_args(self, args=None, namespace=None):
        """As `ArgumentParser.parse_args`; options may also stand between the arguments."""
        args = sys.argv[1:] if args is None else args
        if "--" in args:  # which `parse_intermixed_args` of Python 3.11 loses
            return super().parse_args(args, namespace)
        return self.parse_intermixed_args(args, namespace)

    def error(self, message):
        unknown = re.match(r"unrecognized arguments: (\S+)", message)
        names = [name for action in self._actions for name in action.option_strings]
        guess = nearest(unknown[1].partition("=")[0], names) if unknown else ""
        raise ZooError(f"{self.prog}: {message}.{guess} {self.prog} --help lists the arguments.")


def passed_on(arguments):
    """Separates the settings of a recipe, `--config.KEY=VALUE`, which are not options.

    Returns:
        (list of the settings, each with its value; list of the other arguments).
    """
    settings, others, rest = [], [], list(arguments)
    while rest:
        argument = rest.pop(0)
        if not argument.startswith(("--config.", "--noconfig.")):
            others.append(argument)
            continue
        if "=" not in argument and rest and not rest[0].startswith("--") and argument[2] == "c":
            argument = f"{argument}={rest.pop(0)}"
        settings.append(argument)
    return settings, others


def command_parser(name, module, command=None):
    """The `Parser` of a command: its arguments, and the flags of its imported program.

    Args:
        name: str, a key of `COMMANDS`.
        module: the imported program.
        command: the `Command`, or None for that of the name.
    """
    command = command or COMMANDS[name]
    summary = command.summary[0].upper() + command.summary[1:] + "."
    more = " Settings of the recipe: --config.KEY=VALUE." if command.config_flag else ""
    parser = Parser(prog=f"zoo {name}", description=summary + more)
    for argument, count, text in command.arguments:
        parser.add_argument(argument, nargs=count, help=text)
    for name, text in command.options.items():
        parser.add_argument(f"--{name}", metavar="VALUE", help=text)
    if command.has_parser:
        for action in module.make_parser()._actions:
            if action.dest not in (*command.replaced, "help"):
                parser._add_action(action)
        return parser
    for flag in module.flags:
        if flag.name not in command.replaced:
            _add_flag(parser, flag)
    parser.add_argument("--verbose", action="store_true", help="show an error's traceback")
    return parser


def _add_flag(parser, flag):
    text = re.sub(r"^<.*?>: |;\s+repeat this option.*$", "", flag.help or "").replace("%", "%%")
    if flag.default not in (None, "", [], False):
        text += f" (default: {flag.default})"
    if flag.flag_type() == "bool":
        parser.add_argument(f"--{flag.name}", action="store_const", const="true", help=text)
        parser.add_argument(f"--no{flag.name}", dest=flag.name, action="store_const",
                            const="false", help=argparse.SUPPRESS)
    else:
        several = flag.flag_type().startswith("multi")
        values = "|".join(filter(None, getattr(flag.parser, "enum_values", ())))
        parser.add_argument(
            f"--{flag.name}", action="append" if several else "store", metavar=values or "VALUE",
            help=text,
        )


def program_arguments(command, parser, options):
    """The command line of the program: its flags from the arguments, and those that were given."""
    positional = {*(name for name, _, _ in command.arguments), *command.options}
    result = command.flags(options)
    for action in parser._actions:
        value = getattr(options, action.dest, None)
        if action.dest in positional or action.option_strings[:1] == [f"--no{action.dest}"]:
            continue
        if value is None or value is False or command.has_parser and (
            value == action.default
        ):
            continue
        if isinstance(value, tuple):
            value = ",".join(map(str, value))
        values = value if isinstance(value, list) else [value]
        name = action.option_strings[0]
        result += [name] if value is True else [f"{name}={item}" for item in values]
    return result


def _condition_kind(preset):
    """The kind of condition of a preset, see `zoo.conditions.kinds`; "" for none."""
    from zoo.presets import read_metadata
    from zoo.presets.usage import recorded_condition

    record = recorded_condition(read_metadata(preset)) or {}
    kind = record.get("kind", "")
    return "" if kind == "nothing" else kind
