# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What license_info reports, from what it read, and what it says of what it could not read."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._exchange import OperationError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._settings.information import (
    SECTION,
    SUBSETS,
    choose_subsets,
)

from tests.unit.plugins.readings import cmdlet_error, readings

NAMES = [subset.name for subset in SUBSETS]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["all"], NAMES),
        ([], NAMES),
        (["ports"], ["ports"]),
        (["usage", "ports"], ["ports", "usage"]),
        (["!licenses"], [name for name in NAMES if name != "licenses"]),
        (["all", "!licenses", "!ports"], [name for name in NAMES if name not in ("licenses", "ports")]),
        (["!all"], []),
    ],
)
def test_subsets(names: list[str], expected: list[str]) -> None:
    assert [subset.name for subset in choose_subsets(names)] == expected


@pytest.mark.parametrize("name", ["proxy!", "everything", "!everything", ""])
def test_an_unknown_subset_is_an_error_that_lists_the_known_ones(name: str) -> None:
    with pytest.raises(LicenseError, match="last_uploads"):
        choose_subsets([name])


LISTENERS = [
    {"port": 27001, "address": "0.0.0.0", "process_id": 1, "process": "lmadmin"},
    {"port": 7280, "address": "0.0.0.0", "process_id": 2, "process": "CITRIX"},
    {"port": 80, "address": "0.0.0.0", "process_id": 3, "process": "httpd"},
    {"port": 8083, "address": "0.0.0.0", "process_id": 3, "process": "httpd"},
]
NO_CMDLET = OperationError("snapin_missing", "", {})


def ports(listeners: t.Any, locations: t.Any) -> t.Any:
    read = {"listeners": listeners, **{f"location {name}": value for name, value in locations.items()}}
    return SECTION.observe(SECTION.desired({"gather_subset": ["ports"]}), readings(read)).notes


@pytest.mark.parametrize(
    ("locations", "expected"),
    [
        (
            {"LS": ["ls001:27000"], "VD": ["ls001:7279"], "WSL": ["https://ls001.corp.example:8083/"]},
            [(27000, "Get-LicLocation"), (7279, "Get-LicLocation"), (8083, "Get-LicLocation")],
        ),
        (
            {"LS": NO_CMDLET, "VD": NO_CMDLET, "WSL": NO_CMDLET},
            [(27001, "listener"), (7280, "listener"), (8083, "listener")],
        ),
    ],
)
def test_ports_come_from_the_cmdlet_or_else_from_the_processes(locations: t.Any, expected: t.Any) -> None:
    found = ports(LISTENERS, locations)["ports"]
    assert [(item["port"], item["source"]) for item in found.values()] == expected


def test_one_port_that_is_not_found_says_why() -> None:
    listeners = [item for item in LISTENERS if item["process"] != "CITRIX"]
    found = ports(listeners, {"LS": ["ls001:27000"], "VD": cmdlet_error("CommunicationError"), "WSL": ["ls001:8083"]})
    assert found["unreadable"] == []
    assert found["ports"]["license_server"] == {
        "port": 27000,
        "configured": None,
        "source": "Get-LicLocation",
        "reason": None,
    }
    assert found["ports"]["vendor_daemon"]["port"] is None
    assert "did not answer" in found["ports"]["vendor_daemon"]["reason"]


def test_no_port_at_all_is_unreadable_with_the_reason() -> None:
    notes = ports([], dict.fromkeys(("LS", "VD", "WSL"), cmdlet_error("CommunicationError")))
    assert notes["ports"] is None
    assert "did not answer" in notes["unreadable"][0]["reason"]


def test_keys_that_were_not_asked_for_are_there_and_null() -> None:
    notes = SECTION.observe(SECTION.desired({"gather_subset": ["services"]}), readings({})).notes
    assert {name: notes[name] for name in NAMES if name != "services"} == dict.fromkeys(NAMES[1:])
    assert notes["services"] == []
