r"""Trains a recipe with several values of one setting and compares the results.

    python -m recipes.sweep --config=recipes/dm_gan.py:shapes --workdir=runs/sweep
    python -m recipes.sweep --config=recipes/dm_gan.py:emoji --workdir=runs/sweep_emoji \
        --config.data.directory=data/emoji.zip --config.damsm=damsm_emoji_64 --values=0,1
    python -m recipes.sweep --config=recipes/attn_gan.py:shapes --workdir=runs/sweep_damsm \
        --key=model.damsm_weight --values=1,5,25

    python -m recipes.sweep --config=recipes/dcgan.py:shapes --workdir=runs/sweep_dcgan --dry_run

A recipe defines its default setting and values as `SWEEP`; `--key` and `--values` give others. The
runs share seed, data and DAMSM, which is pre-trained once if none is given. `--dry_run` lists the
runs and describes the first one. The folder contains:

    damsm/                     the DAMSM's pre-training, if needed
    mode_seeking_weight_0.5/   a run folder as of recipes.train, one per value
    sweep.md, sweep.json       the table
    sweep.png                  the same conditions and noises, one column per value

Ctrl-C (or SIGTERM) saves and exits. The same command resumes from there, also after a crash or a
kill; finished runs are not repeated, and values may be added later. A failed run is listed in the
table, and the others continue.
"""

from pathlib import Path

from zoo import command_line
from zoo.storage import output_folders
from zoo.training.sweep_points import choose, make_points, value_text

flags = command_line.Flags()
_WORKDIR = flags.DEFINE_string("workdir", None, "Sweep folder: new, empty, or of this sweep.")
_KEY = flags.DEFINE_string("key", None, "Setting to vary; default: that of the recipe.")
_VALUES = flags.DEFINE_list("values", None, "Its values, comma-separated; default: the recipe's.")
_DRY_RUN = flags.DEFINE_bool("dry_run", False, "List the runs, describe the first; write nothing.")


def main(argv):
    """Checks everything, trains the runs sequentially, and writes the table and the image."""
    del argv
    recipe = command_line.recipe("recipes/dm_gan.py:shapes")
    if not _DRY_RUN.value:
        output_folders.check_folder(_WORKDIR.value, "workdir")
    key, values = choose(recipe.sweep, _KEY.value, _VALUES.value)
    points = make_points(recipe, key, values)
    strategy = command_line.start_tensorflow(recipe.config.threads, recipe.config.strategy)

    if _DRY_RUN.value:
        from zoo.training import describe

        print(describe(points[0].recipe, strategy=strategy))
        print(f"{len(points)} runs, one after another; the above is the first:")
        print("\n".join(f"  {point.name}: {key} = {value_text(point.value)}" for point in points))
        return
    from zoo.training.sweep import run

    run(recipe, key, points, Path(_WORKDIR.value).resolve(), strategy)


if __name__ == "__main__":
    command_line.run(main, flags, "config")
