# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One bundle from end to end: ranges, broken connections, damage, jobs that end badly, and nothing left behind."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import hashlib
import io
import typing as t

import pytest
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.flow import (
    RANGE,
    RANGES,
    Collector,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.selection import LogLimits
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.values import (
    Surroundings,
    Wish,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import ConnectionLostError, LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._exchange import (
    Answer,
    OperationError,
    Outcome,
    Request,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import (
    DiskSpace,
    FileChunk,
    FileList,
    JobList,
    JobPoll,
    JobStart,
    JobStop,
    Operation,
    Server,
)

from tests.unit.plugins.readings import SERVER_VALUE

WISH = Wish(LogLimits(None, None), False, None, 0, 60)
ARCHIVE = bytes(range(256)) * 4096 * 20  # 20 MiB


class FakeHost:
    """A host with jobs, whose connection breaks at the calls that it is told."""

    def __init__(self, archive: bytes = ARCHIVE) -> None:
        self.archive = archive
        self.calls: list[str] = []
        self.breaks: set[int] = set()
        self.breaks_after: set[int] = set()
        self.jobs: dict[str, dict[str, t.Any]] = {}
        self.states = ["running", "done"]
        self.error: OperationError | None = None
        self.damaged = 0
        self.slept = 0.0
        self.stop_error: OperationError | None = None
        self.answer: t.Any = ...

    def send(self, request: Request) -> Answer:
        self.calls.append(request.operations[0].OP)
        number = len(self.calls)
        if number in self.breaks:
            raise ConnectionLostError("broken")
        answer = Answer(tuple(self._run(operation) for operation in request.operations))
        if number in self.breaks_after:
            raise ConnectionLostError("broken after it was done")
        return answer

    def _run(self, operation: Operation) -> Outcome:
        if isinstance(operation, Server):
            return Outcome(value=SERVER_VALUE)
        if isinstance(operation, FileList):
            return Outcome(value=[{"path": rf"{operation.path}\a", "size": 5, "modified": "2026-11-24T08:00:00Z"}])
        if isinstance(operation, JobList):
            return Outcome(value=[{"id": name, **job} for name, job in self.jobs.items()])
        if isinstance(operation, DiskSpace):
            return Outcome(value={"free": 10**9, "size": 10**10})
        if isinstance(operation, JobStart):
            assert operation.id not in self.jobs
            self.jobs[operation.id] = {"owner": operation.owner, "asked": SERVER_VALUE["host"]["clock"]}
            return Outcome(value={"process_id": 1})
        if isinstance(operation, JobStop) and self.stop_error:
            return Outcome(error=self.stop_error)
        if isinstance(operation, JobStop):
            return Outcome(value={"stopped": True, "deleted": self.jobs.pop(operation.id, None) is not None})
        if isinstance(operation, JobPoll):
            return self._poll(operation.id)
        assert isinstance(operation, FileChunk)
        content = self.archive[operation.offset : operation.offset + operation.length]
        digest = hashlib.sha256(content).hexdigest()
        if self.damaged:
            self.damaged -= 1
            content = content[:-1]
        value = {"content": base64.b64encode(content).decode(), "sha256": digest, "size": len(self.archive)}
        return Outcome(value=value)

    def _poll(self, name: str) -> Outcome:
        if name not in self.jobs:
            return Outcome(error=OperationError("not_found", "", {"name": name}))
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        value = {
            "size": len(self.archive),
            "sha256": hashlib.sha256(self.archive).hexdigest(),
            "manifest": {"files": []},
        }
        result: dict[str, t.Any] = {"ok": True, "value": value}
        if self.error is not None:
            result = {"ok": False, "error": dataclasses.asdict(self.error)}
        answer: t.Any = {"v": 1, "failed": False, "results": [result], "undone": []}
        if self.answer is not ...:
            answer = self.answer
        progress = {"files": 1, "bytes": 1, "total_files": 2, "total_bytes": 2, "path": "a"}
        return Outcome(value={"state": state, "progress": progress, "answer": answer if state == "done" else None})


def collector(host: FakeHost, gone: t.Callable[[str], bool] = lambda owner: False) -> Collector:
    def sleep(seconds: float) -> None:
        host.slept += seconds

    around = Surroundings("me/1", "id-1", "text", gone, lambda: host.slept, sleep, lambda *_seen: None, lambda: None)
    return Collector(host, WISH, around)


def collect(host: FakeHost) -> bytes:
    sink = io.BytesIO()
    one = collector(host)
    one.collect(one.look(), lambda: contextlib.nullcontext(sink), lambda _size: None)
    return sink.getvalue()


@pytest.mark.parametrize("size", [0, 1, RANGE - 1, RANGE, RANGE + 1, RANGE * RANGES, RANGE * RANGES + 1, len(ARCHIVE)])
def test_every_byte_arrives_and_nothing_stays(size: int) -> None:
    host = FakeHost(ARCHIVE[:size])
    assert collect(host) == ARCHIVE[:size]
    assert host.jobs == {}
    assert host.calls.count("file.chunk") == -(-size // (RANGE * RANGES))


@pytest.mark.parametrize("number", range(2, 9))
@pytest.mark.parametrize("when", ["breaks", "breaks_after"])
def test_a_connection_that_breaks_once_is_taken_up_again(number: int, when: str) -> None:
    host = FakeHost()
    getattr(host, when).add(number)
    assert collect(host) == ARCHIVE
    assert host.jobs == {}


def test_a_host_that_cannot_be_reached_at_first_is_not_asked_again() -> None:
    host = FakeHost()
    host.breaks.add(1)
    with pytest.raises(ConnectionLostError):
        collect(host)
    assert (host.calls, host.slept) == (["server"], 0.0)


def test_what_could_not_be_cleaned_up_is_told() -> None:
    host = FakeHost()
    one = collector(host)
    host.stop_error = OperationError("sharing_violation", "it is open elsewhere", {})
    one.collect(one.look(), lambda: contextlib.nullcontext(io.BytesIO()), lambda _size: None)
    assert one.warnings == [r"jobs\id-1 stays on the server: it is open elsewhere"]


@pytest.mark.parametrize("answer", [None, {}, {"v": 1, "failed": True, "msg": "no"}, {"v": 1, "results": ["x"]}])
def test_a_job_whose_answer_is_none_is_told(answer: t.Any) -> None:
    host = FakeHost()
    host.answer = answer
    with pytest.raises(LicenseError, match="did not answer as it should"):
        collect(host)


def test_a_host_that_stays_away_is_given_up_after_a_while() -> None:
    host = FakeHost()
    host.breaks.update(range(5, 99))
    with pytest.raises(ConnectionLostError):
        collect(host)
    assert 60 < host.slept < 120


def test_a_damaged_range_is_asked_for_again() -> None:
    host = FakeHost()
    host.damaged = 1
    assert collect(host) == ARCHIVE


def test_a_range_that_stays_damaged_is_an_error() -> None:
    host = FakeHost()
    host.damaged = 99
    with pytest.raises(LicenseError, match="arrived damaged twice"):
        collect(host)
    assert host.jobs == {}


@pytest.mark.parametrize(
    ("states", "error", "said"),
    [
        (["ended"], None, "ended before the bundle was made"),
        (["running"], None, "not made within 60 seconds"),
        (["done"], OperationError("disk_full", "", {"path": "x", "free": 5, "needed": 7}), r"free: 5 bytes, needed: 7"),
        (["done"], OperationError("access_denied", "", {"path": "x"}), "Windows refused access"),
    ],
)
def test_a_job_that_ends_badly_is_told_and_cleaned_up(
    states: list[str], error: OperationError | None, said: str
) -> None:
    host = FakeHost()
    host.states, host.error = states, error
    with pytest.raises(LicenseError, match=said):
        collect(host)
    assert host.jobs == {}


def test_a_controller_without_room_is_told_before_a_byte_is_fetched() -> None:
    host = FakeHost()

    def full(_size: int) -> None:
        raise LicenseError("no room")

    one = collector(host)
    with pytest.raises(LicenseError, match="no room"):
        one.collect(one.look(), lambda: contextlib.nullcontext(io.BytesIO()), full)
    assert "file.chunk" not in host.calls
    assert host.jobs == {}


@pytest.mark.parametrize(
    ("owner", "asked", "abandoned"),
    [
        ("me/7", "2026-11-24T08:59:00.0000000Z", False),
        ("me/gone", "2026-11-24T08:59:00.0000000Z", True),
        ("other/1", "2026-11-24T08:59:00.0000000Z", False),
        ("other/1", "2026-11-24T08:20:00.0000000Z", True),
        ("other/1", "2026-11-24T09:20:00.0000000Z", False),
        (None, None, True),
    ],
)
def test_jobs_that_nobody_wants_any_more_are_ended(owner: str | None, asked: str | None, abandoned: bool) -> None:
    host = FakeHost()
    host.jobs["left"] = {"owner": owner, "asked": asked}
    one = collector(host, lambda name: name.endswith("gone"))
    one.clean(one.look())
    assert ("left" not in host.jobs) == abandoned


def test_an_interrupted_run_leaves_nothing() -> None:
    host = FakeHost()
    one = collector(host)
    found = one.look()

    def interrupt(_size: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        one.collect(found, lambda: contextlib.nullcontext(io.BytesIO()), interrupt)
    assert host.jobs == {}
