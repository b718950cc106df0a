"""tools/build_site.py: every page is in the navigation, every public name in the reference."""

import importlib
import importlib.util
import re

import pytest

import zoo
from tools import build_site


def test_every_public_name_has_a_definition():
    names = build_site.exports("zoo.models")
    assert set(names) == {*zoo.models.SYSTEMS, "ConditionalGAN", "System"}
    assert names["AttnGAN"] == "zoo.models.attn_gan.attn_gan.AttnGAN"
    assert build_site.exports("zoo")["from_preset"] == "zoo.presets.loading.from_preset"
    for package in build_site.LIBRARY:
        for path in build_site.exports(f"zoo.{package}").values():
            module, name = path.rsplit(".", 1)
            assert hasattr(importlib.import_module(module), name), path


def test_every_page_is_in_the_navigation(tmp_path):
    build_site.copy_pages(tmp_path)
    text = build_site.navigation(tmp_path, {"zoo": "api/zoo.md"})
    pages = re.findall(r": (\S+\.md)$", text, re.MULTILINE)
    existing = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.md")}
    assert set(pages) == existing and len(pages) == len(existing)
    assert '- "Fine-tuning": docs/fine_tuning.md' in text


def test_an_example_becomes_code():
    doc = "What.\n\nExample:\n    import zoo\n\n    zoo.show(1)\n\nMore.\n"
    assert build_site._as_markdown(doc) == (
        "What.\n\n\n```python\nimport zoo\n\nzoo.show(1)\n```\n\nMore.")
    assert build_site._as_markdown("Only this.") == "Only this."


@pytest.mark.large
def test_the_site_is_built_without_warnings(tmp_path, capfd):
    if importlib.util.find_spec("mkdocs") is None:
        pytest.skip('needs mkdocs: pip install -e ".[site]"')
    assert build_site.build(tmp_path / "site") == 0
    assert "WARNING" not in capfd.readouterr().err
    pages = list((tmp_path / "site").rglob("*.html"))
    assert {"index.html", "zoo.models.html", "gallery.html"} <= {page.name for page in pages}
    for page in pages:
        assert not re.search(r'<(script|img)[^>]+src="https?:', page.read_text("utf-8")), page
