"""Every command in the documentation and in recipes' docstrings parses, with its settings.

One process starts all of the programs, up to their parsing of the command line.
"""

import ast
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.runs import environment

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/*.md")),
         *sorted(ROOT.glob("docs/datasets/*.md"))]
SCRIPTS = [*sorted(ROOT.glob("recipes/*.py")), *sorted(ROOT.glob("examples/*.py"))]
COMMAND = re.compile(r"(?:python (?:-m )?|make )\S.*")
OURS = re.compile(r"-m (?:recipes|export|tests)\.|examples/")
TARGETS = re.compile(r"^([\w-]+):", re.M)
VARIABLES = re.compile(r"^(\w+) \??=", re.M)

# Runs each program up to its parsing of the command line, and passes it each of its lines there.
CHILD = """
import argparse, json, os, runpy, sys

class Done(BaseException):
    pass

def report(read):
    for line in lines:
        sys.argv = ["program", *line]
        try:
            found.append(read(list(line)) or "")
        except (Exception, SystemExit) as error:
            found.append(f"{type(error).__name__}: {error}")
    raise Done

def of_flags(main, own, config_flag=None):
    from absl.testing import flagsaver

    joined = main.__globals__.get("joined", list)

    def read(line):
        argv = joined(["program", *line])
        with flagsaver.flagsaver():
            own.adopt(config_flag)
            command_line.parse(argv, config_flag)
            if config_flag and any(part.startswith("--config=") for part in line):
                command_line.recipe().validate()

    report(read)

def of_argparse(parser, *_):
    report(lambda line: parse_args(parser, line) and "")

parse_args = argparse.ArgumentParser.parse_args
argparse.ArgumentParser.parse_args = of_argparse
from absl import flags
from zoo import command_line, programs
command_line.run, programs.run = of_flags, lambda work: work()
flags.FLAGS(["program"])
said = {}
for program, lines in json.load(sys.stdin).items():
    sys.argv, found = ["program"], said.setdefault(program, [])
    run = runpy.run_path if program.endswith(".py") else runpy.run_module
    try:
        run(program, run_name="__main__")
    except Done:
        pass
print(json.dumps(said))
sys.stdout.flush()
os._exit(0)
"""


def joined_lines(text):
    return re.sub(r"\\\n\s*", " ", text)


def commands_of_page(text, start=""):
    """Commands in the code blocks of a page, and those that are the whole of a code span.

    `start`: str, with which they begin; by default those of Python and make.
    """
    text, command = joined_lines(text), re.compile(f"{start}.*") if start else COMMAND
    for block in re.findall(r"```\w*\n(.*?)```", text, re.S):
        yield from (m[0] for line in block.splitlines() if (m := command.match(line.strip())))
    for span in re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.S)):
        yield from (m[0] for m in [command.match(span)] if m)


def commands_of_docstring(source, start=""):
    """Commands on indented lines of a module's docstring; `start`: see `commands_of_page`."""
    command = re.compile(f"{start}.*") if start else COMMAND
    docstring = ast.get_docstring(ast.parse(source), clean=False) or ""
    for line in joined_lines(docstring).splitlines():
        if line.startswith("    ") and (match := command.match(line.strip())):
            yield match[0]


def collect():
    """dict of program -> list of (location, list of arguments)."""
    found = {}
    pages = [(path, commands_of_page(path.read_text("utf-8"))) for path in PAGES]
    scripts = [(path, commands_of_docstring(path.read_text("utf-8"))) for path in SCRIPTS]
    for path, commands in pages + scripts:
        for command in commands:
            words = shlex.split(command, comments=True)
            if words[0] == "make":
                program, rest = "make", words[1:]
            elif OURS.match(" ".join(words[1:])):
                start = 3 if words[1] == "-m" else 2
                program, rest = words[start - 1], words[start:]
            else:
                continue
            if rest != ["--help"]:
                found.setdefault(program, []).append((path.name, rest))
    return found


COMMANDS = collect()
PROGRAMS = sorted(set(COMMANDS) - {"make"})


def read(commands):
    """dict of program -> the error of each of its command lines, or ""."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD], cwd=ROOT, env=environment(), input=json.dumps(commands),
        text=True, capture_output=True, timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_pages_have_commands():
    programs = {"recipes.train", "recipes.sweep", "recipes.generate", "recipes.evaluate",
                "recipes.import_checkpoint", "recipes.cache_text", "recipes.train_encoder",
                "recipes.demo", "export.saved_model", "make", "examples/side_by_side.py"}
    assert programs <= set(COMMANDS)
    assert sum(map(len, COMMANDS.values())) > 100


START = "--config=recipes/attn_gan.py:shapes"
INVALID = {  # lines with a part of their errors, "" for none
    "recipes.train": [
        ([START], ""), ([START, "--config.stepz=3"], "stepz"), ([START, "--workdirs=a"], "workdir"),
        ([START, "--config.text=none"], '"captions" or "hub"'),
        (["--config=recipes/attn_gan.py:emojis"], "emoji"),
    ],
    "export.saved_model": [(["--preset=a", "--out=b"], ""), (["--preset=a"], "--out")],
}


@pytest.fixture(scope="module")
def errors():
    """dict of program -> the errors of the documented command lines, then of the invalid ones."""
    return read({
        program: [line for _, line in COMMANDS[program]] + [
            line for line, _ in INVALID.get(program, [])]
        for program in PROGRAMS
    })


@pytest.mark.parametrize("program", PROGRAMS)
def test_commands_parse(program, errors):
    places = COMMANDS[program]
    wrong = [f"{name}: {shlex.join(line)}\n  {error}"
             for (name, line), error in zip(places, errors[program], strict=False) if error]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("program", INVALID)
def test_an_invalid_command_is_found(program, errors):
    lines, said = INVALID[program], errors[program][len(COMMANDS[program]):]
    for (line, words), error in zip(lines, said, strict=True):
        assert words in error and bool(words) == bool(error), (line, error)
        assert not words or error.startswith(("ZooError: ", "SystemExit: ")), error


def test_targets_of_make_exist():
    text = (ROOT / "Makefile").read_text("utf-8")
    targets, variables = TARGETS.findall(text), VARIABLES.findall(text)
    for name, words in COMMANDS["make"]:
        for word in words:
            variable = word.partition("=")[0]
            assert word in targets or ("=" in word and variable in variables), f"{name}: {word}"
