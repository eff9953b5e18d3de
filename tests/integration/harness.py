# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fleet of emulated License Servers, and real `ansible` and `ansible-playbook` runs against it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emulator import cli

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
SECONDS = 100


@dataclass(frozen=True)
class TaskResult:
    """What Ansible got for one task on one host."""

    host: str
    task: str
    outcome: str
    result: Mapping[str, Any]

    @property
    def changed(self) -> bool:
        return bool(self.result.get("changed"))

    @property
    def message(self) -> str:
        return str(self.result.get("msg", ""))


@dataclass(frozen=True)
class Run:
    """One run: its exit code, its results in order, and what it printed."""

    code: int
    results: tuple[TaskResult, ...]
    output: str

    def one(self, task: str | None = None, host: str | None = None) -> TaskResult:
        """The only result of a task on a host."""
        found = [item for item in self.results if task in (None, item.task) and host in (None, item.host)]
        assert len(found) == 1, f"{len(found)} results for {task} on {host}:\n{self.output}"
        return found[0]


@dataclass(frozen=True)
class Fleet:
    """A running emulator."""

    state: Path
    inventory: Path

    def emulator(self, *arguments: str) -> Any:
        """The answer of one of the emulator's commands."""
        printed = _printed_by(arguments[0], "--state", str(self.state), *arguments[1:])
        return json.loads(printed) if printed else None

    def profile(self, layout: int | None = None) -> Path:
        """A file with the profile of a layout, as the emulator prints it."""
        path = self.state.parent / f"profile-{layout}.yml"
        path.write_text(printed_profile(layout), encoding="utf-8")
        return path

    def show(self, host: str = "ls001") -> Any:
        """The true state of a server."""
        return self.emulator("show")["servers"][host]

    def stats(self) -> Any:
        """What every server has counted since the last call."""
        return self.emulator("stats", "--reset")["servers"]

    def fault(self, host: str, name: str, value: Any = True) -> None:
        """Break something on a server."""
        self.emulator("fault", "--server", host, name, json.dumps(value))

    def mend(self, host: str = "all") -> None:
        """Take all faults of a server away."""
        self.emulator("fault", "--server", host, "--clear")

    def ad_hoc(self, module: str, options: Mapping[str, Any], *arguments: str, pattern: str = "all") -> Run:
        """One `ansible` call of a module of the collection."""
        name = f"citrixfleet.licensing.{module}"
        given = ["-a", json.dumps(options)] if options else []
        return self._run(["ansible", pattern, "-m", name, *given, *arguments])

    def play(self, tasks: Sequence[Mapping[str, Any]], *arguments: str, hosts: str = "ls001", **play: Any) -> Run:
        """One `ansible-playbook` run of a play with these tasks."""
        document = [{"hosts": hosts, "gather_facts": False, **play, "tasks": list(tasks)}]
        with tempfile.TemporaryDirectory() as folder:
            playbook = Path(folder) / "play.json"
            playbook.write_text(json.dumps(document), encoding="utf-8")
            return self.playbook(playbook, *arguments)

    def refused(self, tasks: Sequence[tuple[str, Mapping[str, Any]]], host: str, *arguments: str) -> list[str]:
        """What each of these modules with options says, all of which must fail: one run, since a run takes a second."""
        named = [
            {"name": str(number), f"citrixfleet.licensing.{module}": dict(options), "ignore_errors": True}
            for number, (module, options) in enumerate(tasks)
        ]
        run = self.play(named, *arguments, hosts=host)
        results = [run.one(task["name"]) for task in named]
        assert [result.outcome for result in results] == ["failed"] * len(tasks), run.output
        return [result.message for result in results]

    def playbook(self, path: Path, *arguments: str) -> Run:
        """One `ansible-playbook` run of a file."""
        return self._run(["ansible-playbook", str(path), *arguments])

    def _run(self, command: list[str]) -> Run:
        with tempfile.TemporaryDirectory() as folder:
            results = Path(folder) / "results"
            results.touch()
            environment = {
                **os.environ,
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
                "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callback_plugins"),
                "ANSIBLE_CALLBACKS_ENABLED": "results_file",
                "ANSIBLE_RETRY_FILES_ENABLED": "false",
                "ANSIBLE_NOCOLOR": "1",
                "ANSIBLE_LOCALHOST_WARNING": "false",
                "ANSIBLE_LOCAL_TEMP": f"{folder}/local",
                "ANSIBLE_LOAD_CALLBACK_PLUGINS": "true",
                "RESULTS_FILE": str(results),
            }
            done = subprocess.run(
                [*command, "-i", str(self.inventory)],
                env=environment,
                check=False,
                capture_output=True,
                text=True,
                timeout=SECONDS,
            )
            lines = results.read_text(encoding="utf-8").splitlines()
        return Run(done.returncode, tuple(TaskResult(**json.loads(line)) for line in lines), done.stdout + done.stderr)


def printed_profile(layout: int | None) -> str:
    """The profile of a layout, as the emulator prints it."""
    return _printed_by("profile", *([] if layout is None else ["--layout", str(layout)]))


def _printed_by(*arguments: str) -> str:
    """What one of the emulator's commands prints: run in this process, since there are hundreds of them."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert cli.main(arguments) == 0, arguments
    return printed.getvalue()


@contextlib.contextmanager
def fleet(servers: int, *arguments: str) -> Iterator[Fleet]:
    """Start an emulator with this many servers, and stop it."""
    with tempfile.TemporaryDirectory() as folder:
        started = Fleet(Path(folder) / "state", Path(folder) / "inventory.yml")
        command = [sys.executable, "-m", "emulator", "run", "--servers", str(servers), "--state", str(started.state)]
        process = subprocess.Popen(
            [*command, "--inventory", str(started.inventory), *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        try:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == "ready"
            yield started
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)
