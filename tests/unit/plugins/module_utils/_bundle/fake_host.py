# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host for bundles: files, jobs that make an archive, and a connection that breaks."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.controller import Controller
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import ConnectionLostError
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

ARCHIVE = bytes(range(256)) * 4096 * 20  # 20 MiB
MANIFEST: dict[str, t.Any] = {
    "version": 1,
    "created": "2026-11-24T09:00:00.0000000Z",
    "header": {
        "host": "LS001",
        "version": "11.17.2.0 build 53100",
        "collected_at": "2026-11-24T09:00:00.0000000Z",
        "not_taken": [{"path": r"LS\conf", "reason": "missing", "message": "not there"}],
        "options": {"log_days": None, "log_size": None, "private_keys": False, "pseudonyms": None},
    },
    "files": [{"path": "LS/logs/a", "size": 5, "sha256": "00", "modified": "2026", "pseudonyms": 0}],
    "left_out": [{"path": "LS/logs/b", "reason": "access_denied", "message": "no"}],
}


def controller(host: FakeHost, is_gone: t.Callable[[str], bool] = lambda owner: False) -> Controller:
    """The controller, on which time passes while it waits for the host."""
    return Controller("me/1", "id-1", "text", is_gone, lambda: host.slept, host.sleep, lambda *_seen: None)


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
        #: Of operations that fail, by their names.
        self.refusals: dict[str, OperationError] = {}
        self.answer: t.Any = ...
        self.server: dict[str, t.Any] = SERVER_VALUE

    def reconnect(self) -> None:
        """The next call goes through, unless that breaks, too."""

    def sleep(self, seconds: float) -> None:
        self.slept += seconds

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
        if operation.OP in self.refusals:
            return Outcome(error=self.refusals[operation.OP])
        if isinstance(operation, Server):
            return Outcome(value=self.server)
        if isinstance(operation, FileList):
            return Outcome(value=[{"path": rf"{operation.path}\a", "size": 5, "modified": "2026-11-24T08:00:00Z"}])
        if isinstance(operation, JobList):
            return Outcome(value=[{"id": name, **job} for name, job in self.jobs.items()])
        if isinstance(operation, DiskSpace):
            return Outcome(value={"free": 10**9, "size": 10**10})
        if isinstance(operation, JobStart):
            return self._start(operation)
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

    def _start(self, operation: JobStart) -> Outcome:
        if operation.id in self.jobs:
            return Outcome(error=OperationError("changed", "", {"path": rf"jobs\{operation.id}"}))
        self.jobs[operation.id] = {"owner": operation.owner, "asked": SERVER_VALUE["host"]["clock"]}
        return Outcome(value={"process_id": 1})

    def _poll(self, name: str) -> Outcome:
        if name not in self.jobs:
            return Outcome(error=OperationError("not_found", "", {"name": name}))
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        value = {
            "size": len(self.archive),
            "sha256": hashlib.sha256(self.archive).hexdigest(),
            "manifest": MANIFEST,
        }
        result: dict[str, t.Any] = {"ok": True, "value": value}
        if self.error is not None:
            result = {"ok": False, "error": dataclasses.asdict(self.error)}
        answer: t.Any = {"v": 1, "failed": False, "results": [result], "undone": []}
        if self.answer is not ...:
            answer = self.answer
        progress = {"files": 1, "bytes": 1, "total_files": 2, "total_bytes": 2, "path": "a"}
        return Outcome(value={"state": state, "progress": progress, "answer": answer if state == "done" else None})
