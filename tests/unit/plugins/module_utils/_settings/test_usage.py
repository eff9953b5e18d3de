# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sharing, historical use and uploads: which values are written, when it is an error, and what the log says."""

from __future__ import annotations

import base64
import typing as t

import pytest
from ansible_collections.citrixfleet.licensing.plugins.module_utils._change_set import ChangeSet
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._exchange import OperationError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import Cmdlet
from ansible_collections.citrixfleet.licensing.plugins.module_utils._server import ServerFacts
from ansible_collections.citrixfleet.licensing.plugins.module_utils._settings.usage import SECTION
from ansible_collections.citrixfleet.licensing.plugins.plugin_utils._profiles import shipped_profile

from tests.unit.plugins.readings import SERVER, readings, server

LOG = (
    "cmd_stderr : {<CtxUploaderResult><Code>CTX_UPLOADER_SUCCESS</Code><Msg></Msg><t>1678364711</t>"
    "<UploadType>CTX_UPLOAD_TYPE_COMPLIANCE</UploadType></CtxUploaderResult>}\r\n"
)


def printed(sharing: str = "Diag", enabled: bool = True, minutes: int | None = 15, days: int | None = 180) -> t.Any:
    samples = {"Enabled": enabled, "PollingInterval": minutes, "RetentionPeriod": days}
    return {"Get-LicCEIPOption": [{"CEIPOption": sharing}], "Get-LicConfigUsageSamples": [samples]}


def plan(values: t.Any, options: dict[str, t.Any], facts: ServerFacts = SERVER, blank: bool = False) -> ChangeSet:
    return SECTION.plan(SECTION.desired(options), readings(values, facts, blank))


def writes(change_set: ChangeSet) -> dict[str, t.Any]:
    operations = [step.operation for step in change_set.steps]
    return {operation.name: dict(operation.parameters) for operation in operations if isinstance(operation, Cmdlet)}


@pytest.mark.parametrize(
    ("values", "options", "expected"),
    [
        (printed(), {}, {}),
        (printed("Diag"), {"share_usage_statistics": "call_home"}, {}),
        (printed("Diagnostic"), {"share_usage_statistics": "call_home"}, {}),
        (printed("diag"), {"share_usage_statistics": "none"}, {"Set-LicCEIPOption": {"CEIPOption": "None"}}),
        (
            printed("None"),
            {"share_usage_statistics": "call_home"},
            {"Set-LicCEIPOption": {"CEIPOption": "Diagnostic"}},
        ),
        (
            printed("None"),
            {"share_usage_statistics": "anonymous"},
            {"Set-LicCEIPOption": {"CEIPOption": "Anonymous"}},
        ),
        (printed(days=180), {"retention_days": 180}, {}),
        (printed(days=180), {"retention_days": 365}, {"Set-LicConfigUsageSamples": {"RetentionPeriod": 365}}),
        (
            printed(),
            {"collect_historical_use": False},
            {"Set-LicConfigUsageSamples": {"Enable": False}},
        ),
        (
            printed(enabled=False, minutes=None, days=None),
            {"collect_historical_use": True, "retention_days": 365, "polling_minutes": 30},
            {"Set-LicConfigUsageSamples": {"Enable": True, "RetentionPeriod": 365, "PollingInterval": 30}},
        ),
        (
            printed(enabled=False, minutes=None, days=None),
            {"retention_days": 365, "when_collection_off": "enable"},
            {"Set-LicConfigUsageSamples": {"Enable": True, "RetentionPeriod": 365}},
        ),
        (
            printed("Something new"),
            {"share_usage_statistics": "none"},
            {"Set-LicCEIPOption": {"CEIPOption": "None"}},
        ),
    ],
)
def test_only_what_differs_is_written(values: t.Any, options: dict[str, t.Any], expected: dict[str, t.Any]) -> None:
    assert writes(plan(values, options)) == expected


def test_the_way_back_is_the_old_value_in_the_spelling_that_is_written() -> None:
    change_set = plan(printed("Diag"), {"share_usage_statistics": "none"})
    (step,) = change_set.steps
    assert isinstance(step.undo, Cmdlet)
    assert step.undo.parameters == {"CEIPOption": "Diagnostic"}


def test_the_proof_takes_every_spelling_that_is_read() -> None:
    change_set = plan(printed("None"), {"share_usage_statistics": "call_home"})
    proof = change_set.verify["Get-LicCEIPOption"].expect
    assert proof is not None
    assert proof.includes == ({"CEIPOption": ("Diag", "Diagnostic")},)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"retention_days": 29}, "at least 30"),
        ({"retention_days": -1}, "at least 30"),
        ({"polling_minutes": 4}, "5 to 1440"),
        ({"polling_minutes": 1441}, "5 to 1440"),
        ({"retention_days": 60, "collect_historical_use": False}, "no meaning"),
    ],
)
def test_bad_input_is_refused_before_anything_is_sent(options: dict[str, t.Any], message: str) -> None:
    with pytest.raises(LicenseError, match=message):
        SECTION.desired(options)


def test_days_for_a_collection_that_is_off_are_an_error_unless_they_may_switch_it_on() -> None:
    with pytest.raises(LicenseError, match="when_collection_off=enable"):
        plan(printed(enabled=False, minutes=None, days=None), {"retention_days": 365})


def test_a_server_too_old_for_a_setting_is_an_error_only_if_it_has_to_change() -> None:
    old = server(version="11.10.0.0 build 12002")
    known = {"profile": shipped_profile()}
    with pytest.raises(LicenseError, match=r"retention_days has an interface on License Server 11\.12\.1\.0\.\."):
        plan(printed(days=180), {"retention_days": 365, **known}, old)
    assert writes(plan(printed(days=180), {"retention_days": 180, **known}, old)) == {}


def test_switched_off_means_no_days_in_the_prediction() -> None:
    assert plan(printed(), {"collect_historical_use": False}).after == {
        "share_usage_statistics": "call_home",
        "collect_historical_use": False,
        "retention_days": None,
        "polling_minutes": None,
    }


@pytest.mark.parametrize(
    ("log", "expected", "unreadable"),
    [
        ({"exists": True, "content": base64.b64encode(LOG.encode()).decode()}, "success", 0),
        ({"exists": False, "content": None}, None, 1),
        (OperationError("not_installed", "", {}), None, 1),
    ],
)
def test_the_last_uploads_or_why_they_could_not_be_read(log: t.Any, expected: str | None, unreadable: int) -> None:
    desired = SECTION.desired({"uploads": True})
    notes = SECTION.observe(desired, readings({**printed(), "uploads": log})).notes
    uploads = notes["last_uploads"]
    assert (uploads["compliance"]["outcome"] if uploads else None) == expected
    assert len(notes["unreadable"]) == unreadable
