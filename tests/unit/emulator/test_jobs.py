# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A job lives on its own: beside the connection, under faults, and not beyond the emulator."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from emulator.winrm.session import AgentEndedError
from tests.unit.emulator.operated import Fleet, Operated

LOG = {"root": "install", "path": "LS\\logs\\lmadmin.log"}
OPTIONS = {"root": "myfiles", "path": "CITRIX.opt"}
READ = {"op": "file.read", **OPTIONS, "tail": 0}
FOREVER = {"seconds": 3600}


def start(job_id: str, *operations: dict[str, Any], owner: str = "test") -> dict[str, Any]:
    request = {"v": 1, "ops": list(operations)}
    return {"op": "job.start", "id": job_id, "owner": owner, "text": "# the agent", "request": request}


def archive(path: str = "jobs\\j1\\bundle.zip", *files: dict[str, str]) -> dict[str, Any]:
    return {"op": "archive.create", "path": path, "files": list(files or (LOG, OPTIONS))}


def poll(job_id: str = "j1") -> dict[str, Any]:
    return {"op": "job.poll", "id": job_id}


def stop(job_id: str = "j1") -> dict[str, Any]:
    return {"op": "job.stop", "id": job_id}


def listed(server: Operated) -> dict[str, str]:
    return {one["id"]: one["state"] for one in server.run({"op": "job.list"})[0]}


def until(server: Operated, condition: Callable[[dict[str, Any]], bool], job_id: str = "j1") -> dict[str, Any]:
    """Poll until a job is as wanted; the time limit of each test is the end of it."""
    while not condition(polled := server.run(poll(job_id))[0]):
        time.sleep(0.01)
    return polled


def is_over(polled: dict[str, Any]) -> bool:
    return polled["state"] != "running"


def work_files(server: Operated) -> list[str]:
    listing = {"op": "file.list", "root": "work", "path": "", "recurse": True}
    return [one["path"] for one in server.run(listing)[0]]


def test_a_job_answers_as_its_request_would_have(server: Operated) -> None:
    (started,) = server.run(start("j1", READ, {"op": "file.read", "root": "work", "path": "..\\x"}, READ))
    assert started["process_id"] > 0
    polled = until(server, is_over)
    assert (polled["state"], polled["progress"]) == ("done", None)
    answer = polled["answer"]
    assert [one.get("value", one.get("error", {}).get("kind")) for one in answer["results"]] == [
        *server.run(READ),
        "confined",
        "skipped",
    ]
    assert server.run(stop()) == [{"stopped": False, "deleted": True}]
    assert (work_files(server), listed(server)) == ([], {})


def test_a_job_that_works_can_be_asked_and_tells_how_far_it_is(server: Operated) -> None:
    server.fault("job_slow", FOREVER)
    server.fault("fast_clock", 50)
    server.run(start("j1", archive()))
    progress = until(server, lambda polled: polled["progress"] is not None)["progress"]
    assert (progress["total_files"], progress["files"] < 2) == (2, True)
    assert progress["bytes"] <= progress["total_bytes"]
    assert progress["path"] in ("LS/logs/lmadmin.log", "MyFiles/CITRIX.opt")
    assert server.run(READ, {"op": "server"}), "the host lives on meanwhile"
    assert listed(server) == {"j1": "running"}
    assert server.run(stop()) == [{"stopped": True, "deleted": True}]
    assert (work_files(server), listed(server)) == ([], {})


def test_jobs_work_beside_one_another_and_beside_changes(server: Operated) -> None:
    server.fault("job_slow", FOREVER)
    names = ["a", "B", "c"]
    for name in names:
        server.run(start(name, archive(f"jobs\\{name}\\x.zip"), owner=f"owner of {name}"))
    server.run({"op": "file.write", "root": "work", "path": "x", "content": "", "replaces": None})
    found = server.run({"op": "job.list"})[0]
    assert [(one["id"], one["owner"], one["state"]) for one in found] == [
        (name, f"owner of {name}", "running") for name in names
    ]
    assert server.run(*(stop(name) for name in names)) == [{"stopped": True, "deleted": True}] * len(names)
    assert work_files(server) == ["x"]


