"""`zoo train FOLDER`: prepares a folder of a user's images, and chooses the recipe of its kind."""

import os
import subprocess
import sys
import tempfile

from zoo.errors import ZooError, check_choice, nearest
from zoo.preparation.kinds import KINDS
from zoo.preparation.record import check_source, read_record
from zoo.programs import AT_EXIT

RECIPES = {  # kind -> the recipes that read it, the default first
    "captions": ("attn_gan", "dm_gan", "mirror_gan", "stackgan_v2", "xmc_gan", "damsm"),
    "classes": ("dcgan",), "pairs": ("pix2pix", "bicyclegan"), "domains": ("drit",),
}


def flags_of_folder(folder, workdir, recipe=None, kind=None, dry_run=False):
    """The flags of `recipes.train` for a folder of images.

    A folder without `dataset.json` is prepared first, into the folder WORKDIR_data, unless that was
    done before.

    Args:
        folder: str, a prepared folder, or one of the layouts of `zoo.preparation`.
        workdir: str or None, the run folder.
        recipe: str or None, the name of a recipe. kind: str or None, one of `KINDS`.
        dry_run: bool, whether to prepare into a temporary folder, which exists until the program
            ends; `workdir` may then be None.

    Raises:
        ZooError: the folder cannot be prepared, or is another one than before; or the recipe does
            not read its kind.
    """
    if kind is not None:
        check_choice("--kind", kind, KINDS)
    if recipe is not None:
        recipe = recipe.removesuffix(".py").removeprefix("recipes/")
        check_choice("--recipe", recipe, sorted({name for names in RECIPES.values()
                                                 for name in names}))
    folder = os.path.normpath(folder)
    record = read_record(folder)
    if record is None:
        if not workdir and not dry_run:
            raise ZooError("--workdir is missing: give a folder for this run.")
        prepared = f"{workdir.rstrip('/')}_data" if workdir else ""
        if prepared and read_record(prepared) is not None:
            check_source(prepared, folder)
        else:
            if dry_run:
                temporary = tempfile.TemporaryDirectory(prefix="zoo-dry-run-")
                prepared = f"{AT_EXIT.enter_context(temporary)}/data"
            _prepare(folder, prepared, kind)
        folder, record = prepared, read_record(prepared)
    if kind not in (None, record["kind"]):
        raise ZooError(
            f"--kind={kind}, but {folder} was prepared as {record['kind']}: prepare it again."
        )
    known = RECIPES[record["kind"]]
    recipe = recipe or known[0]
    if recipe not in known:
        raise ZooError(
            f"--recipe must be one of {', '.join(known)} for {record['kind']}, got "
            f'"{recipe}".{nearest(recipe, known)}'
        )
    return [f"--config={recipe}:folder", f"--config.data.directory={folder}"]


def _prepare(folder, out, kind):
    """Runs the preparation in a process of its own: TensorFlow's threads are set afterwards."""
    command = [sys.executable, "-m", "recipes.prepare_data", f"--folder={folder}", f"--out={out}"]
    command += [f"--kind={kind}"] if kind else []
    print(f"preparing {folder} in {out}", flush=True)
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"error: exit status {done.returncode}"]
        raise ZooError(lines[-1].removeprefix("error: "))
