# make run: the app on http://127.0.0.1:8050.   make test: all tests.   make lint, bench, screenshots, setup, pins
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN_READY := $(VENV)/.run-ready
DEV_READY := $(VENV)/.dev-ready

.PHONY: setup run test lint bench screenshots browser pins

setup: $(RUN_READY)

run: setup
	@$(BIN)/python app.py

# Two processes with a thread each: much of the suite waits for services, workers and the browser. In their order, files
# with few and long tests, those of the browser, come first, so that neither process is left with one at the end.
test: $(DEV_READY) browser
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: $(DEV_READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

bench: $(DEV_READY) browser
	$(BIN)/python benchmarks/page.py
	$(BIN)/python benchmarks/inside.py
	$(BIN)/boltzmann bench samplers
	$(BIN)/boltzmann bench training
	$(BIN)/boltzmann bench lab

# Pictures of every page into docs/screenshots; trains what they show, some minutes.
screenshots: $(DEV_READY) browser
	$(BIN)/python docs/screenshots.py

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "Python 3.11 to 3.13 is needed, and $(PYTHON) is not: try make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

# torch first and from the machine's own choice of index: a CPU or CUDA build already installed is kept.
$(RUN_READY): requirements.txt pyproject.toml | $(BIN)/python
	@echo "Installing into $(VENV): some minutes the first time, most of them for torch."
	@$(BIN)/python -m pip install -q $$(grep '^torch==' requirements.txt)
	@$(BIN)/python -m pip install -q -r requirements.txt
	@touch $@

$(DEV_READY): requirements-dev.txt $(RUN_READY)
	@$(BIN)/python -m pip install -q -r requirements-dev.txt
	@touch $@

# Browser tests need Chromium or Chrome.
browser: $(DEV_READY)
	@for name in chromium chromium-browser google-chrome google-chrome-stable; do \
	  command -v $$name >/dev/null 2>&1 && exit 0; done; \
	if command -v apt-get >/dev/null 2>&1 && [ "$$(id -u)" = 0 ]; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; \
	else $(BIN)/python -m playwright install chromium; fi

# After changing versions in pyproject.toml and installing them.
DEV_TOOLS := ^(axe-playwright-python|pytest|pytest-timeout|pytest-xdist|execnet|playwright|ruff|pyright|pyee|iniconfig|pluggy|nodeenv|greenlet)==
pins: $(DEV_READY)
	@{ echo '# What the app runs on, pinned. Made by `make pins`.'; echo '-e .'; \
	  $(BIN)/pip freeze --exclude-editable | grep -viE '$(DEV_TOOLS)|^(nvidia|triton|cuda)' | sed 's/+.*//'; } > requirements.txt
	@{ echo '# What tests and linting need on top, pinned. Made by `make pins`.'; echo '-r requirements.txt'; \
	  $(BIN)/pip freeze --exclude-editable | grep -iE '$(DEV_TOOLS)'; } > requirements-dev.txt
