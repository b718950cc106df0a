"""`zoo demo`: what the page shows, and the page itself where Gradio is installed."""

import contextlib
import importlib.util
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from tests.models.test_dcgan import dcgan
from tests.support import tiny
from tests.support.runs import ROOT, environment
from tests.support.tiny_systems import SYSTEMS
from zoo.errors import ZooError
from zoo_cli import demo_page
from zoo_cli.demo_page import FRAMES, SIDE, Demo

CAPTIONS = "a red circle\n\n  a blue square "
needs_gradio = pytest.mark.skipif(
    importlib.util.find_spec("gradio") is None, reason='needs Gradio: pip install -e ".[demo]"')


@pytest.fixture(scope="module")
def text():
    return tiny.attn_gan(compiled=False)


def demo_of(monkeypatch, models, preset):
    monkeypatch.setattr("zoo.from_preset", models.__getitem__)
    monkeypatch.setattr("zoo.presets.registry.builtin_names", lambda: list(models))
    monkeypatch.setattr("zoo.presets.registry._shared_settings", lambda name: {"steps": 1})
    return Demo(preset)


def test_both_members_of_a_pair(monkeypatch, text):
    demo = demo_of(monkeypatch, {"a_ms_b": text, "a_b": text}, "a_ms_b")
    assert demo.titles == ["a_b, without mode seeking", "a_ms_b, with mode seeking"]
    plain, seeking = demo.draw(CAPTIONS, 3, 2)
    np.testing.assert_array_equal(plain, seeking)  # the same captions and seeds
    side = 2 * SIDE
    assert plain.dtype == np.uint8 and side <= min(plain.shape[:2]) < side + 10
    first = text.generate(["a red circle"], seed=3)[0]
    factor = SIDE // len(first)
    corner = seeking[2:2 + SIDE, 2:2 + SIDE] if len(seeking) > side else seeking[:SIDE, :SIDE]
    np.testing.assert_array_equal(corner[::factor, ::factor], first)


def test_emptied_number_fields(monkeypatch, text):
    demo = demo_of(monkeypatch, {"b": text}, "b")
    for call in (lambda: demo.draw(CAPTIONS, None, 1), lambda: demo.frames(CAPTIONS, None),
                 lambda: demo.attention(CAPTIONS, None)):
        with pytest.raises(ZooError, match="Enter a seed first"):
            call()
    with pytest.raises(ZooError, match="Enter a number of images first"):
        demo.draw(CAPTIONS, 0, None)


def test_frames_begin_and_end_at_the_seeds(monkeypatch, text):
    demo = demo_of(monkeypatch, {"b": text}, "b")
    assert demo.titles == ["b"] and demo.partner is None
    (frames,) = demo.frames(CAPTIONS, 5)
    assert len(frames) == FRAMES
    np.testing.assert_array_equal(frames[0], demo.draw(CAPTIONS, 5, 1)[0])
    assert demo.attention(CAPTIONS, 0).shape[2] == 3


def test_labels_and_what_is_missing(monkeypatch, text):
    labels = dcgan(compiled=False)
    demo = demo_of(monkeypatch, {"c": labels, "t": text}, "c")
    assert len(demo.draw([0, 1], 0, 3)) == 1
    with pytest.raises(ZooError, match="Enter a class first"):
        demo.draw([], 0, 3)
    with pytest.raises(ZooError, match="Enter a caption first"):
        Demo("t").draw(" \n", 0, 1)
    damsm = tiny.damsm()
    with pytest.raises(ZooError, match="generate images from captions, .* but d is a DAMSM"):
        demo_of(monkeypatch, {"d": damsm}, "d")


@pytest.mark.parametrize("name", ["pix2pix", "drit"])
def test_an_image_is_a_condition(monkeypatch, tmp_path, name):
    demo = demo_of(monkeypatch, {"m": SYSTEMS[name].make(compiled=False)}, "m")
    options = demo_page._input(SimpleNamespace(Image=lambda **options: options), demo)
    assert options["type"] == "filepath" and options["image_mode"] is None  # the file untouched
    Image.new("RGBA", (50, 40)).save(tmp_path / "clear.png")
    shown, = demo.draw(str(tmp_path / "clear.png"), 0, 2)
    white, = demo.draw(np.full((40, 50, 3), 255, np.uint8), 0, 2)
    np.testing.assert_array_equal(shown, white)  # as `generate` reads transparency
    with pytest.raises(ZooError, match="Enter an image first"):
        demo.draw(None, 0, 2)


def test_a_model_without_a_condition(monkeypatch):
    model = tiny.stackgan_v2("none", compiled=False)
    demo = demo_of(monkeypatch, {"m": model}, "m")
    assert demo.draw(None, 0, 2)[0].dtype == np.uint8


@needs_gradio
def test_the_page_has_a_tab_per_view(monkeypatch, text):
    page = demo_page.make_page(demo_of(monkeypatch, {"b": text}, "b"))
    labels = str(page.get_config_file())
    for name in ("Images", "Between two latents", "Attention", "captions, one per line"):
        assert name in labels


def test_without_gradio_the_error_says_what_to_install():
    if importlib.util.find_spec("gradio") is not None:
        pytest.skip("Gradio is installed")
    with pytest.raises(ZooError, match=r"conditional-gan-zoo\[demo\]"):
        demo_page.main([])


def test_an_occupied_port_is_no_bug(monkeypatch):
    def launch(**options):
        raise OSError("Cannot find empty port in range: 7860-7860.")

    themes = SimpleNamespace(Default=lambda **options: None)
    monkeypatch.setitem(sys.modules, "gradio", SimpleNamespace(themes=themes))
    for name in ("GRADIO_ANALYTICS_ENABLED", "HF_HUB_OFFLINE"):
        monkeypatch.setenv(name, "")  # restores what `main` sets
    monkeypatch.setattr(demo_page, "Demo", lambda preset: None)
    monkeypatch.setattr(demo_page, "make_page", lambda demo: SimpleNamespace(launch=launch))
    with pytest.raises(ZooError, match="127.0.0.1:7860 cannot be bound: choose another --port"):
        demo_page.main([])


@needs_gradio
@pytest.mark.large
def test_the_page_in_a_browser(tmp_path):
    """Chromium renders the page, which asks nobody else for anything."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("there is no Chromium on the PATH")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen(
        [sys.executable, "-m", "zoo_cli.program", "demo", "dcgan_ms_cifar10_32", f"--port={port}"],
        cwd=ROOT, env=environment(),
    ) as server:
        try:
            url = f"http://127.0.0.1:{port}/"
            for _ in range(120):
                with contextlib.suppress(OSError):
                    urllib.request.urlopen(url, timeout=2).close()
                    break
                time.sleep(1)
            done = subprocess.run(
                [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom",
                 "--virtual-time-budget=20000", "--enable-logging=stderr", url],
                capture_output=True, text=True, timeout=120,
            )
            assert "dcgan_ms_cifar10_32" in done.stdout and "Between two latents" in done.stdout
            assert "CONSOLE" not in "\n".join(
                line for line in done.stderr.splitlines() if '"error' in line.lower())
        finally:
            server.terminate()
