"""examples/gallery.py: the page and its images."""

import importlib.util
import re
from pathlib import Path

import numpy as np

from tests.models.test_dcgan import dcgan
from tests.support import tiny

ROOT = Path(__file__).resolve().parent.parent
_spec = importlib.util.spec_from_file_location("gallery", ROOT / "examples" / "gallery.py")
gallery = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(gallery)


def test_parts_of_the_page(monkeypatch, tmp_path):
    page = gallery.Page(tmp_path / "gallery.md", tmp_path / "images")
    words = {key: (title, ("a red circle", "a blue square"))
             for key, (title, _) in gallery.CAPTIONS.items()}
    monkeypatch.setattr(gallery, "CAPTIONS", words)
    text, labels = tiny.attn_gan(compiled=False), dcgan(compiled=False)
    gallery.caption_part(page, "text", text)
    assert page.lines.count(f"*{gallery.SEEN}.*") == 1
    text.preset_metadata = {"training": {"data.held_out_split": "combinations"}}
    gallery.caption_part(page, "text", text)
    assert page.lines.count(f"*{gallery.SEEN}.*") == 1
    gallery.label_part(page, "labels", labels)
    monkeypatch.setattr("zoo.from_preset", lambda name: {"a": text, "a_ms": text}[name])
    gallery.pair_part(page, "a", "a_ms")
    gallery.image_part(page, "pix2pix_ms_facades_128")
    page.write()
    content = (tmp_path / "gallery.md").read_text()
    for path in (tmp_path / "images").glob("*.png"):
        assert f"(images/{path.name})" in content
    (samples,) = re.findall(r"\((\S*pix2pix_ms_facades_128/samples.png)\)", content)
    assert (tmp_path / samples).exists()
    assert len(list((tmp_path / "images").glob("*.png"))) == 3 + 1 + 1 + 2 + 1
    from PIL import Image

    pair = np.asarray(Image.open(tmp_path / "images" / "gallery_a_ms_pair.png"))
    size, gap = text.image_size, 2
    left = pair[14:14 + size, gap:gap + size]
    right = pair[14:14 + size, gap + 7 * (size + gap):][:, :size]
    np.testing.assert_array_equal(left, right)  # the same model twice
