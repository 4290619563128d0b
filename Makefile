# make demo   sets up, transcribes and tells speakers apart, offline; after make test, more of it
# make test   sets up everything and runs all tests
# make check  style, types and architecture
# Needs Python 3.11 or 3.12. Another interpreter: make demo PYTHON=/path/to/python3.12

SUITABLE := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))
ifndef PYTHON
PYTHON := $(shell for each in python3 python3.12 python3.11; do \
	$$each -c '$(SUITABLE)' 2>/dev/null && echo $$each && break; done)
endif
VENV ?= .venv
BIN := $(VENV)/bin
SOURCES := pyproject.toml constraints.txt
CONVERTED := .cache/models
WHISPER := $(wildcard models/nano-whisper/*.json models/nano-whisper/*.safetensors)
CONVERT = $(BIN)/asr models convert models/nano-whisper --force
# uv is quick; where it cannot be had or reach the registry, pip, which knows the system's settings.
UV = $(BIN)/python -m uv pip install --quiet --python $(BIN)/python -c constraints.txt
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: help demo demo-whisper test unit check models fix clean

help:
	@sed -n 's/^# //p' Makefile

demo: $(VENV)/.demo
	@echo "==> Transcribing the bundled recordings with the offline engine (about ten seconds)"
	$(BIN)/asr run --profile offline examples/jfk.flac examples/dorothy.flac
	@echo "==> Who speaks when in a conversation of two, by small models made for tests"
	$(BIN)/asr diarize --config examples/speakers.toml examples/conversation.opus
	@if [ -e $(VENV)/.test ]; then $(MAKE) --no-print-directory demo-whisper; \
	else echo "==> After make test, make demo also shows Whisper on the conversation"; fi

demo-whisper: models
	@echo "==> A conversation, by a small Whisper (made for tests: models/README.md)"
	$(BIN)/asr run --config examples/small.toml --format srt examples/conversation.opus
	@echo "==> The same against the truth: what was said is known exactly"
	$(BIN)/asr eval --config examples/small.toml examples/conversation.json

test: $(VENV)/.test
	@echo "==> Running all tests (several minutes; make unit takes one)"
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage combine --quiet
	@echo "==> Coverage: 90 % of everything, 100 % of domain and usecases, by branch"
	$(BIN)/coverage report --fail-under=90
	$(BIN)/coverage report --fail-under=100 --include='*/asrcore/domain/*,*/asrcore/usecases/*'

unit: $(VENV)/.test
	$(BIN)/pytest tests/unit

check: $(VENV)/.test
	@echo "==> Style, types, architecture"
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: $(VENV)/.test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

models: $(CONVERTED)/nano-whisper-ct2/model.bin $(CONVERTED)/nano-whisper-mlx/weights.safetensors

$(CONVERTED)/nano-whisper-ct2/model.bin: $(WHISPER) | $(VENV)/.test
	@echo "==> Converting the small Whisper to CTranslate2"
	$(CONVERT) --to ctranslate2 --quantize int8 --output $(@D)

$(CONVERTED)/nano-whisper-mlx/weights.safetensors: $(WHISPER) | $(VENV)/.test
	@echo "==> Converting the small Whisper to MLX"
	$(CONVERT) --to mlx --output $(@D)

clean:
	rm -rf $(VENV) .cache

$(VENV)/.created:
	@test -n "$(PYTHON)" && $(PYTHON) -c '$(SUITABLE)' || \
		{ echo "asrcore needs Python 3.11 or 3.12, and found none:" \
		"make demo PYTHON=/path/to/python3.12"; exit 1; }
	@echo "==> Creating $(VENV) with $(PYTHON)"
	$(PYTHON) -m venv $(VENV)
	-$(PIP) uv
	@touch $@

$(VENV)/.demo: $(VENV)/.created $(SOURCES)
	@echo "==> Installing asrcore with its offline engine (some 500 MB, once)"
	$(UV) -e '.[offline,speakers]' || $(PIP) -c constraints.txt -e '.[offline,speakers]'
	@touch $@

$(VENV)/.test: $(VENV)/.created $(SOURCES)
	@echo "==> Installing asrcore with every extra (some 8 GB, once; minutes)"
	$(UV) -e '.[all,dev]' || $(PIP) -c constraints.txt -e '.[all,dev]'
	@touch $@ $(VENV)/.demo
