r"""Builds the site: the pages of the repository, the presets' cards and an API reference.

    make site        # or: pip install -e ".[site]"; python tools/build_site.py --out=site

Nothing is downloaded, and the pages load nothing from elsewhere. A warning is an error. To read it:
python -m http.server --directory site.
"""

import argparse
import importlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
PAGES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "WORKSPACE.md", "CHANGELOG.md",
         "docs/*.md", "docs/datasets/*.md", "zoo/presets/*/README.md", "zoo/models/*/README.md")
FILES = ("docs/images/*", "zoo/presets/*/samples.png", "LICENSE", "NOTICE", "setup.py",
         "tools/training_plan.py", "examples/notebooks/*.ipynb")
LIBRARY = ("models", "training", "evaluation", "preparation", "data", "conditions", "text",
           "presets")
BASES = {"ConditionalGAN": "zoo.models.base.conditional_gan.ConditionalGAN",
         "System": "zoo.models.base.system.System"}
METRICS = "zoo.metrics"
SERVING = ("export.client",)
USING = ("gallery", "presets", "data", "fine_tuning", "mode_seeking", "text_encoders", "metrics",
         "reproduction", "reproducing", "reports", "serving", "demo", "benchmarks", "scaling",
         "training_plan")
CODE = ("docs/testing.md", "WORKSPACE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")

CONFIG = """\
site_name: Conditional GAN zoo
docs_dir: {stage}
site_dir: {out}
use_directory_urls: false
theme:
  name: material
  font: false
  features: [navigation.sections, navigation.top, content.code.copy, toc.follow]
  palette:
    - {{media: "(prefers-color-scheme: light)", scheme: default}}
    - {{media: "(prefers-color-scheme: dark)", scheme: slate}}
plugins:
  - search
  - mkdocstrings:
      handlers:
        python:
          paths: [{root}]
          options:
            docstring_style: google
            docstring_options: {{warnings: false}}
            docstring_section_style: list
            show_source: false
            show_root_heading: true
            show_root_full_path: false
            heading_level: 2
            members_order: source
            filters: ["!^_", "!^call$", "!^build$", "!^get_config$", "!^compute_"]
markdown_extensions: [admonition, tables, attr_list, toc, pymdownx.highlight, pymdownx.superfences]
validation:
  links: {{anchors: warn, not_found: warn, unrecognized_links: warn}}
nav:
{nav}
"""


def exports(package):
    """dict of public name -> the dotted path of its definition, of a package with lazy names."""
    module = importlib.import_module(package)
    table = getattr(module, "SYSTEMS", None) if package == "zoo.models" else module._EXPORTS
    found = {name: _definition(path, name) for name, path in table.items()
             if path != f"{package}.{name}"}
    return found | BASES if package == "zoo.models" else found


def _definition(path, name):
    """`path.name`, or where the package `path` takes the name from, in its turn."""
    module = importlib.import_module(path)
    further = getattr(module, "_EXPORTS", {})
    if name in further:
        return _definition(further[name], name)
    value = getattr(module, name)
    return f"{getattr(value, '__module__', path)}.{name}"


def write_reference(folder):
    """Writes one page per package to `folder`; returns dict of title -> page."""
    folder.mkdir()
    names = {"zoo": exports("zoo")}
    names.update({f"zoo.{package}": exports(f"zoo.{package}") for package in LIBRARY})
    names[METRICS] = {path.stem: f"{METRICS}.{path.stem}"
                      for path in sorted((ROOT / "zoo/metrics").glob("[a-z]*.py"))}
    names.update({module: {module: module} for module in SERVING})
    for package, definitions in names.items():
        text = [f"# {package}", ""]
        doc = importlib.import_module(package).__doc__ or ""
        text += [] if package in SERVING else [_as_markdown(doc), ""]
        text += [f"::: {path}\n" for path in definitions.values()]
        (folder / f"{package}.md").write_text("\n".join(text), "utf-8")
    return {package: f"api/{package}.md" for package in names}


def _as_markdown(doc):
    """A module's docstring, whose example is indented under "Example:", as Markdown."""
    before, found, example = doc.strip().partition("Example:\n")
    if not found:
        return doc.strip()
    lines = example.split("\n")
    end = next((i for i, line in enumerate(lines) if line and not line.startswith(" ")), len(lines))
    code = "\n".join(line[4:] for line in lines[:end]).strip()
    return "\n".join([before, f"```python\n{code}\n```", "", *lines[end:]]).strip()


def copy_pages(stage):
    """Copies all pages and what they show, at the same paths, so that links stay as they are."""
    for pattern in (*PAGES, *FILES):
        for path in sorted(ROOT.glob(pattern)):
            target = stage / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)


def navigation(stage, reference):
    """The YAML of `nav`, with every page in it."""
    pages = [str(path.relative_to(stage)) for path in sorted(stage.rglob("*.md"))]
    using = [f"docs/{name}.md" for name in USING]
    groups = {"Using them": using, "Working on the code": list(CODE)}
    groups["Data sets"] = [page for page in pages if page.startswith("docs/datasets/")]
    groups["Presets"] = [page for page in pages if page.startswith("zoo/presets/")]
    groups["Model cards"] = [page for page in pages if page.startswith("zoo/models/")]
    groups["API"] = list(reference.values())
    taken = {page for group in groups.values() for page in group} | {"README.md"}
    systems = [page for page in pages if page not in taken]
    lines = ["  - Home: README.md"]
    for title, group in {"Systems": systems, **groups}.items():
        lines.append(f"  - {title}:")
        lines += [f'      - "{_title(stage / page)}": {page}' for page in group
                  if (stage / page).exists()]
    return "\n".join(lines)


def _title(path):
    match = re.search(r"^# (.+)$", path.read_text("utf-8"), re.MULTILINE)
    title = match.group(1) if match else path.stem
    return title.replace("`", "").replace('"', "'")


def build(out):
    """Builds the site into the folder `out`; returns mkdocs' exit status."""
    with tempfile.TemporaryDirectory(prefix="zoo_site_") as folder:
        stage = Path(folder) / "pages"
        stage.mkdir()
        copy_pages(stage)
        reference = write_reference(stage / "api")
        config = Path(folder) / "mkdocs.yml"
        config.write_text(CONFIG.format(
            stage=stage, out=out.resolve(), root=ROOT, nav=navigation(stage, reference)), "utf-8")
        command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet",
                   f"--config-file={config}"]
        environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
        return subprocess.run(command, cwd=folder, env=environment).returncode


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "site", help="folder of the site")
    options = parser.parse_args(arguments)
    status = build(options.out)
    if status == 0:
        print(f"site        {options.out / 'index.html'}; to read it with its search: "
              f"python -m http.server --directory {options.out}")
    return status


if __name__ == "__main__":
    sys.exit(main())
