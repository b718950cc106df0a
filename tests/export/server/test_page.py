"""The page of the local server in headless Chromium.

Needs `pip install playwright` and Chromium on the PATH (Debian: `apt-get install chromium`), or its
path in ZOO_CHROMIUM.
"""

import io
import os
import shutil
import urllib.parse

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("starlette", reason="needs the extra serve")
pytest.importorskip("grpc", reason="needs the extra serve")

from export.server.requests import Refused  # noqa: E402
from export.transports import Spec  # noqa: E402
from tests.export.server.fake import FakeVersion, running, write_version  # noqa: E402
from tests.export.server.requests import call  # noqa: E402

CHROMIUM = os.environ.get("ZOO_CHROMIUM") or shutil.which("chromium") or shutil.which("chrome")
FILES = {name: Spec(np.dtype(object), (-1,)) for name in ("image_bytes", "guide_bytes")}
GUIDED = {
    "inputs": {**FILES, "seed": Spec(np.dtype(np.int64), (-1,))},
    "outputs": {"image_bytes": Spec(np.dtype(object), (-1,))},
}


def png(value, size=8):
    file = io.BytesIO()
    Image.fromarray(np.full([size, size, 3], value, np.uint8)).save(file, "PNG")
    return file.getvalue()


def predict(self, signature, inputs):
    """Images as bright as their seed; of a guided row, as its guide."""
    if any(b"wrong" in caption for caption in inputs.get("captions", [])):
        raise Refused("invalid", "captions must not be <b>wrong</b>.")
    if signature == "guided":
        files = inputs["guide_bytes"].tolist()
    else:
        files = [png(seed) for seed in inputs["seed"].tolist()]
    return {"image_bytes": np.array(files, object)}


@pytest.fixture
def address(tmp_path, monkeypatch):
    write_version(tmp_path, 1)
    monkeypatch.setattr(FakeVersion, "predict", predict)
    monkeypatch.setattr(
        FakeVersion, "signatures", {**FakeVersion.signatures, "guided": GUIDED}
    )
    with running(tmp_path, monkeypatch) as (addresses, _, _):
        yield addresses["rest"]


def test_it_needs_nothing_from_elsewhere(address):
    status, text = call({"rest": address}, "/")
    assert status == 200
    for word in ("http:", "https:", "//cdn", "@import", "innerHTML", "eval("):
        assert word not in text


@pytest.fixture
def page(address):
    """The loaded page; messages of its console are in `page.messages`, URLs in `page.urls`."""
    api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    if not CHROMIUM:
        pytest.skip("needs Chromium on the PATH, or its path in ZOO_CHROMIUM")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        found = browser.new_page()
        found.set_default_timeout(30_000)
        found.messages, found.urls = [], []
        found.on("console", lambda message: found.messages.append(message.text))
        found.on("pageerror", lambda error: found.messages.append(str(error)))
        found.on("request", lambda request: found.urls.append(request.url))
        found.goto(address)
        found.wait_for_selector("#signature option", state="attached")
        yield found
        browser.close()


def image_of(download):
    with open(download.path(), "rb") as file:
        return np.asarray(Image.open(io.BytesIO(file.read())).convert("RGB"))


@pytest.mark.large
def test_captions_become_a_grid_by_keyboard_alone(page, address):
    page.get_by_label("Captions, one per line").fill("a red dot\n\n<i>blue</i>")
    page.get_by_label("Seed of the first image").fill("20")
    page.get_by_label("Images per condition").fill("3")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "generate"
    page.keyboard.press("Enter")
    page.get_by_text("6 images.").wait_for()
    images = page.locator("#grid img")
    alts = [images.nth(k).get_attribute("alt") for k in range(images.count())]
    assert alts[0] == "a red dot, seed 20" and alts[5] == "<i>blue</i>, seed 22"
    assert all(images.nth(k).evaluate("image => image.naturalWidth") == 8 for k in range(6))
    tops = [images.nth(k).bounding_box()["y"] for k in range(6)]
    assert len(set(tops)) == 2 and tops[0] == tops[2] < tops[3]  # one row per caption
    with page.expect_download() as one:
        page.locator("#grid a").nth(4).click()
    assert one.value.suggested_filename == "00004.png" and image_of(one.value).max() == 21
    with page.expect_download() as grid:
        page.get_by_text("Download all").click()
    assert image_of(grid.value).shape == (16, 24, 3)
    host = urllib.parse.urlsplit(address).netloc
    assert all(url.startswith("data:") or host in url for url in page.urls), page.urls
    assert page.messages == []
    if folder := os.environ.get("ZOO_SCREENSHOTS"):
        page.screenshot(path=os.path.join(folder, "page.png"), full_page=True)


@pytest.mark.large
def test_an_error_is_text_and_the_form_stays(page):
    page.get_by_label("Captions").fill("wrong")
    page.get_by_text("Generate").click()
    message = page.get_by_role("status")
    page.get_by_text("captions must not be").wait_for()
    assert message.inner_text() == "captions must not be <b>wrong</b>."
    assert page.locator("#generate").is_enabled()
    page.get_by_label("Captions").fill("right")
    page.get_by_text("Generate").click()
    page.get_by_text("4 images.").wait_for()


@pytest.mark.large
@pytest.mark.parametrize("seed", ["9007199254740993", "-9007199254740992", "9007199254740990"])
def test_seeds_that_a_browser_would_change_are_refused(page, seed):
    page.get_by_label("Captions").fill("right")
    page.get_by_label("Seed of the first image").fill(seed)
    page.get_by_text("Generate").click()
    page.get_by_text("This page sends seeds from").wait_for()
    assert page.locator("#grid img").count() == 0


@pytest.mark.large
def test_files_and_a_guide(page, tmp_path):
    for name, value in (("a.png", 1), ("b.png", 2), ("guide.png", 99)):
        (tmp_path / name).write_bytes(png(value))
    assert page.locator("#signature option").all_inner_texts() == ["serving_default", "guided"]
    page.get_by_label("Signature").select_option("guided")
    page.get_by_label("Image files").set_input_files([tmp_path / "a.png", tmp_path / "b.png"])
    page.get_by_label("Guide").set_input_files(tmp_path / "guide.png")
    page.get_by_label("Images per condition").fill("1")
    page.get_by_text("Generate").click()
    page.get_by_text("2 images.").wait_for()
    with page.expect_download() as one:
        page.locator("#grid a").first.click()
    assert image_of(one.value).max() == 99


@pytest.mark.large
def test_every_field_has_a_label_and_the_page_a_language(page):
    unnamed = page.evaluate(
        "[...document.querySelectorAll('input, textarea, select')]"
        ".filter((field) => !field.labels.length).map((field) => field.id)"
    )
    assert unnamed == []
    assert page.evaluate("document.documentElement.lang") == "en" and page.title() == "fake"
    assert page.locator("h1").count() == 1 and page.locator("main").count() == 1
