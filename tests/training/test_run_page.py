"""`report.html` and the README of a run folder."""

import html.parser
import json
import re

import numpy as np
import pytest
from PIL import Image

from zoo.training.run_folder import RunFolder
from zoo.training.run_page import curve, page, read_curves, write_page
from zoo.training.run_readme import typed_command

LOG = """\
2026-01-01 10:00:00 $ python -m x
2026-01-01 10:00:01 parameters: generator 1,234
2026-01-01 10:00:02 step 1/9 (11 %)  loss 4  kl_loss 1e-05  (the first step, with tracing, took 3 s)
2026-01-01 10:00:02 step 10/40 (25 %)  loss 2.5  kl_loss 2e-05  50.9 images/s  9 min 39 s left
2026-01-01 10:00:03 step 20/40 (50 %)  loss -1.5  kl_loss 3e-05  50.9 images/s  3 s left
2026-01-01 10:00:03 held-out (test) at step 20: frechet_damsm 58.97  other 3
2026-01-01 10:00:04 resumed at step 10
2026-01-01 10:00:05 step 20/40 (50 %)  loss 1.25  50.9 images/s  3 s left
2026-01-01 10:00:06 stopped by SIGINT at step 20 of 40; everything is saved
"""


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "a run & more"
    (folder / "samples").mkdir(parents=True)
    (folder / "log.txt").write_text(LOG)
    config = {"system": "gan", "dataset": "<b>", "steps": 40}
    (folder / "config.json").write_text(json.dumps(config))
    for name in ("step_0", "step_20", "step_100", "step_20_explain"):
        Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(folder / "samples" / f"{name}.png")
    return folder


def test_the_curves_are_those_of_the_log(run):
    assert read_curves(run / "log.txt") == {
        "loss": [(1, 4.0), (10, 2.5), (20, 1.25)],
        "kl_loss": [(1, 1e-5), (10, 2e-5), (20, 3e-5)],
        "held-out (test): frechet_damsm": [(20, 58.97)], "held-out (test): other": [(20, 3.0)],
    }


class Reader(html.parser.HTMLParser):
    """Checks that tags are closed, and collects links and sliders."""

    VOID = ("meta", "link", "input", "img")

    def __init__(self, text):
        super().__init__()
        self.open, self.links, self.images = [], [], []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.links += [attributes[name] for name in ("src", "href") if name in attributes]
        if "data-images" in attributes:
            self.images.append(json.loads(attributes["data-images"]))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_needs_nothing_else_and_its_images_exist(run):
    write_page(run)
    text = (run / "report.html").read_text()
    read = Reader(text)
    assert read.images == [
        [[0, "step_0.png"], [20, "step_20.png"], [100, "step_100.png"]],
        [[20, "step_20_explain.png"]],
    ]
    links = [link for link in read.links if link != "data:,"]
    assert links == ["samples/step_100.png", "samples/step_20_explain.png"]
    assert all((run / link).exists() for link in links) and "http" not in text
    assert "<b>" not in re.sub(r"<b>[\d.e-]+</b>", "", text) and "gan: &lt;b&gt;" in text
    assert "step 20 of 40" in text and text.count("<polyline") == 4 and "No preset yet" in text


def test_a_new_run_has_a_page_too(tmp_path):
    text = page(tmp_path)
    Reader(text)
    assert "No step has been logged yet" in text and "No sample grid yet" in text


def test_a_long_curve_has_few_points_and_its_end(tmp_path):
    lines = [f"2026-01-01 10:00:00 step {k}/9999 (1 %)  loss {k}" for k in range(1, 5001)]
    (tmp_path / "log.txt").write_text("\n".join(lines))
    points = re.search(r'points="(.*?)"', page(tmp_path))[1].split()
    assert len(points) < 500 and points[-1] == "360.0,0.0" and points[0] == "0.0,140.0"


@pytest.mark.parametrize("spike", [1, 1234, 4999])
def test_a_spike_of_a_long_curve_is_drawn(spike):
    text = curve("loss", [(step, 9.0 if step == spike else step / 5000) for step in range(5001)])
    points = re.search(r'points="(.*?)"', text)[1].split()
    assert f"{spike / 5000 * 360:.1f},0.0" in points and len(points) < 500
    assert "<small>0 to 9, steps 0 to 5000</small>" in text


def test_a_run_folder_keeps_its_page_and_its_command(tmp_path):
    config = {"system": "gan", "dataset": "shapes", "steps": 2}
    folder = RunFolder(tmp_path / "run", config, quiet=True)
    readme = (folder.path / "README.md").read_text()
    assert typed_command() in readme and f'zoo.from_preset("{folder.path}/presets/last")' in readme
    folder.log("step 1/2 (50 %)  loss 3")
    folder.write_json("checkpoints/last.json", {"step": 1})
    assert "loss <b>3</b>" in (folder.path / "report.html").read_text()
    folder.log("step 2/2 (100 %)  loss 2")
    folder.close()
    assert "loss <b>2</b>" in (folder.path / "report.html").read_text()
    (folder.path / "README.md").write_text("mine")
    RunFolder(folder.path, config, quiet=True).close()
    assert (folder.path / "README.md").read_text() == "mine"  # as the user left it


@pytest.mark.parametrize(("arguments", "command"), [
    (["/v/bin/python", "/v/bin/zoo", "train", "my images"], "zoo train 'my images'"),
    (["/v/bin/python3", "-m", "a.b", "--x=1"], "python3 -m a.b --x=1"),
    (["python", "run.py"], "python run.py"),
])
def test_the_command_is_the_one_that_was_typed(arguments, command):
    assert typed_command(arguments) == command
