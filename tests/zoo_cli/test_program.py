"""The program `zoo`: its commands become the flags of the programs that they start."""

import importlib
import json
import shlex
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from tests.support.runs import ROOT, environment
from tests.test_commands import PAGES, commands_of_docstring, commands_of_page
from zoo.errors import ZooError
from zoo_cli import commands, program


def zoo(*arguments, check=True):
    done = subprocess.run(
        [sys.executable, "-m", "zoo_cli.program", *arguments], cwd=ROOT, env=environment(),
        text=True, capture_output=True, timeout=120,
    )
    assert not check or done.returncode == 0, done.stderr
    return done


def test_help_is_light_and_names_every_command():
    code = (
        "import time, sys; from zoo_cli import program\n"
        "program.run(['--help']); print(time.process_time())\n"  # with the start of Python
        "heavy = {'tensorflow', 'keras', 'numpy', 'absl', 'ml_collections'} & set(sys.modules)\n"
        "print(heavy or 'light')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment(), text=True,
                          capture_output=True, timeout=60)
    *text, seconds, heavy = done.stdout.splitlines()
    assert heavy == "light" and float(seconds) < 0.3
    for name in (*commands.COMMANDS, "presets", "recipes", "completion"):
        assert any(line.startswith(f"  {name} ") for line in text), name


def test_the_command_of_the_installation_is_this_program():
    assert 'zoo = zoo_cli.program:main"' in (ROOT / "setup.py").read_text("utf-8")


def test_presets(capsys):
    assert program.run(["presets", "emoji", "--task=text-to-image"]) == 0
    assert "attn_gan_emoji_64" in capsys.readouterr().out
    program.run(["presets", "--json"])
    assert {"name", "size", "licence"} <= set(json.loads(capsys.readouterr().out)[0])


