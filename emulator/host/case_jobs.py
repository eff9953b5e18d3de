# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The jobs of a case: those that are there before, and those that a request starts, which are over at once."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .agent.job_operations import ASKED, JOBS, KEPT, PROGRESS, RESULT, Kept, describe_jobs, read_job
from .agent.paths import work_folder
from .clock import parse, to_nanoseconds
from .files import Mark
from .jobs import JobProcess, Jobs
from .machine import Machine


@dataclass
class StandingProcess(JobProcess):
    """A process that does nothing, for as long as it is let."""

    ended: bool = False

    @property
    def runs(self) -> bool:
        return not self.ended

    def end(self, timeout: float | None = None) -> bool:
        was_running, self.ended = self.runs, True
        return was_running


class CaseJobs(Jobs):
    """A host's jobs without threads."""

    def start(self, process: JobProcess, work: Callable[[], None]) -> None:
        work()

    def write(self, machine: Machine, jobs: Sequence[Mapping[str, Any]]) -> None:
        """Put the jobs of a case there."""
        for one in jobs:
            folder = f"{work_folder(machine)}\\{JOBS}\\{one['id']}"
            machine.files.locate(folder).mkdir(parents=True, exist_ok=True)
            if one["owner"] is not None:
                self._write(machine, folder, one)

    def _write(self, machine: Machine, folder: str, job: Mapping[str, Any]) -> None:
        created = self.create(parse(job["started"]))
        process = StandingProcess(created.process_id, created.created, ended=job["state"] != "running")
        self._processes[process.process_id] = process
        kept = Kept(job["owner"], process.process_id, process.created, job["started"])
        documents = {KEPT: asdict(kept), PROGRESS: job.get("progress"), RESULT: job.get("answer"), ASKED: ""}
        for name, document in documents.items():
            if document is not None:
                machine.files.locate(f"{folder}\\{name}").write_text(json.dumps(document), encoding="utf-8")
        asked = to_nanoseconds(job["asked"])
        os.utime(machine.files.locate(f"{folder}\\{ASKED}"), ns=(asked, asked))
        machine.files.marks[f"{folder}\\{ASKED}".upper()] = Mark(job["started"])

    @staticmethod
    def document(machine: Machine) -> list[dict[str, Any]]:
        """The jobs that are there now, in the form of a case."""
        folder = f"{work_folder(machine)}\\{JOBS}"
        return [{**one, **read_job(machine, f"{folder}\\{one['id']}")} for one in describe_jobs(machine, folder)]
