# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# demo    see it work: three emulated License Servers, configured by a real playbook (under four minutes)
# test    what every change must pass (under four minutes)
# fuzz    ten thousand documents for each property of each editor (about half an hour)
# check   what a release must pass: sanity, all releases of ansible-core, molecule, publication tools (under 45 minutes)

PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test lint types fuzz check environment clean

demo: environment
	@$(BIN)/python -m tools.demo

test: lint types
	@$(BIN)/python -m pytest -n 2 --dist loadfile
	@$(BIN)/python -m tests.contract

lint: environment
	@echo "--- lint"
	@$(BIN)/ruff check

types: environment
	@echo "--- types"
	@$(BIN)/mypy

fuzz: environment
	@HYPOTHESIS_PROFILE=fuzz $(BIN)/python -m pytest tests/unit/plugins/module_utils/_documents

check:
	@$(PYTHON) -m tools.check

environment:
	@$(PYTHON) -m tools.environments .venv requirements-test.txt
	@$(PYTHON) -m tools.collection

clean:
	rm -rf .ansible .cache .collections .venv
