# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The snap-in's cmdlets do what the SDK pages say, in their spellings and with their errors."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.emulator.operated import Operated, cmdlet, get

ADMINISTRATOR = ("Account", "Group", "Permissions")
INITIAL = [("BUILTIN\\Administrators", True, "Full"), ("LS001\\installer", False, "Full")]
SAMPLES = ("Enabled", "PollingInterval", "RetentionPeriod")


@pytest.mark.parametrize(
    ("written", "read"), [("None", "None"), ("anonymous", "Anonymous"), ("Diagnostic", "Diag"), ("NONE", "None")]
)
def test_ceip_is_written_in_one_spelling_and_read_in_another(server: Operated, written: str, read: str) -> None:
    server.run(cmdlet("Set-LicCEIPOption", CEIPOption=written))
    assert server.read("Get-LicCEIPOption", "CEIPOption") == [(read,)]


@pytest.mark.parametrize("option", ["Notify", "Install", "Manual"])
def test_renewal_option_is_read_as_written(server: Operated, option: str) -> None:
    server.run(cmdlet("Set-LicSARenewalOptions", Option=option))
    assert server.read("Get-LicSARenewalOptions", "SARenewalOption") == [(option,)]


@pytest.mark.parametrize(
    ("changes", "samples"),
    [
        ({"RetentionPeriod": 365}, (True, 15, 365)),
        ({"PollingInterval": 1440}, (True, 1440, 180)),
        ({"Enable": False}, (False, None, None)),
        ({"Enable": False, "PollingInterval": 20, "RetentionPeriod": 190}, (False, None, None)),
    ],
)
def test_usage_samples_are_blank_while_collection_is_off(
    server: Operated, changes: dict[str, Any], samples: tuple[Any, ...]
) -> None:
    server.run(cmdlet("Set-LicConfigUsageSamples", **changes))
    assert server.read("Get-LicConfigUsageSamples", *SAMPLES) == [samples]


def test_retention_set_while_collection_is_off_counts_once_it_is_on(server: Operated) -> None:
    server.run(
        cmdlet("Set-LicConfigUsageSamples", Enable=False, RetentionPeriod=190),
        cmdlet("Set-LicConfigUsageSamples", Enable=True),
    )
    assert server.read("Get-LicConfigUsageSamples", *SAMPLES) == [(True, 15, 190)]


@pytest.mark.parametrize(
    ("operation", "status"),
    [
        (cmdlet("Set-LicCEIPOption", CEIPOption="Diag"), "InvalidCEIPOption"),
        (cmdlet("Set-LicSARenewalOptions", Option="Always"), "InvalidSARenewalOption"),
        (cmdlet("Set-LicConfigUsageSamples", PollingInterval=4), "PollingIntervalLessThanMinValue"),
        (cmdlet("Set-LicConfigUsageSamples", PollingInterval=1441), "PollingIntervalMoreThanMaxValue"),
        (cmdlet("Set-LicConfigUsageSamples", RetentionPeriod=29), "RetentionPeriodLessThanMinValue"),
        (cmdlet("New-LicAdministrator", Account="CORP\\nobody"), "ActiveDirectoryAccountResolutionFailed"),
        (cmdlet("New-LicAdministrator", Account="alice"), "ActiveDirectoryAccountResolutionFailed"),
        (cmdlet("New-LicAdministrator", Account="OTHER\\dave"), "ActiveDirectoryAccountResolutionFailed"),
        (cmdlet("New-LicAdministrator", Account="CORP\\departed"), "ActiveDirectoryAccountResolutionFailed"),
        (cmdlet("Set-LicAdministrator", Account="CORP\\alice"), "UserNotFound"),
        (cmdlet("Remove-LicAdministrator", AccountSid="S-1-5-21-1-2-3-4"), "UserNotFound"),
        (cmdlet("Get-LicAdministrator", ReadOnly=True), "NoUsers"),
        (cmdlet("Install-LicRenewals", FulfillmentID="FID-0"), "NoRenewalLicenseFound"),
        (cmdlet("Get-LicInventory", Locale="xx"), "LocaleUnsupported"),
        (cmdlet("Get-LicLocation", AddressType="LMS"), "InvalidType"),
        (cmdlet("Get-LicLocation", LicenseServerPort=27009), "CommunicationError"),
        (cmdlet("New-LicAdministrator", Group=True), None),
        (cmdlet("Set-LicConfigUsageSamples", PollingInterval="often"), None),
    ],
    ids=str,
)
def test_error_has_its_documented_name(server: Operated, operation: dict[str, Any], status: str | None) -> None:
    error = server.error(operation)
    assert (error["kind"], error["detail"]["status"], error["detail"]["step"]) == ("cmdlet", status, "cmdlet")
    assert server.read("Get-LicAdministrator", *ADMINISTRATOR) == INITIAL


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("Set-LicConfigUsageSamples", {"Enabled": True}),
        ("Set-LicCEIPOption", {"Enabled": True}),
        ("New-LicAdministrator", {"Name": "CORP\\alice", "Role": "Full"}),
        ("Get-LicAdministrator", {"Credentials": None}),
        ("Import-LicFile", {"Path": "x"}),
    ],
)
def test_undocumented_cmdlets_and_parameters_are_refused(
    server: Operated, name: str, parameters: dict[str, Any]
) -> None:
    assert server.answer(cmdlet(name, **parameters))["failed"]


