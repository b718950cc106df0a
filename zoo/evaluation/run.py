"""Evaluates a model, or a set of images, against real images with a protocol.

    import zoo
    from zoo.evaluation import evaluate

    evaluation = evaluate(zoo.from_preset("attn_gan_emoji_64"), "emoji.zip", conditions=16)
    evaluation["fid[damsm_emoji_64]"]["value"], evaluation["ndb"]["interval_95"]
    print(evaluation.text)
    evaluation.write("report")
"""

import dataclasses
import time
from pathlib import Path

from zoo.errors import ZooError, nearest
from zoo.evaluation import report as reports
from zoo.evaluation.arguments import check_source, kind_of, plain
from zoo.evaluation.deviations import protocol_deviations
from zoo.evaluation.evaluators import Evaluators, open_evaluators
from zoo.evaluation.image_set import ImageSet
from zoo.evaluation.measurement import measure
from zoo.evaluation.options import make_options
from zoo.evaluation.protocols import find_protocol
from zoo.evaluation.subject import check_subject, common_record, open_subject


@dataclasses.dataclass
class Evaluation:
    """The results of one evaluation.

    `evaluation[metric]` is the dict of one metric: `metric`, `value`, `interval_95` ([low, high] of
    a bootstrap, where there is one), `better` ("lower", "higher" or ""), `protocol` (all
    facts about the measurement) and `warnings` (list of str).

    Attributes:
        report: dict, the content of `report.json`.
        measures: list of `Measure`, for intervals of differences.
        subject: `zoo.evaluation.subject.Subject` that was evaluated.
    """

    report: dict
    measures: list
    subject: object

    @property
    def results(self):
        """List of the dicts of all metrics."""
        return self.report["results"]

    @property
    def warnings(self):
        """List of str: deviations from the protocol."""
        return self.report["warnings"]

    @property
    def not_measured(self):
        """Dict of metric -> reason why it was not measured."""
        return self.report["not_measured"]

    @property
    def text(self):
        """The report as Markdown."""
        return reports.markdown(self.report)

    def __getitem__(self, metric):
        results = {result["metric"]: result for result in self.results}
        if metric not in results:
            raise ZooError(
                f'"{metric}" was not measured: expected one of {", ".join(results)}.'
                f"{nearest(metric, results)}"
            )
        return results[metric]

    def write(self, folder):
        """Writes `report.json`, `report.md` and the figures into a folder.

        Raises:
            ZooError: if the folder cannot be written.
        """
        from zoo.evaluation import figures
        from zoo.storage import output_folders, write_bytes_atomically, write_json

        with output_folders.gathered(Path(folder)) as temporary:
            self.report["pictures"] = figures.write(
                temporary, self.subject, self.results, self.report["seed"]
            )
            write_json(str(temporary / "report.json"), self.report)
            write_bytes_atomically(str(temporary / "report.md"), self.text.encode())


