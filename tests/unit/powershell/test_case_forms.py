# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives and jobs of a case: what is as it must be passes, and what is not is said."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import types
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.contract.archives import archive_differences
from tests.contract.cases import compare_archives, compare_host, file_bytes
from tests.contract.jobs import CREATED, FIRST_PROCESS, read_jobs, write_jobs

ENTRIES: Mapping[str, bytes] = types.MappingProxyType({"a.log": b"one", "b/c.log": b"two"})
WRITTEN = "2026-01-05T08:00:00.0000000Z"
ASKED = "2026-11-24T09:00:00.1234567Z"


def archive(
    entries: Mapping[str, bytes] = ENTRIES,
    told: Mapping[str, bytes] = ENTRIES,
    *,
    method: int = zipfile.ZIP_DEFLATED,
    hour: int = 8,
    last: str = "manifest.json",
) -> bytes:
    """The bytes of a zip of `entries`, whose manifest tells of others."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as target:
        for name, content in entries.items():
            target.writestr(zipfile.ZipInfo(name, (2026, 1, 5, hour, 0, 0)), content, method)
        files = [
            {"path": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in told.items()
        ]
        target.writestr(last, json.dumps({"files": files}))
    return stream.getvalue()


def test_a_right_archive_passes() -> None:
    assert list(archive_differences(ENTRIES, dict.fromkeys(ENTRIES, WRITTEN), archive())) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK nothing", "is no zip"),
        (archive(last="manifest.txt"), "has the entries"),
        (archive(dict(reversed(ENTRIES.items()))), "has the entries"),
        (archive({**ENTRIES, "server.key": b"x"}), "has the entries"),
        (archive({**ENTRIES, "a.log": b"One"}), "a.log: expected"),
        (archive(method=zipfile.ZIP_STORED), "not compressed"),
        (archive(hour=9), "was last written"),
        (archive(told={**ENTRIES, "a.log": b"other"}), "manifest: says"),
        (archive(told={"a.log": b"one"}), "manifest: names"),
    ],
)
def test_a_wrong_archive_is_said(content: bytes, said: str) -> None:
    differences = list(archive_differences(ENTRIES, dict.fromkeys(ENTRIES, WRITTEN), content))
    assert any(said in difference for difference in differences), differences


@pytest.mark.parametrize(
    ("wrong", "passes"), [({}, True), ({"size": 1}, False), ({"sha256": "00"}, False), ({"manifest": {}}, False)]
)
def test_what_an_answer_says_of_an_archive_must_be_true(wrong: dict[str, Any], passes: bool) -> None:
    content = archive()
    manifest = json.loads(zipfile.ZipFile(io.BytesIO(content)).read("manifest.json"))
    value = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest(), "manifest": manifest, **wrong}
    request = json.dumps({"v": 1, "ops": [{"op": "archive.create", "path": "a.zip", "files": []}]})
    files = [{"root": "work", "path": "a.zip", "content": base64.b64encode(content).decode()}]
    assert (compare_archives(request, {"results": [{"ok": True, "value": value}]}, files) == []) is passes


def test_a_file_of_parts() -> None:
    parts = [{"text": "ab", "times": 2}, {"text": "c", "encoding": "utf-16-le"}, {"text": "d"}]
    assert file_bytes({"parts": parts}) == b"ababc\0d"


def job(identity: str, state: str = "done") -> dict[str, Any]:
    answer = {"v": 1} if state == "done" else None
    times = {"started": CREATED, "asked": ASKED}
    return {"id": identity, "owner": "run", "state": state, **times, "progress": {"files": 1}, "answer": answer}


@pytest.mark.parametrize("jobs", [[], [job("a"), job("B", "running"), job("c", "ended")]])
def test_jobs_are_read_as_they_were_written(jobs: list[dict[str, Any]], tmp_path: Path) -> None:
    write_jobs(tmp_path, jobs)
    assert read_jobs(tmp_path, {FIRST_PROCESS + 1}) == jobs


def test_a_job_whose_process_was_ended_has_ended(tmp_path: Path) -> None:
    write_jobs(tmp_path, [job("a", "running")])
    assert read_jobs(tmp_path, set()) == [job("a", "ended")]


def test_a_folder_without_a_job_is_nobodys(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    assert read_jobs(tmp_path, set()) == [
        {"id": "a", "owner": None, "state": "ended", "answer": None, "progress": None}
    ]


@pytest.mark.parametrize(
    ("found", "passes"),
    [
        ([job("a")], True),
        ([{**job("a"), "more": 1}], True),
        ([job("b")], False),
        ([], False),
        ([job("a"), job("b")], False),
        ([job("a", "ended")], False),
    ],
)
def test_jobs_are_compared_by_what_the_case_gives(found: list[dict[str, Any]], passes: bool) -> None:
    assert (compare_host({"jobs": [job("a")]}, {"jobs": found}, {}) == []) is passes


@pytest.mark.parametrize(("path", "passes"), [("jobs\\a\\job.json", True), ("jobs\\a\\x.json", False)])
def test_files_that_hosts_keep_of_jobs_are_not_compared(path: str, passes: bool) -> None:
    found = [{"root": "work", "path": path, "text": ""}]
    assert (compare_host({"files": []}, {"files": found}, {}) == []) is passes
