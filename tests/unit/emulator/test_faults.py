# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each fault shows where a user would meet it, takes effect at once, and is gone once it is cleared."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from emulator.host import faults
from emulator.winrm.session import Session
from tests.unit.emulator.operated import Operated, cmdlet, get

READ = get("Get-LicAdministrator", "Account")
NEW = cmdlet("New-LicAdministrator", Account="CORP\\alice")
WRITE = {"op": "file.write", "root": "work", "path": "note.txt", "content": "aGk=", "replaces": None}
RESTART = {"op": "service.start", "names": ["Citrix_GTLicensingProv"], "timeout": 0}


@pytest.mark.parametrize(
    ("name", "value", "operation", "kind", "detail"),
    [
        ("snapin_missing", True, READ, "snapin_missing", {}),
        ("web_services_down", True, READ, "cmdlet", {"status": "CommunicationError", "step": "certificate"}),
        ("web_services_refuse_network_logon", True, READ, "cmdlet", {"status": "AuthorizationFailed"}),
        ("certificate_untrusted", True, READ, "cmdlet", {"status": "CertificateVerificationFailed"}),
        ("certificate_untrusted", "InvalidCertificate", READ, "cmdlet", {"status": "InvalidCertificate"}),
        ("shell", {"edition": "Core", "version": "7.4.6"}, READ, "unsupported_shell", {"reason": "edition"}),
        ("shell", {"bits": 32}, READ, "unsupported_shell", {"reason": "bits"}),
        ("shell", {"language_mode": "ConstrainedLanguage"}, READ, "unsupported_shell", {"reason": "language_mode"}),
        ("shell", {"windows": False}, READ, "unsupported_shell", {"reason": "not_windows"}),
        ("not_installed", True, {"op": "file.list", "root": "install", "path": ""}, "not_installed", {}),
        ("cmdlet_error", {"New-LicAdministrator": {"status": "UnknownError"}}, NEW, "cmdlet",
         {"status": "UnknownError"}),
        ("domain_unreachable", True, NEW, "cmdlet", {"status": "ActiveDirectoryAccountResolutionFailed"}),
        ("accounts_deleted", ["CORP\\alice"], NEW, "cmdlet", {"status": "ActiveDirectoryAccountResolutionFailed"}),
        ("disk_full", True, WRITE, "disk_full", {}),
        ("access_denied", ["MyFiles\\CITRIX.opt"], {"op": "file.read", "root": "myfiles", "path": "citrix.OPT"},
         "access_denied", {}),
        ("service_fails_to_start", "Citrix_GTLicensingProv", RESTART, "service",
         {"name": "Citrix_GTLicensingProv", "state": "Stopped"}),
        ("service_slow", {"Citrix_GTLicensingProv": 1}, RESTART, "timeout", {"name": "Citrix_GTLicensingProv"}),
        ("lock_held", 0.01, NEW, "busy", {}),
        ("refuse_cloud", True, get("Get-LicRenewals", "FulfillmentId"), "cmdlet", {"status": "CommunicationError"}),
    ],
    ids=str,
)  # fmt: skip
def test_fault_strikes_until_it_is_cleared(
    server: Operated, name: str, value: Any, operation: dict[str, Any], kind: str, detail: dict[str, Any]
) -> None:
    server.fault(name, value)
    assert faults.active_faults(server.state_dir, "ls001") == {name: value}
    error = server.error(operation)
    assert error["kind"] == kind
    assert {key: error["detail"][key] for key in detail} == detail
    faults.clear_fault(server.state_dir, "all")
    assert server.answer(READ)["results"][0]["ok"]


def test_the_false_failure_adds_the_account_all_the_same(server: Operated) -> None:
    server.fault("false_account_resolution_failure")
    assert server.error(NEW)["detail"]["status"] == "ActiveDirectoryAccountResolutionFailed"
    assert ("CORP\\alice",) in server.read("Get-LicAdministrator", "Account")


