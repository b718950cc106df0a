"""The README of a run folder: the command that started it, how to resume, and what is where."""

import os
import shlex
import sys

NAME = "README.md"
_TEXT = """\
# {title}

Started with

```
{command}
```

in `{folder}`. The same command resumes after Ctrl-C, a crash or a kill.

| file | content |
|---|---|
| `report.html` | curves, sample grids, settings and model card; open it in a browser |
| `samples/` | sample grids by step |
| `presets/last`, `presets/best` | the model: `zoo.from_preset("{path}/presets/last")` |
| `log.txt` | the output, with times |
| `config.json` | all settings |
| `events/` | for TensorBoard: `tensorboard --logdir {quoted}` |
| `checkpoints/` | what is needed to resume |
"""


def typed_command(arguments=None):
    """The command as it was typed, for a shell.

    Args:
        arguments: list of str, by default `sys.orig_argv`.

    Returns:
        str: "zoo train ..." or "python -m PROGRAM ..."; for a script "python FILE ...".
    """
    python, *rest = sys.orig_argv if arguments is None else arguments
    if rest and os.path.basename(rest[0]) == "zoo":  # the console script
        return shlex.join(["zoo", *rest[1:]])
    return shlex.join([os.path.basename(python), *rest])


def readme(path, config, command=None):
    """The text of a run folder's README.

    Args:
        path: path of the folder, as the user gave it.
        config: dict, the settings.
        command: str, by default `typed_command()`.
    """
    title = f"Training of {config.get('system', 'a model')} on {config.get('dataset', 'data')}"
    return _TEXT.format(
        title=title, command=command or typed_command(), folder=os.getcwd(), path=path,
        quoted=shlex.quote(str(path)),
    )
