# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host, or the agent on it, that dies at any step of a change leaves behind what a real one would."""

from __future__ import annotations

import base64
import hashlib
import json
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from emulator.host import faults, show
from emulator.winrm.session import AgentEndedError
from tests.unit.emulator.operated import BUILD, Fleet, Operated, cmdlet, free_addresses

LICENSE, WEB, MANUAL = "Citrix Licensing", "CitrixWebServicesforLicensing", "Citrix_GTLicensingProv"
OPTIONS = {"root": "myfiles", "path": "CITRIX.opt"}
OPTIONS_PATH = "C:\\Program Files (x86)\\Citrix\\Licensing\\MyFiles\\CITRIX.opt"
WEB_CONFIGURATION = {"root": "install", "path": "WebServicesForLicensing\\Apache\\conf\\httpd.conf"}
COPY_PATH = "C:\\ProgramData\\citrixfleet.licensing\\backup\\1\\CITRIX.opt"
NEW = b"# new\r\n"
RUN = """
import sys
from pathlib import Path
from emulator.host import build_fleet
from emulator.winrm.session import Session
server = build_fleet(Path(sys.argv[1]), 1, sys.argv[2], [sys.argv[3]])[0]
server.start()
print(server.run_agent(sys.stdin.read(), Session("ansible")))
server.stop()
"""


@dataclass(frozen=True)
class Left:
    """What is on disk: whether the file is new, the temporary files, what runs of the two services, the copy."""

    new: bool = False
    temporary: tuple[str, ...] = ()
    running: tuple[str, ...] = (LICENSE, WEB)
    copy: bool = False


STEPS = [
    Left(),
    Left(temporary=(f"{COPY_PATH}.citrixfleet.tmp",)),
    Left(copy=True),
    Left(copy=True, running=(LICENSE,)),
    Left(copy=True, running=()),
    Left(copy=True, running=(), temporary=(f"{OPTIONS_PATH}.citrixfleet.tmp",)),
    Left(copy=True, running=(), new=True),
    Left(copy=True, running=(LICENSE,), new=True),
    Left(copy=True, new=True),
    Left(new=True),
]


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def write(file: dict[str, str], content: bytes, replaces: str | None) -> dict[str, Any]:
    return {"op": "file.write", **file, "content": base64.b64encode(content).decode(), "replaces": replaces}


def change(old: str) -> list[dict[str, Any]]:
    """A change of the options file as it is made in one batch, by the hash that the file has now."""
    backup = {"to_root": "work", "to_path": "backup\\1\\CITRIX.opt", "replaces": None}
    return [
        {"op": "file.copy", **OPTIONS, "sha256": old, **backup},
        {"op": "service.stop", "names": [WEB, LICENSE]},
        write(OPTIONS, NEW, old),
        {"op": "service.start", "names": [LICENSE, WEB]},
        {"op": "port.owners"},
        {"op": "folder.delete", "path": "backup"},
    ]


def hash_of(server: Operated, file: dict[str, str]) -> str:
    return str(server.run({"op": "file.read", **file})[0]["sha256"])


def left(state_dir: Path) -> Left:
    shown = show(state_dir)["servers"]["ls001"]
    return Left(
        new=shown["files"][OPTIONS_PATH] == sha256(NEW),
        temporary=tuple(path for path in shown["files"] if path.endswith(".tmp")),
        running=tuple(name for name in (LICENSE, WEB) if shown["services"][name]["state"] == "Running"),
        copy=COPY_PATH in shown["files"],
    )


def run_until_power_cut(server: Operated, step: int, *operations: dict[str, Any]) -> None:
    """Let a server, in a process of its own, run a batch in which its power is cut."""
    server.server.stop()
    server.fault("power_cut", {"after": step})
    arguments = [sys.executable, "-c", RUN, str(server.state_dir), BUILD, *free_addresses(1)]
    request, root = json.dumps({"v": 1, "ops": operations}), Path(__file__).resolve().parents[3]
    done = subprocess.run(arguments, input=request, capture_output=True, text=True, cwd=root, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGKILL, "", "")


def states(server: Operated) -> dict[str, str]:
    return {one["name"]: one["state"] for one in server.run({"op": "server"})[0]["services"]}


def test_the_steps_of_a_change_can_be_counted(server: Operated) -> None:
    assert show(server.state_dir)["servers"]["ls001"]["steps"] is None
    server.fault("count_steps")
    server.run(*change(hash_of(server, OPTIONS)))
    server.run({"op": "port.owners"})
    assert show(server.state_dir)["servers"]["ls001"]["steps"] == len(STEPS)
    server.answer(
        write(OPTIONS, b"", sha256(NEW)),
        cmdlet("Set-LicCEIPOption", CEIPOption="nonsense"),
        undo=[{**write(OPTIONS, NEW, sha256(b"")), "after": 0}],
    )
    assert show(server.state_dir)["servers"]["ls001"]["steps"] == 6, "an operation that fails and undo are counted"