def test_a_cmdlet_fails_after_so_many_calls_and_so_many_times(server: Operated) -> None:
    server.fault("cmdlet_error", {"Get-LicAdministrator": {"status": "UnknownError", "after": 1, "times": 2}})
    outcomes = [server.answer(READ)["results"][0]["ok"] for _call in range(5)]
    assert outcomes == [True, False, False, True, True]


def test_an_interactive_session_gets_past_a_web_service_that_refuses_network_log_ons(server: Operated) -> None:
    server.fault("web_services_refuse_network_logon")
    server.session = Session("CORP\\svc-ansible", "interactive")
    assert server.read("Get-LicAdministrator", "Account")
    assert server.run({"op": "server"})[0]["user"]["logon_type"] == "interactive"


def test_a_host_without_license_server_says_so_in_its_facts(server: Operated) -> None:
    server.fault("not_installed")
    value = server.run({"op": "server"})[0]
    assert (value["installation"], value["services"]) == (None, [])
    assert server.error(READ)["detail"]["status"] == "CommunicationError"


def test_the_clock_can_be_wrong(server: Operated) -> None:
    year = int(server.run({"op": "server"})[0]["host"]["clock"][:4])
    server.fault("clock_offset", 366 * 86400)
    assert int(server.run({"op": "server"})[0]["host"]["clock"][:4]) > year


def clock(server: Operated) -> datetime:
    text: str = server.run({"op": "server"})[0]["host"]["clock"]
    return datetime.fromisoformat(text[:26])


def test_a_slow_start_is_waited_for_on_the_hosts_clock_and_not_on_ours(server: Operated) -> None:
    server.fault("fast_clock", 1000)
    server.fault("service_slow", {"Citrix_GTLicensingProv": 70})
    before = clock(server)
    assert server.run({**RESTART, "timeout": 300})[0] == {"started": ["Citrix_GTLicensingProv"]}
    assert clock(server) - before >= timedelta(seconds=70)


def test_a_start_that_is_too_slow_on_the_hosts_clock_times_out(server: Operated) -> None:
    server.fault("fast_clock", 1000)
    server.fault("service_slow", {"Citrix_GTLicensingProv": 70})
    assert server.error({**RESTART, "timeout": 69})["kind"] == "timeout"


@pytest.mark.parametrize(("timeout", "met"), [(60, False), (80, True)])
def test_a_port_that_opens_late_is_waited_for(server: Operated, timeout: int, met: bool) -> None:
    web = "CitrixWebServicesforLicensing"
    server.fault("fast_clock", 1000)
    server.fault("service_slow", {web: 70})
    server.answer({"op": "service.stop", "names": [web]}, {"op": "service.start", "names": [web], "timeout": 0})
    owners = {"op": "port.owners", "ports": [8083], "expect": {"includes": [{"port": 8083}]}}
    assert server.answer({**owners, "timeout": timeout})["results"][0]["ok"] is met


@pytest.mark.parametrize(
    "arguments",
    [("ls001", "no_such_fault"), ("ls009", "disk_full")],
)
def test_an_unknown_fault_or_server_is_refused(server: Operated, arguments: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="there is no"):
        faults.set_fault(server.state_dir, *arguments)


def test_a_fault_of_the_connection_counts_down(server: Operated) -> None:
    server.fault("drop_connection", {"operation": "Receive", "after": 1, "times": 2})
    left = []
    for _operation in range(3):
        server.server.spend_fault("drop_connection")
        left.append(server.server.fault("drop_connection"))
    assert left == [
        {"operation": "Receive", "after": 0, "times": 2},
        {"operation": "Receive", "after": 0, "times": 1},
        None,
    ]
    server.fault("slow_answers", 3)
    server.server.spend_fault("slow_answers")
    assert server.server.fault("slow_answers") == 3


@pytest.mark.parametrize("name", ["port_taken", "service_fails_to_start", "power_cut", "clock_offset"])
def test_a_fault_that_needs_a_value_says_so_with_an_example(name: str, tmp_path: Path) -> None:
    (tmp_path / "servers" / "ls001").mkdir(parents=True)
    with pytest.raises(ValueError, match=f"{name} needs a value, such as"):
        faults.set_fault(tmp_path, "ls001", name)
