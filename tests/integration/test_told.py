# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task tells is what it did: where files and services disagree, and where another run left something."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.citrixfleet.licensing.plugins.module_utils._contracts import LICENSE_INFO, LICENSE_USER
from ansible_collections.citrixfleet.licensing.plugins.module_utils._engine import Result
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._results import present

from tests.integration.direct import CONFIGURATION, Direct, direct


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Direct]:
    with direct(tmp_path / "state", None) as running:
        yield running


def edit_by_hand(server: Direct, old: bytes, new: bytes) -> None:
    """Change the configuration as somebody does who does not restart the services."""
    for path in (server.state / "servers/ls001/files" / CONFIGURATION / "LS" / "conf").rglob("*"):
        if path.is_file() and old in path.read_bytes():
            path.write_bytes(path.read_bytes().replace(old, new))


def diff(result: Result) -> Any:
    return present(result, composite=True, files=True)["diff"]


@pytest.mark.parametrize("backups", [0, 5])
def test_a_change_that_brings_an_older_one_into_force_has_not_failed(server: Direct, backups: int) -> None:
    edit_by_hand(server, b"7279", b"7290")
    result = server.run({"ports": {"license_server": 27001}, "backups": backups})
    assert result.changed
    assert ["7290" in warning and "not by this change" in warning for warning in result.warnings] == [True]
    assert server.show()["settings"]["vendor_daemon_port"] == 7290
    again = server.run({"ports": {"license_server": 27001}})
    assert (again.changed, again.warnings) == (False, ())


def test_an_older_change_that_comes_into_force_does_not_spoil_the_way_back(server: Direct) -> None:
    edit_by_hand(server, b"7279", b"7290")
    server.fault("cmdlet_error", {"Set-LicConfigUsageSamples": {"status": "UnknownError", "takes_effect": False}})
    with pytest.raises(LicenseError, match="The changes were taken back"):
        server.run({"ports": {"license_server": 27001}, "usage": {"retention_days": 400}})
    assert server.show()["settings"]["vendor_daemon_port"] == 7290


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_change_of_the_files_alone_is_in_the_diff(server: Direct, check_mode: bool) -> None:
    edit_by_hand(server, b"7279", b"7290")
    result = server.run({"ports": {"vendor_daemon": 7279}}, check_mode=check_mode)
    assert result.changed
    assert "vendor_daemon in the files: 7290" in diff(result)["before"]
    assert "vendor_daemon in the files: 7279" in diff(result)["after"]


def test_a_task_that_fails_after_it_took_an_interrupted_change_back_tells_both(server: Direct) -> None:
    server.interrupt({"ports": {"vendor_daemon": 7280}})
    with pytest.raises(LicenseError, match=r"First taken back: .* After that: .* Nothing was changed") as raised:
        server.run({"ports": {"vendor_daemon": 27000}})
    assert raised.value.changed


@pytest.mark.parametrize("check_mode", [True, False])
def test_an_interrupted_change_that_is_taken_back_is_in_the_diff(server: Direct, check_mode: bool) -> None:
    server.interrupt({"ports": {"vendor_daemon": 7280}})
    result = server.run({"name": "LS001\\installer"}, contract=LICENSE_USER, check_mode=check_mode)
    shown = present(result, composite=False, files=False)["diff"]
    assert result.changed and shown["before"] != shown["after"]
    assert "interrupted change: taken back" in shown["after"]


def test_a_change_that_a_newer_release_left_stops_who_would_change_and_not_who_reads(server: Direct) -> None:
    server.interrupt({"ports": {"vendor_daemon": 7280}})
    manifest = server.work / "transaction.json"
    manifest.write_text(manifest.read_text("utf-8").replace('"version": 1', '"version": 2'), encoding="utf-8")
    with pytest.raises(LicenseError, match="newer release"):
        server.run({"name": "LS001\\installer"}, contract=LICENSE_USER)
    result = server.run({}, contract=LICENSE_INFO)
    assert not result.changed and "newer release" in result.warnings[0]


@pytest.mark.parametrize(
    "options",
    [
        {"ports": {"vendor_daemon": 7280}},
        {"proxy": {"proxy": "p:1"}},
        {"options": {"display_language": "french"}},
        {"usage": {"retention_days": 400}},
        {"renewal": {"mode": "manual"}},
    ],
)
def test_check_mode_before_the_installation_announces_what_will_be_set(
    server: Direct, options: dict[str, dict[str, Any]]
) -> None:
    server.fault("not_installed")
    result = server.run(options, check_mode=True)
    assert result.changed
    assert diff(result)["before"] != diff(result)["after"]
