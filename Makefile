# make demo | tour | test | lint | bench | site | clean. The first target creates the virtual environment.
# Another interpreter: make test PYTHON=python3.12      Arguments of pytest: make test ARGS="-k presets"
# One of the benchmarks: make bench BENCH=serving, make bench BENCH=steps ARGS=--systems=dcgan
# Tests run in two processes, one file at a time, longest first; make test WORKERS=0 runs them in one.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
INSTALLED := $(VENV)/.installed
ARGS ?=
WORKERS ?= 2
BENCH ?= steps starts attn_gan metrics
DATA ?= data
export TF_CPP_MIN_LOG_LEVEL ?= 3

.PHONY: help demo tour test lint bench presets-report site clean
.DELETE_ON_ERROR:

help:
	@echo "make demo   install, generate images with a built-in preset, export it, call the export"
	@echo "make tour   install and see the effect of mode seeking: trains a small DM-GAN twice (minutes)"
	@echo "make test   install and run the tests"
	@echo "make lint   install and run ruff"
	@echo "make bench  install and measure speed (compared with PyTorch and pytorch-fid if installed)"
	@echo "make presets-report  measure all presets; rewrite cards, reports, tables and the gallery"
	@echo "make site   install and build the documentation as a site, with the API reference"
	@echo "make clean  remove build products; the environment $(VENV) and your runs are kept"

demo: $(INSTALLED)
	@$(RUN) -m recipes.demo --out=demo $(ARGS)

tour: $(INSTALLED)
	@$(RUN) examples/mode_seeking_tour.py --out=tour $(ARGS)

test: $(INSTALLED)
	@$(RUN) -m pytest -q --no-header --tb=short -rs -n $(WORKERS) --dist loadfile \
	  --no-loadscope-reorder $(ARGS)

lint: $(INSTALLED)
	@$(RUN) -m ruff check .

bench: $(INSTALLED)
	@set -e; for name in $(BENCH); do $(RUN) -m tests.benchmarks.$$name $(ARGS); done

presets-report: $(INSTALLED)
	@$(RUN) examples/measure_presets.py --emoji=$(DATA)/emoji.zip \
	  --cifar10=$(DATA)/cifar10_images.zip --facades=$(DATA)/facades.zip --out=runs/measured $(ARGS)
	@$(RUN) examples/preset_table.py
	@$(RUN) examples/gallery.py

site: $(INSTALLED)
	@$(RUN) -m pip install --quiet --disable-pip-version-check -e ".[site]"
	@$(RUN) tools/build_site.py $(ARGS)

clean:
	rm -rf demo tour site build dist *.egg-info .pytest_cache .ruff_cache
	find zoo zoo_cli recipes export examples tests tools -name __pycache__ -type d -prune -exec rm -rf {} +

$(INSTALLED): setup.py pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "error: there is no $(PYTHON) here." \
	  "Python 3.11, 3.12 or 3.13 is needed. Try: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { \
	  echo "error: Python 3.11, 3.12 or 3.13 is needed (TensorFlow 2.21 has no other), but $(PYTHON) is" \
	    "$$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12" >&2; exit 1; }
	@test -x $(VENV)/bin/pip || $(PYTHON) -m venv --clear $(VENV)
	@echo "Installing into $(VENV) (about 1 GB of downloads the first time) ..."
	@$(RUN) -m pip install --quiet --disable-pip-version-check -e ".[dev]"
	@touch $@
