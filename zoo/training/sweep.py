"""The runs of a sweep, one after another in its folder."""

from ml_collections import ConfigDict

from zoo.errors import ZooError
from zoo.training import launch, sweep_report
from zoo.training.config import to_plain
from zoo.training.pretraining import check_weights, named_presets
from zoo.training.run_data import check_beside, check_folder, record
from zoo.training.run_folder import RunFolder, as_begun, check_owner
from zoo.training.sweep_points import shown
from zoo.training.trainer import is_chief


def run(recipe, key, points, workdir, strategy):
    """Trains what is not yet trained, then writes the report; a signal stops it in between.

    Args:
        recipe: `zoo.training.Recipe` with the settings that the runs share.
        key: str. The setting that is varied.
        points: list of `zoo.training.sweep_points.Point`.
        workdir: absolute path of the sweep's folder.
        strategy: see `zoo.training.trainer.make_strategy`.

    Raises:
        ZooError: a mistake in the settings, before anything is written; or runs that broke down,
            after the others and the report are done.
    """
    recipe = recipe.with_config(as_begun(recipe.config, workdir))
    data = recipe.open_data(recipe.config)
    recipe = launch.resolve(recipe, data)
    owner = ConfigDict(to_plain(recipe.config), type_safe=False)
    owner.update_from_flattened_dict({key: "swept"})
    check_owner(workdir, owner)
    check_folder(workdir, data)
    check_weights(recipe)
    for point in points:
        begun = point.recipe.with_config(as_begun(point.config, workdir))
        point.recipe = launch.resolve(begun, data)
        check_folder(workdir / point.name, data)
        if not (workdir / point.name).exists():
            _check(key, point, strategy)
    folder = RunFolder(workdir, owner, writer=is_chief(strategy))
    try:
        record(folder, data)
        presets = launch.pretrain_all(recipe, data, folder, strategy)
        if presets is None:
            return
        for number, point in enumerate(points, start=1):
            point.config.update(presets)
            folder.log(f"{key} = {shown(point.value)} ({number} of {len(points)})")
            if not _train(point, workdir / point.name, folder, strategy):
                return
        if folder.writer:
            sweep_report.write(folder, recipe, key, points, data, presets.get("damsm"))
    finally:
        folder.close()
    broken = [f"{shown(point.value)}: {point.error}" for point in points if point.error]
    if broken:
        raise ZooError(f"{len(broken)} of {len(points)} runs broke down. {key} = {broken[0]}")


def _check(key, point, strategy):
    """Raises `ZooError` if a run cannot be built."""
    try:
        data = point.recipe.open_data(point.config)
        launch.build_experiment(point.recipe, data, strategy)
    except ValueError as error:
        raise ZooError(f"{key} cannot be {shown(point.value)}: {error}") from None


def _train(point, place, folder, strategy):
    """Trains a run that is not complete; returns False when a signal stopped it."""
    check_owner(place, point.config)
    check_beside(place, named_presets(point.recipe))
    if launch.is_done(RunFolder(place, point.config, writer=False), point.config.steps):
        folder.log(f"{place.name} is done already.")
        return True
    try:
        return launch.run(point.recipe, place, strategy=strategy)
    except ZooError as error:
        point.error = str(error)
        folder.log(f"{place.name}: {error}")
        return True
