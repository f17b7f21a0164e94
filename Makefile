# Needs Python 3.11 or newer and nothing else; everything lands in .venv. PYTHON=... chooses another one.

VENV := .venv
BIN := $(VENV)/bin
UNIT := systemd/followup-worker.service

.PHONY: demo test check unit servers bench clean
.DEFAULT_GOAL := demo

demo: $(VENV)/.with-demo  ## The whole idea, on servers of its own, within a minute
	@$(BIN)/worker demo

test: $(VENV)/.with-test  ## What needs no root and no server of the distribution
	@$(BIN)/python -m pytest -q

check: $(VENV)/.with-check  ## Style, types, layers, the wheel, the unit
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q -m slow
	@if systemd-analyze --help 2>/dev/null | grep -q -e --offline; then $(MAKE) --no-print-directory unit; \
	else echo "systemd-analyze 250 is not here: the unit was not looked at"; fi

unit:  ## The unit's exposure, at most 1.3 (the threshold counts tenths)
	@systemd-analyze security --no-pager --offline=true --threshold=13 $(UNIT) > /dev/null \
		|| { systemd-analyze security --no-pager --offline=true $(UNIT); exit 1; }
	@echo "$(UNIT): exposure at most 1.3"

servers: $(VENV)/.with-test  ## Against Dovecot and Postfix of the distribution; fails where they are missing
	@$(BIN)/python -m pytest -q -m servers

bench: $(VENV)/.with-check  ## What it costs, beside its peers
	@set -e; for one in benchmarks/[!_]*.py; do echo "== $$one"; $(BIN)/python "$$one"; done

clean:  ## Everything that was made here
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# One stamp for each set of extras: installed again only when pyproject.toml has changed.
$(VENV)/.with-%: pyproject.toml | $(BIN)/python
	@echo "Installing into $(VENV) ..."
	@PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet --editable ".[$*]"
	@touch $@

$(BIN)/python:
	@for one in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
		if "$$one" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			"$$one" -m venv $(VENV) && exit 0; \
			rm -rf $(VENV); \
			echo "$$one cannot make a venv; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; \
		fi; \
	done; \
	echo "No Python 3.11 or newer was found. Install one, or say where it is: make PYTHON=/path/to/python3" >&2; exit 1
