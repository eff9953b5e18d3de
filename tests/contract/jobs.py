# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs of a case in the form in which the PowerShell text keeps them (plugins/module_utils/_agent_jobs.psm1)."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

# The shim's processes have this creation time (shim.psm1, $script:Created); those of jobs these ids, in their order.
CREATED = "2026-11-23T06:00:00.0000000Z"
FIRST_PROCESS = 9000

# A process that there is, but with another creation time: the id of a process that has ended is used again.
USED_AGAIN = 2100

_EPOCH = datetime(1, 1, 1, tzinfo=timezone.utc)


def write_jobs(folder: Path, jobs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Make the folders of the jobs, and give the jobs with the ids of their processes.

    A job that is not running has ended, whether it left an answer or not.
    """
    running = []
    for number, job in enumerate(jobs):
        place = folder / job["id"]
        place.mkdir(parents=True, exist_ok=True)
        if job["owner"] is None:
            continue
        alive = job["state"] == "running"
        process = FIRST_PROCESS + number if alive else USED_AGAIN
        created = _ticks(CREATED) - (0 if alive else 1)
        told = {"owner": job["owner"], "process_id": process, "created": created, "started": _ticks(job["started"])}
        (place / "job.json").write_text(json.dumps(told), encoding="ascii")
        for name, key in (("progress.json", "progress"), ("result.json", "answer")):
            if job[key] is not None:
                (place / name).write_text(json.dumps(job[key]), encoding="ascii")
        (place / "asked").touch()
        nanoseconds = (_ticks(job["asked"]) - _ticks("1970-01-01T00:00:00.0000000Z")) * 100
        os.utime(place / "asked", ns=(nanoseconds, nanoseconds))
        running.append({**job, "process_id": process})
    return running


def read_jobs(folder: Path, running: Collection[int]) -> list[dict[str, Any]]:
    """The jobs that are there now, in the form of a case; `running` are the processes that have not ended."""
    return [_read_job(place, running) for place in sorted(folder.glob("*"), key=lambda place: place.name.upper())]


def _read_job(folder: Path, running: Collection[int]) -> dict[str, Any]:
    told = _read(folder / "job.json") or {"owner": None, "process_id": 0}
    answer = _read(folder / "result.json")
    state = "done" if answer is not None else "running" if told["process_id"] in running else "ended"
    job = {"id": folder.name, "owner": told["owner"], "state": state, "answer": answer}
    job["progress"] = _read(folder / "progress.json")
    if "started" in told:
        job["started"] = _text(told["started"])
        nanoseconds = (folder / "asked").stat().st_mtime_ns
        job["asked"] = _text(_ticks("1970-01-01T00:00:00.0000000Z") + nanoseconds // 100)
    return job


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def _ticks(text: str) -> int:
    """What .NET counts: tenths of a microsecond since the year 1."""
    moment = datetime.fromisoformat(text[:19]).replace(tzinfo=timezone.utc)
    return (moment - _EPOCH) // timedelta(seconds=1) * 10_000_000 + int(text[20:27])


def _text(ticks: int) -> str:
    seconds, rest = divmod(ticks, 10_000_000)
    return f"{_EPOCH + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S}.{rest:07d}Z"
