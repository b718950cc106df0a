r"""The program `zoo`: every task of the zoo as one command.

    zoo presets emoji
    zoo recipes birds
    zoo generate attn_gan_emoji_64 "grinning face" "red heart" --out=images
    zoo data my_images --out=data/mine
    zoo train attn_gan:shapes --workdir=runs/shapes --config.steps=200
    zoo evaluate runs/shapes/presets/best --out=report
    zoo compare runs/plain/presets/best runs/ms/presets/best --data=emoji.zip --out=report
    zoo export attn_gan_emoji_64 --out=served/attn_gan --bundle
    zoo serve served/attn_gan
    zoo generate attn_gan "grinning face" --url=http://localhost:8501 --out=images
    zoo demo dm_gan_ms_emoji_64
    source <(zoo completion bash)

A command starts one of the programs of `recipes`, of the export, or the demo page, and takes all of
its flags: `zoo COMMAND --help` lists them. `python -m zoo_cli.program` is the same program.
"""

import importlib
import sys
import textwrap

from zoo import programs
from zoo.errors import ZooError, nearest
from zoo_cli.commands import (
    COMMANDS,
    command_of,
    command_parser,
    help_text,
    passed_on,
    program_arguments,
)


def main():
    """The console script: runs a command and exits with its status."""
    programs.run(lambda: run(sys.argv[1:]))


def run(arguments):
    """Runs a command line; returns the exit status.

    Args:
        arguments: list of str, without the name of the program.

    Raises:
        ZooError: there is no such command, or its arguments cannot be used.
    """
    if not arguments or arguments[0] in ("--help", "-h", "help"):
        print(help_text())
        return 0
    if arguments[0] == "--version":
        from zoo.version import __version__

        print(f"zoo {__version__}")
        return 0
    name, *rest = arguments
    if name == "presets":
        return list_presets(rest)
    if name == "recipes":
        return list_recipes(rest)
    if name == "completion":
        return print_completion(rest)
    if name not in COMMANDS:
        known = (*COMMANDS, "presets", "recipes", "completion")
        raise ZooError(
            f'There is no command "{name}".{nearest(name, known)} Commands: {", ".join(known)}; '
            "zoo --help describes them."
        )
    return start(name, rest)


def start(name, arguments):
    """Runs the program of a command in this process; returns its exit status."""
    command = command_of(name, arguments)
    module = importlib.import_module(command.module)
    config, arguments = passed_on(arguments)
    parser = command_parser(name, module, command)
    options = parser.parse_args(arguments)
    argv = [*program_arguments(command, parser, options), *config]
    if command.has_parser:
        return module.main(argv)
    sys.argv[1:] = argv
    from zoo import command_line

    return command_line.run(module.main, module.flags, command.config_flag)


def list_presets(arguments):
    """Prints the built-in presets as a table, or with --json as JSON."""
    import json

    from zoo.presets import list_presets as rows_of
    from zoo_cli.commands import Parser

    parser = Parser(prog="zoo presets", description="Lists the presets that ship with the package.")
    parser.add_argument("pattern", nargs="?", help="part of a name, or a pattern with * and ?")
    parser.add_argument("--task", help="only presets of this task, such as text-to-image")
    parser.add_argument("--json", action="store_true", help="print all that is known, as JSON")
    options = parser.parse_args(arguments)
    rows = rows_of(task=options.task, pattern=options.pattern)
    print(json.dumps(list(rows), indent=2, ensure_ascii=False) if options.json else rows)
    return 0


def list_recipes(arguments):
    """Prints the variants of the recipes, which `zoo train` takes."""
    from zoo.training import recipe_files
    from zoo_cli.commands import Parser

    parser = Parser(prog="zoo recipes", description="Lists what zoo train takes: the recipes, one "
                    "per paper, with their variants, one per experiment.")
    parser.add_argument("pattern", nargs="?", help="part of a name, or a pattern with * and ?")
    rows = recipe_files.variants(parser.parse_args(arguments).pattern)
    width = max(len(name) for name, _ in rows) + 2
    for name, text in rows:
        print(textwrap.fill(text, 118, initial_indent=f"{name:<{width}}",
                            subsequent_indent=" " * width))
    return 0


def print_completion(arguments):
    """Prints the completion script of a shell."""
    from zoo_cli.commands import Parser
    from zoo_cli.completion import SHELLS, script

    parser = Parser(prog="zoo completion", description="Prints a shell's completion script: "
                    "source <(zoo completion bash), or zsh; zoo completion fish | source.")
    parser.add_argument("shell", choices=SHELLS)
    print(script(parser.parse_args(arguments).shell))
    return 0


if __name__ == "__main__":
    main()
