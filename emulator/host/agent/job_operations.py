# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operations on jobs: batches that outlive the connection, each with a folder below the work folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from ..errors import OperationError
from ..files import FileTree
from ..jobs import JobProcess
from ..machine import Machine
from .context import Batch, Job
from .paths import resolve, work_folder
from .request import Request
from .work import make_work_folder, named, parent, remove_empty_folders

Fields = Mapping[str, Any]
JOBS = "jobs"
KEPT, ASKED, PROGRESS, RESULT = "job.json", "asked", "progress.json", "result.json"
_BETWEEN_REPORTS = 1.0  # seconds


@dataclass(frozen=True)
class Kept:
    """What ``job.json`` says of a job: its form is the emulator's own. Times in round-trip format."""

    owner: str
    process_id: int
    created: str
    started: str

    @classmethod
    def read(cls, files: FileTree, folder: str) -> Kept | None:
        document = _read_object(files, f"{folder}\\{KEPT}") or {}
        try:
            return cls(*(document[name] for name in ("owner", "process_id", "created", "started")))
        except KeyError:
            return None


class Progress:
    """Writes how far a job is, at most once a second."""

    def __init__(self, machine: Machine, folder: str) -> None:
        self._machine = machine
        self._path = f"{folder}\\{PROGRESS}"
        self._last: datetime | None = None

    def report(self, progress: Mapping[str, Any]) -> None:
        now = self._machine.clock.now()
        if self._last is None or (now - self._last).total_seconds() >= _BETWEEN_REPORTS:
            self._last = now
            self._machine.files.write(self._path, json.dumps(progress).encode())


def start_job(batch: Batch, fields: Fields) -> dict[str, Any]:
    machine, relative = batch.machine, f"{JOBS}\\{fields['id']}"
    with machine.guard, named(relative):
        folder = resolve(machine, "work", relative)
        if machine.files.is_folder(folder) or machine.files.is_file(folder):
            raise OperationError("changed", "There is a job of that name already.", path=folder)
        make_work_folder(machine, folder)
        process = machine.jobs.create(machine.clock.now())
        kept = Kept(fields["owner"], process.process_id, process.created, process.created)
        try:
            machine.files.write(f"{folder}\\{KEPT}", json.dumps(asdict(kept)).encode())
            machine.files.write(f"{folder}\\{ASKED}", b"")
        except OperationError:
            _delete(machine, folder)
            raise
        machine.jobs.start(process, lambda: _run(batch, fields["request"], process, folder))
    return {"process_id": process.process_id}


def _run(batch: Batch, request: Request, process: JobProcess, folder: str) -> None:
    """What the job's process does."""
    files = batch.machine.files
    document = batch.run(request, Job(process, Progress(batch.machine, folder).report))
    process.check()
    try:
        files.write(f"{folder}\\{RESULT}", json.dumps(document).encode())
    except OperationError:
        # The disk is full, or somebody has deleted the folder: the process ends all the same, without an answer.
        return


def poll_job(batch: Batch, fields: Fields) -> dict[str, Any]:
    machine, job_id = batch.machine, fields["id"]
    folder = resolve(machine, "work", f"{JOBS}\\{job_id}")
    if not machine.files.is_folder(folder):
        raise OperationError("not_found", f"There is no job '{job_id}'.", name=job_id)
    note_asked(machine, folder)
    return read_job(machine, folder)


def read_job(machine: Machine, folder: str) -> dict[str, Any]:
    """``state``, ``progress`` and ``answer`` of the job in a folder."""
    state, answer = _state(machine, folder)
    return {"state": state, "progress": _read_object(machine.files, f"{folder}\\{PROGRESS}"), "answer": answer}


def list_jobs(batch: Batch, fields: Fields) -> list[dict[str, Any]]:
    return describe_jobs(batch.machine, resolve(batch.machine, "work", JOBS))


def describe_jobs(machine: Machine, jobs: str) -> list[dict[str, Any]]:
    """The jobs in a folder, in the order of their ids without regard to case."""
    return [_describe(machine, jobs, name) for name in sorted(machine.files.folders(jobs), key=str.upper)]


def _describe(machine: Machine, jobs: str, name: str) -> dict[str, Any]:
    folder, files = f"{jobs}\\{name}", machine.files
    kept, times, asked = Kept.read(files, folder), files.describe(folder), f"{folder}\\{ASKED}"
    return {
        "id": name,
        "owner": None if kept is None else kept.owner,
        "state": _state(machine, folder)[0],
        "started": times.created if kept is None else kept.started,
        "asked": files.describe(asked).modified if files.is_file(asked) else times.modified,
    }


def stop_job(batch: Batch, fields: Fields) -> dict[str, Any]:
    machine = batch.machine
    with machine.guard:
        folder = resolve(machine, "work", f"{JOBS}\\{fields['id']}")
        process = _process(machine, folder)
    stopped = process is not None and process.end()
    with machine.guard:
        deleted = machine.files.is_folder(folder)
        if deleted:
            _delete(machine, folder)
    return {"stopped": stopped, "deleted": deleted}


def note_asked(machine: Machine, path: str) -> None:
    """Note that somebody asks for the job that this absolute path is the folder of, or lies in; if it is one."""
    jobs = f"{work_folder(machine)}\\{JOBS}\\"
    if path.upper().startswith(jobs.upper()):
        name = path[len(jobs) :].split("\\", maxsplit=1)[0]
        asked = f"{jobs}{name}\\{ASKED}"
        if machine.files.is_file(asked):
            machine.files.touch(asked)


def _state(machine: Machine, folder: str) -> tuple[str, dict[str, Any] | None]:
    # In this order: a process that has ended by now has left its answer.
    runs = _process(machine, folder) is not None
    answer = _read_object(machine.files, f"{folder}\\{RESULT}")
    return "done" if answer is not None else "running" if runs else "ended", answer


def _process(machine: Machine, folder: str) -> JobProcess | None:
    kept = Kept.read(machine.files, folder)
    return None if kept is None else machine.jobs.find(kept.process_id, kept.created)


def _delete(machine: Machine, folder: str) -> None:
    machine.files.delete_folder(folder)
    remove_empty_folders(machine, parent(folder))


def _read_object(files: FileTree, path: str) -> dict[str, Any] | None:
    """The JSON object in a file, None if there is none that can be read."""
    try:
        document = json.loads(files.read(path) or b"null")
    except (OperationError, ValueError):
        return None
    return document if isinstance(document, dict) else None