def test_an_id_is_used_by_one_job_at_a_time(server: Operated) -> None:
    server.run(start("j1", READ))
    until(server, is_over)
    assert server.error(start("J1", READ))["detail"] == {"path": "jobs\\J1"}
    server.run(stop("j1"), start("J1", READ))


def test_whoever_asks_for_a_job_is_noted(server: Operated) -> None:
    server.run(start("j1", archive()))
    until(server, is_over)
    times = [server.run({"op": "job.list"})[0][0]["asked"]]
    chunk = {"op": "file.chunk", "path": "jobs\\j1\\bundle.zip", "offset": 0, "length": 1}
    for offset, operation in enumerate((poll(), chunk, {"op": "job.list"}), 1):
        server.fault("clock_offset", 3600 * offset)
        server.run(operation)
        times.append(server.run({"op": "job.list"})[0][0]["asked"])
    assert times[0] < times[1] < times[2] == times[3], "asking for the list asks for no job"


def test_a_job_without_a_folder_is_not_found(server: Operated) -> None:
    error = server.error(poll("none"))
    assert (error["kind"], error["detail"]) == ("not_found", {"name": "none"})
    assert server.run(stop("none"), {"op": "job.list"}) == [{"stopped": False, "deleted": False}, []]


def test_a_job_ends_with_the_emulator_and_is_known_to_have_ended(fleet: Fleet) -> None:
    server = fleet()[0]
    server.fault("job_slow", FOREVER)
    server.run(start("j1", archive()), start("j2", READ))
    until(server, is_over, "j2")
    server = fleet()[0]
    assert listed(server) == {"j1": "ended", "j2": "done"}
    assert server.run(poll())[0]["answer"] is None
    assert server.run(stop("j1"), stop("j2")) == [{"stopped": False, "deleted": True}] * 2
    assert work_files(server) == []


def test_a_job_whose_process_is_ended_leaves_what_it_made(server: Operated) -> None:
    server.fault("job_killed", {"after_files": 1})
    server.run(start("j1", archive()))
    polled = until(server, is_over)
    assert (polled["state"], polled["answer"], polled["progress"]["files"]) == ("ended", None, 0)
    assert "jobs\\j1\\bundle.zip" in work_files(server)
    server.run(stop(), start("j1", archive()))
    assert until(server, is_over)["state"] == "done", "the fault struck once"


def test_a_job_is_there_although_its_start_was_not_answered(server: Operated) -> None:
    server.fault("agent_killed", {"after": 1})
    with pytest.raises(AgentEndedError):
        server.answer(start("j1", READ))
    assert until(server, is_over)["state"] == "done"


def test_a_disk_that_is_full_takes_no_job(server: Operated) -> None:
    server.fault("disk_full")
    assert server.error(start("j1", READ))["kind"] == "disk_full"
    server.fault("disk_full", False)
    assert (work_files(server), listed(server)) == ([], {})


def test_a_folder_without_a_job_in_it_is_listed_and_can_be_deleted(server: Operated) -> None:
    server.run({"op": "file.write", "root": "work", "path": "jobs\\old\\job.json", "content": "", "replaces": None})
    (found,) = server.run({"op": "job.list"})[0]
    assert (found["id"], found["owner"], found["state"]) == ("old", None, "ended")
    assert found["started"] and found["asked"]
    assert server.run(stop("old")) == [{"stopped": False, "deleted": True}]


def test_a_job_that_changes_the_server_waits_for_its_turn(server: Operated) -> None:
    server.fault("lock_held", 0.01)
    server.run(start("j1", {"op": "file.write", **OPTIONS, "content": "", "replaces": "0" * 64}))
    assert until(server, is_over)["answer"]["results"][0]["error"]["kind"] == "busy"


def test_what_a_job_is_asked_is_not_what_it_answers_with(server: Operated) -> None:
    bad = start("j1", {"op": "job.list"})
    answer = json.loads(server.server.run_agent(json.dumps({"v": 1, "ops": [bad]}), server.session))
    assert (answer["failed"], answer["results"]) == (True, [])
    assert listed(server) == {}
