# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task costs: WS-Management operations, bytes, and processes on the controller."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.harness import Fleet

UNCHANGED = {"Create": 1, "Command": 1, "Send": 1, "Receive": 1, "Signal": 1, "Delete": 1}
CHANGED = {"Create": 1, "Command": 2, "Send": 2, "Receive": 2, "Signal": 2, "Delete": 1}


@pytest.mark.parametrize("name", ["ntlm", "basic"])
@pytest.mark.parametrize(
    ("module", "options", "arguments", "expected"),
    [
        ("license_info", {}, [], UNCHANGED),
        ("license_usage", {"retention_days": 777}, ["--check"], UNCHANGED),
        ("license_usage", {"retention_days": 777}, [], CHANGED),
        ("license_usage", {"retention_days": 777}, [], UNCHANGED),
    ],
    ids=["information", "check mode", "changed", "in sync"],
)
def test_operations_of_a_task(
    request: pytest.FixtureRequest, name: str, module: str, options: Any, arguments: list[str], expected: dict[str, int]
) -> None:
    fleet: Fleet = request.getfixturevalue(name)
    fleet.stats()
    run = fleet.ad_hoc(module, options, *arguments, pattern="ls001")
    assert run.code == 0, run.output
    counted = fleet.stats()["ls001"]
    assert counted["operations"] == expected
    assert counted["module_calls"] == expected["Command"]
