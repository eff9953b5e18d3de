# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files a support bundle takes, which logs the limits leave out, and what is missing of Citrix' table."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.selection import (
    SOURCES,
    LogLimits,
    list_sources,
    missing_sources,
    select,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._exchange import OperationError, Outcome

CLOCK = "2026-11-24T09:00:00.0000000Z"
DENIED = OperationError("access_denied", "no", {"path": "LS\\conf"})
TITLES = [source.title for source in SOURCES]


def item(path: str, size: int | None = 1, modified: str = "2026-11-24T08:00:00.0000000Z") -> dict[str, t.Any]:
    return {"path": path, "size": size, "modified": modified}


def listed(files: dict[str, t.Any]) -> dict[str, Outcome]:
    """Some files by the title of their source; all other sources have one file."""
    found: dict[str, t.Any] = {source.title: [item(rf"{source.folder}\one".lstrip("\\"))] for source in SOURCES}
    answers = {**found, **files}
    return {
        title: Outcome(error=answer) if isinstance(answer, OperationError) else Outcome(value=answer)
        for title, answer in answers.items()
    }


LOGS = [
    item(r"LS\logs\old.log", 10, "2026-11-01T08:00:00.0000000Z"),
    item(r"LS\logs\edge.log", 10, "2026-11-17T09:00:00.0000000Z"),
    item(r"LS\logs\big.log", 1000, "2026-11-23T08:00:00.0000000Z"),
    item(r"LS\logs\new.log", 10, "2026-11-24T08:00:00.0000000Z"),
]


@pytest.mark.parametrize(
    ("limits", "taken", "left_out"),
    [
        (LogLimits(None, None), {"old", "edge", "big", "new"}, {}),
        (LogLimits(7, None), {"edge", "big", "new"}, {"old": "too_old"}),
        (LogLimits(None, 100), {"new"}, {"big": "size_limit", "edge": "size_limit", "old": "size_limit"}),
        (LogLimits(None, 1020), {"new", "big", "edge"}, {"old": "size_limit"}),
        (LogLimits(None, 15), {"new"}, {"big": "size_limit", "edge": "size_limit", "old": "size_limit"}),
        (LogLimits(1, 5), set(), {"new": "size_limit", "edge": "too_old", "big": "too_old", "old": "too_old"}),
    ],
)
def test_logs_are_limited_by_age_and_size_the_newest_first(
    limits: LogLimits, taken: set[str], left_out: dict[str, str]
) -> None:
    found = select(listed({r"LS\logs": LOGS, r"WebServicesForLicensing\Logs": []}), limits, CLOCK)
    logs = {member.entry[8:-4] for member in found.members if member.entry.startswith("LS/logs/")}
    reasons = {item.path[8:-4]: item.reason for item in found.left_out if item.path.startswith("LS/logs/")}
    assert (logs, reasons) == (taken, left_out)


def test_what_is_no_log_has_no_limits() -> None:
    old = item(r"LS\conf\server.xml", 10**9, "2001-01-01T00:00:00.0000000Z")
    found = select(listed({r"LS\conf": [old]}), LogLimits(1, 1), CLOCK)
    assert "LS/conf/server.xml" in {member.entry for member in found.members}


def test_a_folder_that_is_empty_or_cannot_be_listed_is_told() -> None:
    found = select(listed({r"LS\resource\cache": [], r"LS\conf": DENIED}), LogLimits(None, None), CLOCK)
    assert [(item.path, item.reason) for item in found.left_out] == [
        (r"LS\conf", "access_denied"),
        (r"LS\resource\cache", "missing"),
    ]


@pytest.mark.parametrize("folder", [r"LS\conf", r"LS\logs"])
def test_a_folder_that_is_too_deep_to_look_into_is_told(folder: str) -> None:
    found = select(
        listed({folder: [item(rf"{folder}\deep", None), item(rf"{folder}\x")]}), LogLimits(None, None), CLOCK
    )
    name = folder.replace("\\", "/")
    assert [(item.path, item.reason) for item in found.left_out] == [(f"{name}/deep", "path_too_long")]
    assert {member.entry for member in found.members} >= {f"{name}/x"}


def test_every_source_is_listed_whole_but_the_one_file() -> None:
    operations = {title: operation.to_json() for title, operation in list_sources().items()}
    assert all(operation["tolerate"] == ["*"] for operation in operations.values())
    assert [title for title, operation in operations.items() if not operation.get("recurse")] == [
        r"WebServicesForLicensing\SimpleLicenseServiceConfig.xml"
    ]


@pytest.mark.parametrize(
    ("entries", "missing"),
    [
        ([], TITLES),
        (["LS/conf/x", "ls/LOGS/x", "MyFiles/a.lic"], [*TITLES[2:5], *TITLES[6:]]),
        (["WebServicesForLicensing/SimpleLicenseServiceConfig.xml"], [*TITLES[:6], *TITLES[7:]]),
    ],
)
def test_what_is_missing_of_citrix_table(entries: list[str], missing: list[str]) -> None:
    assert missing_sources(entries) == missing
