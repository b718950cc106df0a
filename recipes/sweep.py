r"""One recipe with several values of one setting: one run per value, then a table and an image.

    python -m recipes.sweep --config=recipes/dm_gan.py:shapes --workdir=runs/sweep
    python -m recipes.sweep --config=recipes/dm_gan.py:emoji --workdir=runs/sweep_emoji \
        --config.data.directory=data/emoji.zip --config.damsm=damsm_emoji_64 --values=0,1
    python -m recipes.sweep --config=recipes/attn_gan.py:shapes --workdir=runs/sweep_damsm \
        --key=model.damsm_weight --values=1,5,25

A recipe names its setting and values as `SWEEP`; `--key` and `--values` take others. The runs share
seed, data and DAMSM, which is pre-trained once where none is given. What is in the folder:

    damsm/                     the DAMSM's pre-training, if it was needed
    mode_seeking_weight_0.5/   a run as of recipes.train, for each value
    sweep.md, sweep.json       the table
    sweep.png                  the same captions and noises, one column per value

Ctrl-C (or SIGTERM) saves and exits. The same command resumes from there, after a crash or a kill
too; finished runs are not repeated, and more values may be given later. A run that breaks down is
named in the table, and the others continue.
"""

from pathlib import Path

from absl import flags
from ml_collections import config_flags

from recipes import _cli
from zoo.storage import output_folders
from zoo.training.sweep_points import choose, make_points

config_flags.DEFINE_config_file("config", None, "Recipe, as FILE.py:DATASET.")
_WORKDIR = flags.DEFINE_string("workdir", None, "Folder of the sweep: new, empty, or its own.")
_KEY = flags.DEFINE_string("key", None, "Setting to vary; by default the recipe's own.")
_VALUES = flags.DEFINE_list("values", None, "Its values, with commas; by default the recipe's own.")


def main(argv):
    """Check everything, train the runs one after another, write the table and the image."""
    del argv
    recipe = _cli.recipe("recipes/dm_gan.py:shapes")
    output_folders.check_folder(_WORKDIR.value, "workdir")
    key, values = choose(recipe.sweep, _KEY.value, _VALUES.value)
    points = make_points(recipe, key, values)
    strategy = _cli.start_tensorflow(recipe.config.threads, recipe.config.strategy)

    from zoo.training.sweep import run

    run(recipe, key, points, Path(_WORKDIR.value).resolve(), strategy)


if __name__ == "__main__":
    _cli.run(main, "config")
