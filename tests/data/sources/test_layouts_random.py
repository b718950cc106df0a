"""Random trees with noise are read as what they are, or refused; never with another count."""

import json
import tempfile
from collections import Counter

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.support.trees import NOISE, SPELLINGS, nfc, nfd, pack, png, write
from zoo.data import CaptionFolder, ClassFolder, PairedFolder, UnpairedFolders
from zoo.errors import MissingSplit, ZooError

PLAIN = ("cat", "dog", "café", "Ünal", "x y", "trains", "0", "valley")
AWKWARD = ("train", "test2017", "A", "b", "Valid", "test_a")  # may make another reading possible
SMALL, WIDE = png(), png(4, 2)
FEW = settings(
    max_examples=40, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    phases=[Phase.generate],  # a failing tree is small; to make it smaller takes minutes
)


class Case:
    """A tree on disk, and what is true of it.

    `clear`: it has one reading, so that it must be read. `truth`: split (None of none) -> the
    right answer.
    """

    def __init__(self, draw, truth, clear=True):
        self.draw, self.truth, self.clear, self.files = draw, truth, clear, {}
        self.others = True  # whether other images may be next to the data: they are no part of it

    def add(self, name, data=SMALL):
        self.files[name] = data

    def make(self, folder):
        """Writes it with noise; returns its path."""
        draw = self.draw
        above = draw(st.sampled_from(["", "", "mine/", "my data/v1/"]))
        tops = ["", above]
        levels = {"", above, *(above + name[: name.rindex("/") + 1] for name in self.files
                               if "/" in name)}
        files = {above + name: data for name, data in self.files.items()}
        for name in draw(st.lists(st.sampled_from(NOISE), max_size=4)):
            files[draw(st.sampled_from(sorted(levels))) + name] = png(3, 3)
        if self.others and draw(st.integers(0, 4)) == 0:
            files[draw(st.sampled_from(tops)) + "previews/1.png"] = png(4, 2)
            self.clear = False
        if self.others and draw(st.integers(0, 4)) == 0:
            files[draw(st.sampled_from(tops)) + "overview.png"] = png(4, 2)
            self.clear = False
        form = draw(st.sampled_from(["folder", "zip", "backslashes", "folders"]))
        spell = draw(st.sampled_from([nfc, nfd]))
        files = {spell(name): data for name, data in files.items()}
        if form == "folder":
            return write(f"{folder}/given", files)
        return pack(
            f"{folder}/given.zip", files, backslashes=form == "backslashes",
            folders=form == "folders",
        )


def splits(draw):
    """Canonical name -> a spelling of it; {None: ""} of a set without splits."""
    names = draw(st.sets(st.sampled_from(sorted(SPELLINGS))))
    return {n: draw(st.sampled_from(SPELLINGS[n])) for n in sorted(names)} or {None: ""}


def names_of(draw, most=3):
    endings = st.sampled_from([".png", ".PNG", ".Png"])
    stems = st.sets(st.sampled_from(["1", "2", "é", "a b", "deep/3"]), min_size=1, max_size=most)
    return sorted(stem + draw(endings) for stem in draw(stems))


def below(split):
    return f"{split}/" if split else ""


def check(case, read, asked_of_none=(None, "train")):
    """Reads every split: right, or refused; and refused only where it must not be clear."""
    with tempfile.TemporaryDirectory() as folder:
        path = case.make(folder)
        for split in ("train", "val", "test"):
            here = split if split in case.truth else None
            there = here in case.truth and (here or split in asked_of_none)
            try:
                found, name = read(path, split)
            except MissingSplit:
                assert not there or not case.clear, (split, case.files)
            except ZooError as error:
                assert not case.clear, (str(error), case.files)
            else:
                assert there, (split, case.files)
                assert name == here and found == case.truth[here], (split, case.files)


@FEW
@given(st.data())
def test_classes(data):
    draw = data.draw
    truth, files, clear = {}, {}, True
    for split, spelt in splits(draw).items():
        names = draw(st.sets(st.sampled_from(PLAIN), min_size=1, max_size=4))
        odd = draw(st.sets(st.sampled_from(AWKWARD), max_size=draw(st.integers(0, 1))))
        clear = clear and not odd and (split is not None or len(names) > 1)
        truth[split] = {}
        for name in sorted({*names, *odd}):
            images = names_of(draw)
            # a class whose images all lie deeper may be more than one class
            clear = clear and not all("/" in image for image in images)
            truth[split][nfc(name)] = len(images)
            files.update({f"{below(spelt)}{name}/{image}": SMALL for image in images})
    case = Case(draw, truth, clear)
    case.files, case.others = files, None not in truth  # without splits it would be a class

    def read(path, split):
        source = ClassFolder(path, split, check=False)
        counts = Counter(source.class_names[label] for label in source.labels)
        assert len(source) == len(source.file_names) == sum(counts.values())
        return dict(counts), source.split

    check(case, read)