def evaluate(
    model, source="", protocol="quick", *, evaluators=None, cache=None, command=None, **options
):
    """Evaluates a model, or a set of images, against real images.

    Args:
        model: a conditional GAN of this package; a preset's name, directory or handle; or an
            `ImageSet` of generated images, see `zoo.evaluation.image_set.from_path` and
            `from_array`.
        source: the data set of the conditions and the real images: a name of `zoo.data.SOURCES`, a
            path, or "NAME:PATH"; "" for the data set of the preset's training; or an open source,
            which is then used for every split. For an `ImageSet` also a folder, .zip or .npy of
            images, or another `ImageSet`.
        protocol: "quick", "msgan_text", "msgan_label", "msgan_image", "attngan" or "xmc_gan", see
            `zoo.evaluation.protocols`; or a `Protocol`.
        evaluators: the networks that compute the metrics, from `open_evaluators`. None opens this
            package's encoders for the data, if the protocol allows one: for those that the preset
            was trained on, else for those of `source`.
        cache: folder that caches generated images and features for later evaluations; None for a
            temporary one. Ignored if `evaluators` are given, which have their own.
        command: list of str, the command line to record in the report, or None.
        **options: the attributes of `zoo.evaluation.options.Options`, such as `conditions=16`,
            `seed=1`, `bootstrap=0`, `strict=True`.

    Returns:
        `Evaluation`.

    Raises:
        ZooError: if something cannot be opened, the model does not match the protocol or the data,
            an option or a file changes nothing, or, with `strict`, the protocol is not met.
    """
    start, model, source = time.monotonic(), plain(model), plain(source)
    options, full_protocol = make_options(options), find_protocol(protocol)
    check_subject(model)
    check_source(source)
    name = protocol if isinstance(protocol, str) else "custom"
    requested = options.applied(full_protocol)
    evaluators = _checked_evaluators(evaluators, full_protocol, model, source, cache)
    subject, available, about, warnings = open_subject(
        model, source, requested, options, evaluators.cache
    )
    options.check_folds(full_protocol, subject.kind, evaluators.damsm)
    evaluators.check_used(full_protocol, subject.kind)
    real, versions = available.sample(requested.real, options.seed), reports.versions()
    warnings += evaluators.warnings + protocol_deviations(
        subject, real, len(available), full_protocol, requested, evaluators, options.per_class
    )
    if options.strict and warnings:  # before any image is generated
        raise ZooError(f"`strict`: the protocol {name} is not met: {'; '.join(warnings)}.")
    results = measure(subject, real, requested, evaluators, options.seed, options.per_class)
    common = common_record(subject, real, name, options.seed, about["splits"], versions)
    entries = []
    for one, seconds in results.measures:
        one.warnings = [*warnings, *one.warnings]
        entries.append(reports.record(one, common, options.bootstrap, options.seed, seconds))
    others = [n for n in (evaluators.lpips, evaluators.detector) if n is not None]
    report = {
        "format": reports.FORMAT, "subject": {"name": subject.name, **subject.source},
        "protocol": {"name": name, **dataclasses.asdict(full_protocol)},
        "data": {**about, "name": real.name, "count": len(real), "sha256": real.digest,
                 "input": real.preprocessing},
        "networks": [network.record() for network in (*evaluators.networks, *others)],
        "resolution": subject.size[0], "seed": options.seed, "warnings": warnings,
        "results": entries, "not_measured": results.not_measured,
        "versions": versions, "seconds": round(time.monotonic() - start, 1),
        **({"command": command} if command else {}),
    }
    return Evaluation(report, [one for one, _ in results.measures], subject)


def _checked_evaluators(evaluators, protocol, model, source, cache):
    """The `Evaluators`, whose networks are those that were opened; by default, new ones."""
    if evaluators is None:
        return open_evaluators(
            protocol, None if isinstance(model, ImageSet) else model, cache, source=source
        )
    if not isinstance(evaluators, Evaluators):
        raise ZooError(
            f"`evaluators` must be from open_evaluators, or None, got {kind_of(evaluators)}."
        )
    for network in evaluators.networks:
        network.check_unchanged()
    return evaluators


def quick(model, source="", **settings):
    """`evaluate` with this package's own protocol, which takes minutes on a CPU.

    64 conditions with 4 images each against 512 real images: FID with an encoder of this package,
    NDB and JSD with 20 bins, diversity, R-precision. Its numbers are comparable only among runs of
    this package.
    """
    return evaluate(model, source, "quick", **settings)


def msgan_text(model, source="", **settings):
    """`evaluate` with MSGAN's protocol for text-to-image systems (arXiv 1903.05628, supplement).

    200 captions with 10 images each against 2,000 real images: FID, NDB and JSD with 100 bins,
    LPIPS of 10 pairs per caption.
    """
    return evaluate(model, source, "msgan_text", **settings)


def msgan_label(model, source="", **settings):
    """`evaluate` with MSGAN's protocol for label-to-image systems (arXiv 1903.05628, supplement).

    5,000 images of each class against all real images: FID, and NDB and JSD with 250 bins, also
    per class.
    """
    return evaluate(model, source, "msgan_label", **settings)


def msgan_image(model, source="", **settings):
    """`evaluate` with MSGAN's protocol for image-to-image systems (arXiv 1903.05628, supplement).

    100 source images of the split "test" or "val" with 50 outputs each against all real images:
    FID, NDB and JSD with 50 bins (the paper's facades: `bins=20`), LPIPS of 50 pairs per source
    image.
    """
    return evaluate(model, source, "msgan_image", **settings)


def attngan(model, source="", **settings):
    """`evaluate` with the protocol of AttnGAN (arXiv 1711.10485) and DM-GAN.

    30,000 captions with one image each against all held-out images: FID, Inception score in 10
    splits as in OpenAI's script, R-precision among 100 captions.
    """
    return evaluate(model, source, "attngan", **settings)


def xmc_gan(model, source="", **settings):
    """`evaluate` with the protocol of XMC-GAN (arXiv 2101.04702).

    30,000 captions with one image each against 30,000 held-out images: FID, Inception score of one
    split, and SOA if a detector is given.
    """
    return evaluate(model, source, "xmc_gan", **settings)
