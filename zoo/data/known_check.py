"""Checks a copy of a paper's data set: layout, numbers of images, captions and classes, checksums.

The copy is opened as training opens it, so that what passes here is read there.
"""

import hashlib
import os
import shlex
from dataclasses import dataclass, field

import numpy as np

from zoo.data import get_source
from zoo.data.download import check_file
from zoo.data.known import DATA_SETS
from zoo.data.sources.attngan_layout import EMBEDDINGS
from zoo.errors import MissingSplit, ZooError, check_choice

NAME = " --config.data.name=classes"  # of CIFAR-10 as image files
OK, WRONG, MISSING, NOTE = "ok", "wrong", "missing", "note"


@dataclass
class Report:
    """What a check found.

    Attributes:
        lines: list of (word, str): `OK`, `WRONG`, `MISSING` or `NOTE`, and a sentence.
        command: str, the next command if nothing is wrong.
        repeat: str, the command of this check.
    """

    lines: list = field(default_factory=list)
    command: str = ""
    repeat: str = ""

    @property
    def passed(self):
        """Whether nothing is wrong or missing."""
        return not any(word in (WRONG, MISSING) for word, _ in self.lines)

    @property
    def text(self):
        """One line per item, and the next command."""
        lines = [f"{word:<8}{sentence}" for word, sentence in self.lines]
        following = self.command if self.passed else f"correct this, then {self.repeat}"
        lines.append(f"next: {following}")
        return "\n".join(lines)

    def add(self, what, found, expected):
        """A number: "train: 400 images", or what it is and should be."""
        if expected is None:
            self.lines.append((NOTE, f"{what.format(f'{found:,}')}; the right number is not known"))
        elif found == expected:
            self.lines.append((OK, what.format(f"{found:,}")))
        else:
            text = f"{what.format(f'found {found:,}')}, expected {expected:,}"
            self.lines.append((WRONG, text))


def names():
    """The data sets that can be checked, a list of str."""
    return [name for name, known in DATA_SETS.items() if known.splits]


def check(name, path):
    """Checks a copy of a data set, or one of its official archives.

    Args:
        name: str, one of `names()`.
        path: str, the folder or .zip of the data; or a file that has the name of one of the
            official archives, whose size or checksum is then compared.

    Returns:
        `Report`.

    Raises:
        ZooError: an unknown name, or there is nothing at `path`.
    """
    check_choice("--check", name, names())
    known = DATA_SETS[name]
    if not path:
        raise ZooError(f"The folder is missing: zoo data --check {name} FOLDER.")
    if not os.path.exists(path):
        raise ZooError(
            f"{path}: no such folder or file. Give the data set's folder or .zip, or fetch it "
            f"first: zoo data --download {name} --out={path}."
        )
    archives = {archive.name: archive for archive in known.archives}
    place = shlex.quote(os.fspath(path))
    report = Report(command=known.command.format(place), repeat=f"zoo data --check {name} {place}")
    if os.path.basename(path) in archives and os.path.isfile(path):
        report.command = f"unpack it, then zoo data --check {name} FOLDER"
        _check_archive(report, archives[os.path.basename(path)], path)
        return report
    absent = [file for file in known.layout if not os.path.exists(os.path.join(path, file))]
    report.lines += [(MISSING if file in absent else OK, file) for file in known.layout]
    if absent and known.by_hand:
        report.lines.append((NOTE, known.by_hand))
    if not absent:
        for split in known.splits:
            _check_split(report, known, path, split)
    _check_files(report, known, path)
    return report


def _check_archive(report, archive, path):
    try:
        compared = check_file(archive, path)
    except ZooError as error:
        report.lines.append((WRONG, str(error)))
        return
    unknown = f"{path}: neither size nor checksum of this archive is known"
    report.lines.append((OK, f"{path}: {compared}") if compared else (NOTE, unknown))


def _check_split(report, known, path, split):
    """Opens a split and compares its numbers."""
    try:
        source = _open(report, known, path, split)
    except MissingSplit as error:
        report.lines.append((MISSING, f"{split}: {error}"))
        return
    except ZooError as error:
        report.lines.append((WRONG, f"{split}: {error}"))
        return
    expected = known.splits[split]
    if known.kind == "domains":
        for side, part, count in zip("AB", (source.a, source.b), expected, strict=True):
            report.add(f"{split}: {{}} images in domain {side}", len(part), count)
        return
    report.add(f"{split}: {{}} {'pairs' if known.kind == 'pairs' else 'images'}",
               len(source), expected)
    if split in known.split_classes:
        counts = np.unique(np.asarray(source.labels), return_counts=True)[1]
        report.add(f"{split}: {{}} classes", len(counts), known.split_classes[split])
        if known.kind == "classes":
            each = expected // known.split_classes[split]
            wrong = next((count for count in counts if count != each), each)
            report.add(f"{split}: {{}} images per class", int(wrong), each)
    if known.captions:
        _check_captions(report, known, split, source, path)


def _open(report, known, path, split):
    """The source of a split; images of classes may also be files in a folder or .zip."""
    name = known.source
    if name == "cifar10" and not _batches(path):
        name = "classes"
        if NAME not in report.command:
            report.command += NAME
    source = get_source(name, directory=path, split=split)
    if known.kind in ("pairs", "domains", "classes") and getattr(source, "split", split) is None:
        raise MissingSplit(f"{path} has no folders for splits; expected {', '.join(known.splits)}.")
    return source


def _check_captions(report, known, split, source, path):
    fewest = min(map(len, source.captions))
    report.add(f"{split}: {{}} captions per image", fewest, known.captions)
    file = os.path.join(path, split, EMBEDDINGS)
    if not os.path.exists(file):
        report.lines.append((NOTE, f"{split}: no {EMBEDDINGS}, which only stackgan_v2 with "
                                   "--config.text=embeddings reads"))


def _check_files(report, known, path):
    """Compares the checksums of unpacked files, where their authors give them."""
    folder = _batches(path) if known.md5 else ""
    if not folder:
        return
    wrong = []
    for name, expected in known.md5.items():
        file = os.path.join(folder, name)
        if os.path.isfile(file):
            with open(file, "rb") as stream:
                if hashlib.file_digest(stream, "md5").hexdigest() != expected:
                    wrong.append(name)
    if wrong:
        report.lines.append((WRONG, f"{', '.join(wrong)}: not the official files by their MD5"))
    else:
        report.lines.append((OK, f"{len(known.md5)} files with their official MD5"))


def _batches(path):
    """The folder of CIFAR-10's own files in or at a path, or ""."""
    for folder in (os.path.join(path, "cifar-10-batches-py"), path,
                   os.path.join(path, "cifar-10-batches-bin")):
        for name in ("data_batch_1", "data_batch_1.bin"):
            if os.path.isfile(os.path.join(folder, name)):
                return folder
    return ""