@FEW
@given(st.data())
def test_pairs_side_by_side(data):
    draw = data.draw
    case = Case(draw, {})
    for split, spelt in splits(draw).items():
        images = [name.replace("deep/", "") for name in names_of(draw)]
        case.truth[split] = len(set(images))
        for name in images:
            case.add(below(spelt) + name, WIDE)
    case.others = None not in case.truth

    def read(path, split):
        source = PairedFolder(path, split, check=False)
        first, second = source.load(0)
        assert first.shape == second.shape and source.layout == "side_by_side"
        return len(source), source.split

    check(case, read)


def two_folders(draw, pattern, split, domain):
    """The folder of a domain in one of the accepted layouts."""
    if split is None:
        return f"{domain}/"
    return {
        "joined": f"{split}{domain}/", "dashed": f"{split}_{domain}/",
        "split first": f"{split}/{domain}/", "domain first": f"{domain}/{split}/",
    }[pattern]


PATTERNS = st.sampled_from(["joined", "dashed", "split first", "domain first"])


@FEW
@given(st.data())
def test_pairs_in_folders(data):
    draw = data.draw
    case, pattern = Case(draw, {}), draw(PATTERNS)
    a, b = draw(st.sampled_from([("A", "B"), ("a", "b")]))
    for split, spelt in splits(draw).items():
        images = names_of(draw)
        case.truth[split] = len({name.rsplit(".", 1)[0] for name in images})
        for name in images:
            case.add(two_folders(draw, pattern, spelt or None, a) + name)
            other = name.rsplit(".", 1)[0] + draw(st.sampled_from([".png", ".jpg"]))
            case.add(two_folders(draw, pattern, spelt or None, b) + other)

    def read(path, split):
        source = PairedFolder(path, split, check=False)
        assert source.layout == "folders"
        return len(source), source.split

    check(case, read)


@FEW
@given(st.data())
def test_domains(data):
    draw = data.draw
    case, pattern = Case(draw, {}), draw(PATTERNS)
    domains = draw(st.sampled_from([("A", "B"), ("cat", "dog"), ("café", "bar")]))
    for split, spelt in splits(draw).items():
        counts = []
        for domain in domains:
            images = names_of(draw)
            counts.append(len(images))
            for name in images:
                case.add(two_folders(draw, pattern, spelt or None, domain) + name)
        case.truth[split] = tuple(counts)

    def read(path, split):
        source = UnpairedFolders(path, split, domains, check=False)
        return (len(source.a), len(source.b)), source.split

    check(case, read)


@FEW
@given(st.data())
def test_captions(data):
    draw = data.draw
    case, spell = Case(draw, {}), draw(st.sampled_from([nfc, nfd]))
    for split, spelt in splits(draw).items():
        images = names_of(draw)
        case.truth[split] = [(nfc(name), [f"a {name}"]) for name in images]
        rows = [{"file_name": spell(name), "text": f"a {name}"} for name in images]
        case.add(f"{below(spelt)}metadata.jsonl", "\n".join(map(json.dumps, rows)).encode())
        for name in images:
            case.add(below(spelt) + name)

    def read(path, split):
        source = CaptionFolder(path, split, check=False)
        return list(zip(source.file_names, source.captions, strict=True)), source.split

    check(case, read)


@FEW
@given(st.data())
def test_another_layout_is_refused(data):
    draw = data.draw
    kind = draw(st.sampled_from(["classes", "captions", "pairs", "halves"]))
    case, pattern = Case(draw, {}, clear=False), draw(PATTERNS)
    sources = {"classes": ClassFolder, "pairs": PairedFolder, "captions": CaptionFolder}
    parts = splits(draw)
    case.others = None not in parts  # without splits it would be another class
    for spelt in parts.values():
        for name in names_of(draw):
            name = name.replace("deep/", "")
            if kind == "classes":
                case.add(f"{below(spelt)}cat/{name}", WIDE)
                case.add(f"{below(spelt)}dog/{name}", WIDE)
            elif kind == "pairs":
                for side in "AB":
                    case.add(two_folders(draw, pattern, spelt or None, side) + name)
            else:
                case.add(below(spelt) + name, WIDE)
        if kind == "captions":
            row = {"file_name": name, "text": "one"}
            case.add(f"{below(spelt)}metadata.jsonl", json.dumps(row).encode())
    for name, source in sources.items():
        if name == kind or (name == "pairs" and kind in ("captions", "halves")):
            continue
        with tempfile.TemporaryDirectory() as folder:
            path = case.make(folder)
            for split in ("train", "val", "test"):
                try:
                    found = source(path, split, check=False)
                except ZooError:
                    continue
                raise AssertionError((name, kind, len(found), case.files))
