# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the repository says in two places is the same in both."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.citrixfleet.licensing.plugins.doc_fragments.license import ModuleDocFragment
from ansible_collections.citrixfleet.licensing.plugins.module_utils import _contracts
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.contract import BUNDLE_ARGUMENTS
from ansible_collections.citrixfleet.licensing.plugins.module_utils._contracts import (
    COMMON_OPTIONS,
    FILE_OPTIONS,
    LICENSE_SETTINGS,
)

ROOT = Path(__file__).resolve().parents[3]
STATUS = "has not been run on Windows PowerShell 5.1 by us yet"
PLUGINS = "ansible_collections.citrixfleet.licensing.plugins"
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("[!_]*.py"))
# What can be set for all modules of an action group.
GROUPS = {"license": set(COMMON_OPTIONS), "license_files": {*COMMON_OPTIONS, *FILE_OPTIONS}}


def read_yaml(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def read_words(path: str) -> str:
    """The text of a file without its line breaks."""
    return " ".join((ROOT / path).read_text(encoding="utf-8").split())


@pytest.mark.parametrize("module", MODULES)
def test_a_module_says_which_action_groups_it_is_in(module: str) -> None:
    groups = read_yaml("meta/runtime.yml")["action_groups"]
    found = [f"citrixfleet.licensing.{group}" for group, members in groups.items() if module in members]
    assert documented_groups(module) == found


def documented_groups(module: str) -> list[str]:
    """The membership in the one fragment of a module's documentation that has it."""
    documentation = yaml.safe_load(importlib.import_module(f"{PLUGINS}.modules.{module}").DOCUMENTATION)
    names = [name.split(".")[3:] for name in documentation["extends_documentation_fragment"]]
    fragments = [getattr(ModuleDocFragment, name[0].upper() if name else "DOCUMENTATION") for name in names]
    attributes = [yaml.safe_load(fragment).get("attributes", {}) for fragment in fragments]
    (membership, *others) = [one["action_group"]["membership"] for one in attributes if "action_group" in one] or [[]]
    assert not others
    return list(membership)


def options_of(module: str) -> set[str]:
    arguments = BUNDLE_ARGUMENTS if module == "license_bundle" else getattr(_contracts, module.upper()).arguments
    return set(arguments["argument_spec"])


def module_option_of(task_option: str) -> dict[str, Any]:
    """The specification of an option such as ``usage.retention_days`` of license_settings."""
    options = LICENSE_SETTINGS.arguments["argument_spec"]
    *sections, name = task_option.split(".")
    for section in sections:
        options = options[section]["options"]
    return dict(options[name])


def role_variables() -> dict[str, str]:
    """Each variable of the role, and the option of license_settings that its task passes it to."""
    (task,) = read_yaml("roles/server/tasks/main.yml")
    passed: dict[str, str] = {}
    for option, value in task["citrixfleet.licensing.license_settings"].items():
        section = isinstance(value, dict)
        inner = {f"{option}.{name}": text for name, text in value.items()} if section else {option: value}
        passed.update({text.strip("{} ").removesuffix(" | default(omit)"): leaf for leaf, text in inner.items()})
    return passed


ROLE_OPTIONS: dict[str, Any] = read_yaml("roles/server/meta/argument_specs.yml")["argument_specs"]["main"]["options"]


@pytest.mark.parametrize("group", GROUPS)
def test_an_action_group_has_all_modules_that_take_its_options_and_no_other(group: str) -> None:
    takers = [module for module in MODULES if options_of(module) >= GROUPS[group]]
    assert read_yaml("meta/runtime.yml")["action_groups"][group] == takers


@pytest.mark.parametrize("module", MODULES)
def test_every_module_has_its_action_and_is_in_the_readme(module: str) -> None:
    assert (ROOT / "plugins" / "action" / f"{module}.py").is_file()
    assert f"| module `{module}` |" in read_words("README.md")


def test_every_variable_of_the_role_reaches_the_module() -> None:
    assert set(role_variables()) == set(ROLE_OPTIONS)


def test_every_setting_of_the_module_can_be_set_by_the_role() -> None:
    sections = {name for name, option in LICENSE_SETTINGS.arguments["argument_spec"].items() if "options" in option}
    settings = {f"{name}.{setting}" for name in sections for setting in LICENSE_SETTINGS.options[name]["options"]}
    others = set(LICENSE_SETTINGS.arguments["argument_spec"]) - sections
    assert set(role_variables().values()) == settings | others


@pytest.mark.parametrize("variable", sorted(ROLE_OPTIONS))
def test_a_variable_of_the_role_takes_what_the_module_takes(variable: str) -> None:
    wanted, found = module_option_of(role_variables()[variable]), ROLE_OPTIONS[variable]
    assert _shape(found) == _shape(wanted)


def _shape(option: dict[str, Any]) -> dict[str, Any]:
    """What an option takes, without its descriptions and defaults, which the role leaves to the module."""
    shape = {key: option.get(key) for key in ("type", "elements", "choices")}
    return {**shape, "options": {name: _shape(inner) for name, inner in option.get("options", {}).items()}}


@pytest.mark.parametrize("path", ["README.md", "CHANGELOG.md", "changelogs/fragments/0.1.0.yml"])
def test_the_status_of_the_agent_is_told_wherever_a_reader_looks(path: str) -> None:
    assert STATUS in read_words(path)


@pytest.mark.parametrize("release", ["2.17", "2.18", "2.19", "2.20", "2.21"])
def test_no_sanity_test_is_ignored(release: str) -> None:
    ignored = ROOT / "tests" / "sanity" / f"ignore-{release}.txt"
    assert not ignored.exists() or not ignored.read_text(encoding="utf-8").strip()
