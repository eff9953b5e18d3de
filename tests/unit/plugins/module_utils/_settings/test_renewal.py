# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Renewals: the mode, what is available, what is installed, and what of it is news."""

from __future__ import annotations

import base64
import typing as t

import pytest
from ansible_collections.citrixfleet.licensing.plugins.module_utils._change_set import ChangeSet
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._exchange import OperationError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import Cmdlet
from ansible_collections.citrixfleet.licensing.plugins.module_utils._settings.renewal import SECTION
from ansible_collections.citrixfleet.licensing.plugins.plugin_utils._profiles import shipped_profile

from tests.unit.plugins.readings import cmdlet_error, readings

NOT_ASKED = {"mode": None, "install": [], "check": False, "installed_within_days": None}


def renewal(fulfillment_id: str) -> dict[str, t.Any]:
    return {
        "FulfillmentId": fulfillment_id,
        "ProductName": "Citrix XenDesktop Platinum|User/Device",
        "SerialNumber": "LA-1:FID-0",
        "CustomerSuccessServicesDate": "2027-12-01T00:00:00.0000000",
        "Quantity": 1,
    }


CONFIGURATION = r"file install WebServicesForLicensing\SimpleLicenseServiceConfig.xml"


def file(name: str, created: str | None, text: str = "") -> dict[str, t.Any]:
    return {"path": name, "created": created, "content": base64.b64encode(text.encode()).decode()}


def values(mode: str = "Notify", **others: t.Any) -> dict[str, t.Any]:
    return {
        "Get-LicSARenewalOptions": [{"SARenewalOption": mode}],
        "available": [],
        CONFIGURATION: {"exists": True, "content": base64.b64encode(b"<a><Proxy>p:8080</Proxy></a>").decode()},
        "licenses": [],
        **others,
    }


def plan(read: dict[str, t.Any], **options: t.Any) -> ChangeSet:
    return SECTION.plan(SECTION.desired({**NOT_ASKED, **options}), readings(read))


def notes(read: dict[str, t.Any], **options: t.Any) -> t.Mapping[str, t.Any]:
    known = {"profile": shipped_profile()}
    return SECTION.observe(SECTION.desired({**NOT_ASKED, **known, **options}), readings(read)).notes


@pytest.mark.parametrize("mode", ["notify", "install", "manual"])
def test_a_mode_that_is_set_already_is_unchanged(mode: str) -> None:
    assert not plan(values(mode.capitalize()), mode=mode).changed


def test_a_mode_is_written_in_citrix_words() -> None:
    (step,) = plan(values("Notify"), mode="manual").steps
    assert isinstance(step.operation, Cmdlet)
    assert step.operation.parameters == {"Option": "Manual"}


@pytest.mark.parametrize(
    ("available", "install", "files", "expected"),
    [
        ([], [], [], []),
        ([renewal("FID-1"), renewal("FID-2")], ["all"], [], ["FID-1", "FID-2"]),
        ([], ["all"], [], []),
        ([renewal("FID-1"), renewal("FID-2")], ["FID-2", "FID-2"], [], ["FID-2"]),
        ([], ["FID-1"], [file("FID-1.lic", None)], []),
        ([], ["FID-1"], [file("a.lic", None, "INCREMENT X CITRIX 2027.1201 permanent 5 SN=LA-1:FID-1 START=x\n")], []),
        (cmdlet_error("NoSARenewals"), ["all"], [], []),
    ],
)
def test_what_is_installed(available: t.Any, install: list[str], files: t.Any, expected: list[str]) -> None:
    change_set = plan(values(available=available, licenses=files), install=install)
    assert change_set.actions["renewals_installed"] == expected
    assert [step.operation.to_json()["parameters"] for step in change_set.final_steps] == [
        {"FulfillmentID": item} for item in expected
    ]


@pytest.mark.parametrize(
    "files", [[], [file("FID-10.lic", None, "INCREMENT X CITRIX 2027.1201 permanent 5 SN=FID-1-2 NOTICE=FID-1\n")]]
)
def test_an_id_that_is_neither_available_nor_installed_is_an_error(files: t.Any) -> None:
    with pytest.raises(LicenseError, match=r"no renewal 'FID-1' .* Available: FID-7"):
        plan(values(available=[renewal("FID-7")], licenses=files), install=["FID-1"])


def test_a_failed_check_names_the_proxy_in_force() -> None:
    with pytest.raises(LicenseError, match=r"CommunicationError.*proxy in force is p:8080 .*recalled"):
        notes(values(available=cmdlet_error("CommunicationError")), check=True)


@pytest.mark.parametrize(
    ("configuration", "said"),
    [
        ({"exists": True, "content": base64.b64encode(b"<a/>").decode()}, "No proxy is set"),
        ({"exists": False, "content": None}, "could not be read"),
        (OperationError("access_denied", "", {}), "could not be read"),
    ],
)
def test_a_failed_check_tells_what_is_known_of_the_proxy(configuration: t.Any, said: str) -> None:
    with pytest.raises(LicenseError, match=said):
        notes(values(available=cmdlet_error("CommunicationError"), **{CONFIGURATION: configuration}), check=True)


def test_nothing_is_asked_of_citrix_unless_wanted() -> None:
    assert "available" not in SECTION.reads(SECTION.desired({**NOT_ASKED, "mode": "notify"}))
    assert notes(values(available=[renewal("FID-1")]))["available"] is None


ISSUED = "INCREMENT XDT CITRIX 2027.1201 permanent 5 VENDOR_STRING=;LT=Retail ISSUED={} SN=LA-1 START=1-jan-2020\n"


@pytest.mark.parametrize(
    ("item", "within", "source"),
    [
        (file("new.lic", "2026-11-20T08:00:00.0000000Z"), 30, "file_created"),
        (file("edge.lic", "2026-10-25T09:00:00.0000000Z"), 30, "file_created"),
        (file("old.lic", "2026-10-25T08:59:59.0000000Z"), 30, None),
        (file("old.lic", "2026-10-25T08:59:59.0000000Z"), 31, "file_created"),
        (file("issued.lic", None, ISSUED.format("20-Nov-2026")), 30, "issued"),
        (file("issued.lic", None, ISSUED.format("20-Nov-2025")), 30, None),
        (file("undated.lic", None), 30, None),
        (file("citrix_startup.lic", "2026-11-20T08:00:00.0000000Z"), 30, None),
    ],
)
def test_licenses_of_the_last_days_say_which_date_was_used(item: t.Any, within: int, source: str | None) -> None:
    listed = notes(values(licenses=[item]), installed_within_days=within)["installed"]
    assert [entry["date_source"] for entry in listed] == ([source] if source else [])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"installed_within_days": 0}, "from 1"),
        ({"installed_within_days": -3}, "from 1"),
        ({"installed_within_days": 36501}, "from 1 to 36500"),
        ({"install": ["all", "FID-1"]}, "one word all"),
        ({"install": [""]}, "blank fulfillment ID"),
    ],
)
def test_bad_input_is_refused_before_anything_is_sent(options: dict[str, t.Any], message: str) -> None:
    with pytest.raises(LicenseError, match=message):
        SECTION.desired({**NOT_ASKED, **options})