@pytest.mark.parametrize(
    "spelling", ["CORP\\o'brien", "corp\\O'BRIEN", "o'brien@corp.example", "CORP\\Jörg Müller", "日本@corp.example",
                 "CORP\\$(calc)", "CORP\\a b", "LS001\\auditor"]
)  # fmt: skip
def test_account_is_added_once_whatever_its_spelling(server: Operated, spelling: str) -> None:
    server.run(cmdlet("New-LicAdministrator", Account=spelling, ReadOnly=True))
    server.run(cmdlet("New-LicAdministrator", Account=spelling))
    found = server.read("Get-LicAdministrator", *ADMINISTRATOR)
    assert len(found) == len(INITIAL) + 1
    assert found[-1][1:] == (False, "ReadOnly"), "New- on an account that is there changes nothing"


def test_set_without_read_only_makes_a_full_administrator_and_decides_the_kind(server: Operated) -> None:
    server.run(
        cmdlet("New-LicAdministrator", Account="CORP\\ctx-admins", ReadOnly=True),
        cmdlet("Set-LicAdministrator", Account="CORP\\ctx-admins", Group=True),
    )
    assert ("CORP\\ctx-admins", True, "Full") in server.read("Get-LicAdministrator", *ADMINISTRATOR)


@pytest.mark.parametrize("how", ["remove", "demote"])
def test_the_last_administrator_stays(server: Operated, how: str) -> None:
    server.run(cmdlet("Remove-LicAdministrator", Account="LS001\\installer"))
    last = "BUILTIN\\Administrators"
    refused = {
        "remove": cmdlet("Remove-LicAdministrator", Account=last),
        "demote": cmdlet("Set-LicAdministrator", Account=last, ReadOnly=True, Group=True),
    }
    assert server.error(refused[how])["kind"] == "cmdlet"
    assert server.read("Get-LicAdministrator", *ADMINISTRATOR) == INITIAL[:1]


def test_installing_a_renewal_adds_its_license_file_and_takes_it_off_the_list(server: Operated) -> None:
    (wanted,), (other,) = server.read("Get-LicRenewals", "FulfillmentId")
    server.run(cmdlet("Install-LicRenewals", FulfillmentID=wanted))
    assert server.read("Get-LicRenewals", "FulfillmentId") == [(other,)]
    files = server.run({"op": "file.list", "root": "myfiles", "path": "", "pattern": "*.lic"})[0]
    assert f"{wanted}.lic" in [one["path"] for one in files]
    server.run(cmdlet("Install-LicRenewals", FulfillmentID=other))
    assert server.error(get("Get-LicRenewals", "FulfillmentId"))["detail"]["status"] == "NoSARenewals"


def test_locations_name_the_ports(server: Operated) -> None:
    found = [server.run(cmdlet("Get-LicLocation", AddressType=kind))[0] for kind in ("LS", "VD", "WSL")]
    assert found == [["ls001.corp.example:27000"], ["ls001.corp.example:7279"], ["https://ls001.corp.example:8083/"]]


@pytest.mark.parametrize(
    ("user", "permission", "may_change"),
    [("CORP\\svc-ansible", "Full", True), ("CORP\\bob", "ReadOnly", False), ("CORP\\carol", None, False)],
)
def test_the_callers_groups_decide_what_it_may_do(
    server: Operated, user: str, permission: str | None, may_change: bool
) -> None:
    server.run(cmdlet("New-LicAdministrator", Account="CORP\\ctx-readers", Group=True, ReadOnly=True))
    caller = Operated(server.server, server.state_dir, type(server.session)(user, "interactive"))
    changed = caller.answer(cmdlet("Set-LicSARenewalOptions", Option="Manual"))["results"][0]
    assert changed["ok"] is may_change
    if permission is None:
        error = caller.error(get("Get-LicEffectivePermission", "Permissions"))
        assert error["detail"]["status"] == "UserNotAuthorized"
    else:
        assert caller.read("Get-LicEffectivePermission", "Permissions") == [(permission,)]
