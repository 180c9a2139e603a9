# make run    the player, with the sample library and the demo face
# make test   ruff, mypy, import-linter and pytest
# Both make .venv and install what is missing; a second run installs nothing.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: run test lint format train explanations clean

run: $(VENV)/.run
	@sh scripts/system.sh libvlc || true
	@$(BIN)/moodplayer --demo

test: $(VENV)/.test
	@sh scripts/system.sh libvlc tmux
	$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# make train DATASET=train.npz: the shipped model, anew
train: $(VENV)/.test
	$(BIN)/moodplayer train $(DATASET) --architecture hybrid --out models/emotion.tflite

# make explanations DATASET=public_test.npz TRAIN=train.npz RUN=runs/hybrid: docs/explanations.md, its tables and
# pictures anew
explanations: $(VENV)/.test
	$(BIN)/python bench/document_explanations.py $(DATASET) --run $(RUN) --trained-on $(TRAIN)

clean:
	rm -rf $(VENV) build dist

$(BIN)/python:
	@sh scripts/system.sh venv $(VENV)

$(VENV)/.run: pyproject.toml | $(BIN)/python
	$(PIP) -e .
	@touch $@

$(VENV)/.test: pyproject.toml | $(BIN)/python
	$(PIP) -e '.[dev]'
	@touch $@