def test_recipes(capsys):
    assert program.run(["recipes", "msgan"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("dcgan:cifar10_msgan      MSGAN's experiment")
    assert any(line.startswith("stackgan_v2:birds_msgan  ") for line in lines)
    with pytest.raises(ZooError, match="No variant of a recipe matches"):
        program.run(["recipes", "nothing_like_it"])


@pytest.mark.parametrize(("arguments", "words"), [
    (["genrate"], 'no command "genrate". Did you mean "generate"'),
    (["presets", "--tsk=x"], "zoo presets: unrecognized arguments: --tsk=x. Did you mean "),
    (["presets", "nothing"], "No preset's name matches"),
    (["completion", "ksh"], "invalid choice: 'ksh'"),
])
def test_mistakes(arguments, words):
    with pytest.raises(ZooError, match=words):
        program.run(arguments)


@pytest.mark.parametrize(("kind", "conditions", "flags"), [
    ("captions", ["a; b", "c"], ["--caption=a; b", "--caption=c"]),
    ("labels", ["cat", "3"], ["--labels=cat;3"]),
    ("images", ["a.png", "b"], ["--images=a.png", "--images=b"]),
    ("embeddings", ["a.npy"], ["--embeddings=a.npy"]),
])
def test_conditions_become_the_flag_of_their_kind(monkeypatch, kind, conditions, flags):
    monkeypatch.setattr(commands, "_condition_kind", lambda preset: kind)
    options = SimpleNamespace(PRESET="p", CONDITION=conditions)
    assert commands.generate_flags(options) == ["--preset=p", *flags]


@pytest.mark.parametrize(("kind", "words"), [("", "takes no conditions"), (
    "embeddings", "takes one file of embeddings")])
def test_conditions_that_a_preset_does_not_take(monkeypatch, kind, words):
    monkeypatch.setattr(commands, "_condition_kind", lambda preset: kind)
    with pytest.raises(ZooError, match=words):
        commands.generate_flags(SimpleNamespace(PRESET="p", CONDITION=["a", "b"]))


def test_the_kind_of_a_preset():
    assert commands._condition_kind("attn_gan_emoji_64") == "captions"
    assert commands._condition_kind("dcgan_ms_cifar10_32") == "labels"


def test_settings_of_a_recipe_are_passed_on():
    settings, others = commands.passed_on(
        ["dcgan:shapes", "--config.steps", "3", "--workdir", "w", "--config.data.flip",
         "--noconfig.jit_compile", "--config.seed=1"]
    )
    assert settings == ["--config.steps=3", "--config.data.flip", "--noconfig.jit_compile",
                        "--config.seed=1"]
    assert others == ["dcgan:shapes", "--workdir", "w"]


def translated(lines):
    """Each command line as that of its program, or its error; the programs are not started."""
    result = []
    for name, *rest in lines:
        command = commands.command_of(name, rest)
        module = importlib.import_module(command.module)
        parser = commands.command_parser(name, module, command)
        settings, rest = commands.passed_on(rest)
        try:
            options = parser.parse_args(rest)
            if command.module == "recipes.generate":
                options.CONDITION = []  # their kind needs the preset's files
            result.append(commands.program_arguments(command, parser, options) + settings)
        except ZooError as error:
            result.append(str(error))
    return result


def test_the_programs_flags_are_the_commands_options():
    lines = {
        "generate p a b --seed 7 --explain --out=o --nodescribe":
            ["--preset=p", "--out=o", "--seed=7", "--explain=true", "--describe=false"],
        "data f --out=o --kind=pairs --size 64":
            ["--folder=f", "--out=o", "--kind=pairs", "--size=64"],
        "data --check facades d": ["--folder=d", "--check=facades"],
        "data --download facades --out d": ["--out=d", "--download=facades"],
        "train dcgan:shapes --workdir w --config.steps 3 --dry_run":
            ["--config=dcgan:shapes", "--workdir=w", "--dry_run=true", "--config.steps=3"],
        "evaluate p --encoder=a --encoder=b --verbose":
            ["--preset=p", "--encoder=a", "--encoder=b", "--verbose"],
        "evaluate --images=x": ["--images=x"],
        "compare a b --data=d": ["--compare=a", "--compare=b", "--data=d"],
        "export p --out=o --version=3 --overwrite":
            ["--preset=p", "--out=o", "--version=3", "--overwrite"],
        "export p --out=o --bundle --warmup=1,8 --samples=2":
            ["--preset=p", "--out=o", "--samples=2", "--warmup=1,8", "--bundle"],
        "serve f --port=0 --label=a=1 --label=b=2":
            ["--model=f", "--port=0", "--label=a=1", "--label=b=2"],
        "generate m a b --url=http://h:1 --samples_per_condition=3 --seed=7":
            ["--model=m", "--condition=a", "--condition=b", "--url=http://h:1", "--seed=7",
             "--samples=3"],
        "generate m --url grpc://h:1": ["--model=m", "--url=grpc://h:1"],
        "demo p --port=1": ["--preset=p", "--port=1"],
        # options before and between the arguments
        "generate --seed 7 p --out=o a": ["--preset=p", "--out=o", "--seed=7"],
        "generate m --url=http://h:1 a --seed=7 b":
            ["--model=m", "--condition=a", "--condition=b", "--url=http://h:1", "--seed=7"],
        "generate --url=http://h:1 -- m -a": ["--model=m", "--condition=-a", "--url=http://h:1"],
        "data --out=o f --kind=pairs": ["--folder=f", "--out=o", "--kind=pairs"],
        "train --workdir w dcgan:shapes --config.steps 3":
            ["--config=dcgan:shapes", "--workdir=w", "--config.steps=3"],
        "evaluate --encoder=a p --encoder=b": ["--preset=p", "--encoder=a", "--encoder=b"],
        "compare a --data=d b": ["--compare=a", "--compare=b", "--data=d"],
        "export --out=o p --bundle": ["--preset=p", "--out=o", "--bundle"],
        "serve --label=a=1 f --label=b=2": ["--model=f", "--label=a=1", "--label=b=2"],
        "demo --port=1 p": ["--preset=p", "--port=1"],
    }
    for line, flags in zip(lines, translated([line.split() for line in lines]), strict=True):
        assert flags == lines[line], line
    wrong = translated([["generate", "p", "--ouput=x"], ["export", "p"], ["train", "a b"],
                        ["compare", "a"], ["serve"], ["generate", "m", "--url=u", "--explain"]])
    assert 'Did you mean "--out"' in wrong[0] and "required: --out" in wrong[1]
    assert "NAME:DATASET" in wrong[2] and "required: B" in wrong[3]
    assert "required: FOLDER" in wrong[4] and "unrecognized arguments: --explain" in wrong[5]


def test_the_help_of_a_flag_is_its_own():
    """Without the sentences that absl adds."""
    module = importlib.import_module(commands.COMMANDS["evaluate"].module)
    text = " ".join(commands.command_parser("evaluate", module).format_help().split())
    assert "--encoder" in text and "repeat this" not in text


def documented():
    """The `zoo` commands of the pages and of the program's docstring, without `zoo`."""
    texts = [commands_of_page(path.read_text("utf-8"), "zoo ") for path in PAGES]
    texts.append(commands_of_docstring((ROOT / "zoo_cli/program.py").read_text("utf-8"), "zoo "))
    found = [shlex.split(command, comments=True)[1:] for text in texts for command in text]
    for words in found:
        if words[0] == "train" and words[1:] and ":" not in words[1]:
            # the folder is not there, so its recipe and its kind are not looked for
            recipe = next((w for w in words if w.startswith("--recipe=")), "--recipe=dcgan")
            words[1] = f"{recipe.partition('=')[2]}:folder"
            words[2:] = [word for word in words[2:]
                         if not word.startswith(("--recipe=", "--kind="))]
    return [words for words in found if words[1:] and words[0] in commands.COMMANDS and (
        words[-1] != "--help")]


def test_the_documented_commands_parse():
    commands = documented()
    assert {"generate", "train", "export"} <= {words[0] for words in commands}
    for words, flags in zip(commands, translated(commands), strict=True):
        assert isinstance(flags, list), f"zoo {shlex.join(words)}: {flags}"


def test_a_command_runs_its_program(tmp_path):
    done = zoo("generate", "dcgan_ms_cifar10_32", "cat", "dog", "--samples_per_condition", "2",
               "--out", str(tmp_path / "images"))
    names = sorted(path.name for path in (tmp_path / "images").iterdir())
    assert names == ["00_cat_seed0.png", "00_cat_seed1.png", "01_dog_seed0.png",
                     "01_dog_seed1.png", "grid.png"]
    assert done.stderr == ""


def test_a_mistake_is_one_line_and_status_1():
    done = zoo("generate", "dcgan_ms_cifar10_32", "catt", "--out=x", check=False)
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert 'Did you mean "cat"' in done.stderr


def test_bash_completes_commands_presets_and_options(tmp_path):
    started = time.monotonic()
    text = zoo("completion", "bash").stdout
    assert time.monotonic() - started < 60
    for words, expected in (
        (["zoo", "gen"], {"generate"}),
        (["zoo", "generate", "attn_gan_e"], {"attn_gan_emoji_64"}),
        (["zoo", "export", "--ov"], {"--overwrite"}),
        (["zoo", "demo", "--po"], {"--port="}),
    ):
        line = " ".join(map(shlex.quote, words))
        code = (f"{text}\nCOMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _zoo 2>/dev/null\n"
                'printf "%s\\n" "${COMPREPLY[@]}"')
        done = subprocess.run(["bash", "-c", code], cwd=tmp_path, text=True, capture_output=True)
        assert set(done.stdout.split()) == expected, done.stderr
    assert "bashcompinit" in zoo("completion", "zsh").stdout
