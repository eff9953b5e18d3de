# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dependencies point one way: action, plugin_utils, contracts, engine, settings, interfaces, operations."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PLUGINS = "ansible_collections.citrixfleet.licensing.plugins."
FILES = sorted(path.relative_to(ROOT) for folder in ("plugins", "emulator") for path in (ROOT / folder).rglob("*.py"))

#: Layer by layer, the outermost first; a file may import from its own layer and from those after it.
LAYERS = (
    ("action/", "modules/"),
    ("plugin_utils/",),
    ("module_utils/_contracts", "module_utils/_results"),
    ("module_utils/_engine", "module_utils/_bundle/"),
    ("module_utils/_failure",),
    ("module_utils/_reading",),
    ("module_utils/_settlement",),
    ("module_utils/_transaction",),
    ("module_utils/_manifest",),
    ("module_utils/_settings/",),
    ("module_utils/_change_set",),
    ("module_utils/_explain",),
    ("module_utils/_describe",),
    ("module_utils/_server",),
    ("module_utils/_interfaces/",),
    ("module_utils/_documents/", "module_utils/_profile", "module_utils/_exchange"),
    ("module_utils/_operations", "module_utils/_version", "module_utils/_errors"),
)


def imports(path: Path) -> list[str]:
    names = []
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.extend(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
            names.extend(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def layer(name: str) -> int | None:
    path = name.removeprefix("plugins/")
    return next((number for number, starts in enumerate(LAYERS) if path.startswith(starts)), None)


@pytest.mark.parametrize("path", [path for path in FILES if path.parts[0] == "plugins"], ids=str)
def test_a_plugin_imports_inwards_only(path: Path) -> None:
    own = layer(path.as_posix())
    inner = [name.removeprefix(PLUGINS).replace(".", "/") for name in imports(path) if name.startswith(PLUGINS)]
    outward = [name for name in inner if own is not None and (layer(name) or own) < own]
    assert outward == []
    assert not [name for name in imports(path) if name.split(".")[0] == "emulator"]


@pytest.mark.parametrize("path", [path for path in FILES if path.parts[:2] == ("plugins", "module_utils")], ids=str)
def test_the_pure_half_needs_python_alone(path: Path) -> None:
    foreign = {name.split(".")[0] for name in imports(path)} & {"ansible", "yaml", "requests", "winrm", "pypsrp"}
    assert foreign == set()


@pytest.mark.parametrize("path", [path for path in FILES if path.parts[0] == "emulator"], ids=str)
def test_the_emulator_shares_nothing_with_what_it_tests(path: Path) -> None:
    assert not [name for name in imports(path) if name.startswith("ansible_collections")]


def test_every_file_belongs_to_a_layer() -> None:
    private = ("plugins/doc_fragments/",)
    homeless = [
        path.as_posix()
        for path in FILES
        if path.parts[0] == "plugins"
        and path.name != "__init__.py"
        and not path.as_posix().startswith(private)
        and layer(path.as_posix()) is None
    ]
    assert homeless == []
