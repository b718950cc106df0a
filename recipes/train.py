r"""Trains a system from a recipe.

    python -m recipes.train --config=recipes/attn_gan.py:shapes --config.steps=200 --workdir=runs/a
    python -m recipes.train --config=recipes/attn_gan.py:emoji --config.batch_size=16 \
        --workdir=runs/b --dry_run

Ctrl-C (or SIGTERM) saves and exits; the same command resumes from there. After a crash or a kill it
resumes from the last checkpoint. Resuming is bit-exact. `--dry_run` prints the resolved settings,
the sizes of the networks and the shapes of one batch, and writes nothing.
"""


from zoo import command_line
from zoo.errors import ZooError
from zoo.storage import output_folders

flags = command_line.Flags()
_WORKDIR = flags.DEFINE_string("workdir", None, "Run folder: new, empty, or of this run.")
_DRY_RUN = flags.DEFINE_bool("dry_run", False, "Describe the run and write nothing.")


def main(argv):
    """Checks the settings, starts TensorFlow, and trains or describes the run."""
    del argv
    recipe = command_line.recipe()
    if not _WORKDIR.value and not _DRY_RUN.value:
        raise ZooError("--workdir is missing: give a folder for this run.")
    if _WORKDIR.value:
        output_folders.check_folder(_WORKDIR.value, "workdir")
    recipe.validate()
    strategy = command_line.start_tensorflow(recipe.config.threads, recipe.config.strategy)

    from zoo import training

    if _DRY_RUN.value:
        print(training.describe(recipe, strategy=strategy))
    else:
        if training.is_chief(strategy):
            print("opening the data and building the networks", flush=True)
        training.run(recipe, _WORKDIR.value, strategy=strategy)


if __name__ == "__main__":
    command_line.run(main, flags, "config")