@pytest.mark.parametrize("step", range(len(STEPS)))
def test_an_agent_that_is_killed_leaves_everything_as_it_is(server: Operated, step: int) -> None:
    batch = change(hash_of(server, OPTIONS))
    server.fault("agent_killed", {"after": step})
    with pytest.raises(AgentEndedError):
        server.answer(*batch, undo=[{"op": "service.start", "names": [LICENSE, WEB]}])
    assert left(server.state_dir) == STEPS[step]
    states_now = states(server)
    assert tuple(name for name in (LICENSE, WEB) if states_now[name] == "Running") == STEPS[step].running
    server.run({"op": "service.start", "names": [LICENSE, WEB]})
    assert left(server.state_dir).running == (LICENSE, WEB), "the mutex is free and the fault is over"


@pytest.mark.parametrize("step", range(len(STEPS)))
def test_a_power_cut_leaves_on_disk_what_was_done_and_then_the_server_boots(fleet: Fleet, step: int) -> None:
    server = fleet()[0]
    run_until_power_cut(server, step, *change(hash_of(server, OPTIONS)))
    assert left(server.state_dir) == STEPS[step]
    assert faults.active_faults(server.state_dir, "ls001") == {}
    server = fleet()[0]
    assert all(server.listens(port) for port in (27000, 7279, 8083))
    booted = left(server.state_dir)
    assert (booted.new, booted.temporary, booted.copy) == (STEPS[step].new, STEPS[step].temporary, STEPS[step].copy)
    assert booted.running == (LICENSE, WEB)


def test_a_service_that_finds_bad_files_stays_stopped_after_a_power_cut(fleet: Fleet) -> None:
    server = fleet()[0]
    run_until_power_cut(server, 2, write(WEB_CONFIGURATION, b"# nothing", hash_of(server, WEB_CONFIGURATION)))
    assert left(server.state_dir).running == (LICENSE, WEB), "it ran on what it had read before"
    server = fleet()[0]
    assert (states(server)[LICENSE], states(server)[WEB]) == ("Running", "Stopped")
    assert not server.listens(8083)
    assert left(server.state_dir).running == (LICENSE,)


def test_only_what_starts_by_itself_runs_after_a_power_cut(fleet: Fleet) -> None:
    server = fleet()[0]
    server.run({"op": "service.stop", "names": [LICENSE]})
    run_until_power_cut(server, 1, {"op": "service.start", "names": [MANUAL]})
    assert show(server.state_dir)["servers"]["ls001"]["services"][MANUAL]["state"] == "Running"
    server = fleet()[0]
    assert (states(server)[MANUAL], states(server)[LICENSE], states(server)[WEB]) == ("Stopped", "Running", "Running")


def test_a_server_that_is_shut_down_in_order_comes_back_as_it_was(fleet: Fleet) -> None:
    fleet()[0].run({"op": "service.stop", "names": [WEB]}, {"op": "service.start", "names": [MANUAL]})
    server = fleet()[0]
    assert (states(server)[MANUAL], states(server)[WEB]) == ("Running", "Stopped")


def test_a_temporary_file_that_was_left_is_seen_and_overwritten(server: Operated) -> None:
    old = hash_of(server, OPTIONS)
    server.fault("agent_killed", {"after": 1})
    with pytest.raises(AgentEndedError):
        server.answer(write(OPTIONS, b"half", old))
    listing = {"op": "file.list", "root": "myfiles", "path": "", "pattern": "*.citrixfleet.tmp"}
    assert [one["path"] for one in server.run(listing)[0]] == ["CITRIX.opt.citrixfleet.tmp"]
    server.run(write(OPTIONS, NEW, old))
    assert server.run(listing)[0] == []
    assert hash_of(server, OPTIONS) == sha256(NEW)


def test_a_batch_with_fewer_steps_survives_and_one_that_only_reads_has_none(server: Operated) -> None:
    server.fault("agent_killed", {"after": 5})
    server.run(write(OPTIONS, NEW, hash_of(server, OPTIONS)))
    assert faults.active_faults(server.state_dir, "ls001") == {"agent_killed": {"after": 5}}


def test_somebody_else_changes_a_file_just_before_the_first_change(server: Operated) -> None:
    before = server.run({"op": "file.read", **OPTIONS})[0]
    server.fault("changed_between", {"path": "MyFiles\\citrix.opt", "append": "# changed\r\n"})
    assert server.run({"op": "file.read", **OPTIONS})[0] == before, "nobody changes anything while it is only read"
    error = server.error(write(OPTIONS, NEW, before["sha256"]))
    after = base64.b64decode(before["content"]) + b"# changed\r\n"
    assert (error["kind"], error["detail"]) == ("changed", {"path": "CITRIX.opt", "sha256": sha256(after)})
    server.run(write(OPTIONS, NEW, sha256(after)))
