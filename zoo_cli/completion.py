"""Completion scripts of the program `zoo` for bash, zsh and fish."""

import argparse
import importlib

from zoo.presets.registry import builtin_names
from zoo_cli.commands import COMMANDS, command_parser

SHELLS = ("bash", "zsh", "fish")
_BASH = """\
_zoo() {
    local word="${COMP_WORDS[COMP_CWORD]}" command="${COMP_WORDS[1]}" words=""
    if [ "$COMP_CWORD" -eq 1 ]; then words="%(commands)s"
    else case "$command" in
%(cases)s
    esac; fi
    COMPREPLY=($(compgen -W "$words" -- "$word") $(compgen -f -- "$word"))
    case "${COMPREPLY[0]}" in *=) compopt -o nospace 2>/dev/null;; esac
}
complete -o filenames -F _zoo zoo"""
_NAMES = {"generate": "presets", "evaluate": "presets", "compare": "presets", "export": "presets",
          "train": "recipes"}


def script(shell):
    """The completion script of one of `SHELLS`, a str."""
    words = {name: [*_names(name), *_options(name)] for name in COMMANDS}
    words |= {"presets": ["--task=", "--json"], "recipes": [], "completion": list(SHELLS)}
    if shell == "fish":
        lines = [f'complete -c zoo -n "__fish_use_subcommand" -a "{" ".join(words)}"']
        lines += [
            f'complete -c zoo -n "__fish_seen_subcommand_from {name}" -a "{" ".join(own)}"'
            for name, own in words.items()
        ]
        return "\n".join(lines)
    cases = "\n".join(f'    {name}) words="{" ".join(own)}";;' for name, own in words.items())
    text = _BASH % {"commands": " ".join(words), "cases": cases}
    return f"autoload -U +X bashcompinit && bashcompinit\n{text}" if shell == "zsh" else text


def _names(command):
    kind = _NAMES.get(command)
    if kind == "recipes":
        from zoo.training import recipe_files

        return [name.removesuffix(".py") for name in recipe_files.names()]
    return builtin_names() if kind else []


def _options(name):
    """The options of a command, those with a value with "=" at their end."""
    parser = command_parser(name, importlib.import_module(COMMANDS[name].module))
    return [
        action.option_strings[-1] + ("" if action.nargs == 0 else "=")
        for action in parser._actions
        if action.option_strings and action.help != argparse.SUPPRESS
    ]
