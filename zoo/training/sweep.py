"""Runs a sweep: one training run per value, sequentially, in one folder."""

from ml_collections import ConfigDict

from zoo.errors import ZooError
from zoo.training import launch, sweep_report
from zoo.training.cluster import is_chief
from zoo.training.config import to_plain
from zoo.training.following import following_settings
from zoo.training.pretraining import check_weights, named_presets
from zoo.training.run_data import check_folder, check_pretrained, record
from zoo.training.run_folder import RunFolder, as_begun, check_config_matches
from zoo.training.sweep_points import value_text


def run(recipe, key, points, workdir, strategy):
    """Trains the runs that are not complete, then writes the report. A signal stops the sweep.

    Args:
        recipe: `zoo.training.Recipe` with the settings that the runs share.
        key: str. The setting that varies.
        points: list of `zoo.training.sweep_points.Point`.
        workdir: absolute path of the sweep folder.
        strategy: see `zoo.training.cluster.make_strategy`.

    Raises:
        ZooError: for invalid settings, before anything is written; or if runs failed, after the
            others and the report are complete.
    """
    following = following_settings(recipe.config)
    recipe = recipe.with_config(as_begun(recipe.config, workdir, skip={key}))
    data = recipe.open_data(recipe.config)
    recipe = launch.resolve(recipe, data)
    config = ConfigDict(to_plain(recipe.config), type_safe=False)
    config.update_from_flattened_dict({key: "swept"})
    check_config_matches(workdir, config)
    check_folder(workdir, data)
    check_weights(recipe)
    for point in points:
        point.recipe = point.recipe.with_config(
            as_begun(point.config, workdir, following, skip={key})
        )
        resolved = launch.resolve(point.recipe, data)
        check_folder(workdir / point.name, data)
        if not (workdir / point.name).exists():
            _check(key, point.value, resolved, strategy)
    folder = RunFolder(workdir, config, writer=is_chief(strategy))
    try:
        record(folder, data)
        presets = launch.pretrain_all(recipe, data, folder, strategy)
        if presets is None:
            return
        for number, point in enumerate(points, start=1):
            point.config.update(presets)
            folder.log(f"{key} = {value_text(point.value)} ({number} of {len(points)})")
            if not _train(point, workdir / point.name, folder, data, strategy):
                return
        if folder.writer:
            sweep_report.write(folder, recipe, key, points, data, presets.get("damsm"))
    finally:
        folder.close()
    failed = [f"{value_text(point.value)}: {point.error}" for point in points if point.error]
    if failed:
        raise ZooError(f"{len(failed)} of {len(points)} runs failed. {key} = {failed[0]}")


def _check(key, value, recipe, strategy):
    """Raises `ZooError` if a run cannot be built."""
    try:
        launch.build_experiment(recipe, recipe.open_data(recipe.config), strategy)
    except ValueError as error:
        raise ZooError(f"{key} cannot be {value_text(value)}: {error}") from None


def _train(point, directory, folder, data, strategy):
    """Trains a run unless it is complete; returns False when a signal stopped it."""
    config = launch.resolve(point.recipe, data).config
    check_config_matches(directory, config)
    check_pretrained(directory, named_presets(point.recipe))
    if launch.is_done(RunFolder(directory, config, writer=False), config.steps):
        folder.log(f"{directory.name} is already done.")
        return True
    try:
        return launch.run(point.recipe, directory, strategy=strategy)
    except ZooError as error:
        point.error = str(error)
        folder.log(f"{directory.name}: {error}")
        return True
