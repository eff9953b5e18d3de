# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line that others script, with the emulator's own hosts behind it."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from winrm.exceptions import InvalidCredentialsError
from winrm.protocol import Protocol

from tests.conformance.stub import module_input, run_module

ROOT = Path(__file__).resolve().parents[2]


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "emulator", *arguments]


def emulator(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), capture_output=True, text=True, timeout=60, cwd=ROOT, check=False)


def printed(*arguments: str) -> Any:
    run = emulator(*arguments)
    assert (run.returncode, run.stderr) == (0, "")
    return json.loads(run.stdout)


@contextlib.contextmanager
def serving(state: Path, *more: str, stop: signal.Signals = signal.SIGTERM) -> Iterator[dict[str, dict[str, Any]]]:
    """Run the emulator; the variables of its inventory, by host."""
    inventory = state.parent / "hosts.yml"
    arguments = ["run", "--servers", "2", "--state", str(state), "--inventory", str(inventory), *more]
    with subprocess.Popen(command(*arguments), stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield yaml.safe_load(inventory.read_text())["license_servers"]["hosts"]
            process.send_signal(stop)
            assert process.stdout.read() == ""
            assert process.wait(30) == 0
        finally:
            process.kill()


def connect(variables: dict[str, Any]) -> Protocol:
    scheme, address, port = (variables[f"ansible_{name}"] for name in ("winrm_scheme", "host", "port"))
    transport, user, password = (variables[f"ansible_{name}"] for name in ("winrm_transport", "user", "password"))
    endpoint = f"{scheme}://{address}:{port}/wsman"
    return Protocol(endpoint, transport, user, password, server_cert_validation="ignore")


def open_shell(variables: dict[str, Any]) -> None:
    connect(variables).open_shell()


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("transport", ["ntlm", "basic"])
def test_the_inventory_leads_to_servers_that_let_in(tmp_path: Path, scheme: str, transport: str) -> None:
    with serving(tmp_path / "state", "--scheme", scheme, "--transport", transport) as hosts:
        assert list(hosts) == ["ls001", "ls002"]
        for variables in hosts.values():
            open_shell(variables)


def test_what_is_printed_while_it_runs_is_printed_after(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with serving(state, stop=signal.SIGINT) as hosts:
        open_shell(hosts["ls002"])
        shown, counted = printed("show", "--state", str(state)), printed("stats", "--state", str(state))
        assert counted["servers"]["ls002"]["operations"] == {"Create": 1}
        assert list(shown["servers"]) == ["ls001", "ls002"]
    assert printed("stats", "--state", str(state), "--reset") == counted
    assert printed("stats", "--state", str(state))["servers"]["ls002"]["http_requests"] == 0
    after = printed("show", "--state", str(state))
    assert [server["accounts"] for server in after["servers"].values()] == [
        server["accounts"] for server in shown["servers"].values()
    ]


def test_a_fault_is_set_and_cleared_while_it_runs(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with serving(state) as hosts:
        assert emulator("fault", "--state", str(state), "--server", "ls001", "refuse_log_in").returncode == 0
        with pytest.raises(InvalidCredentialsError):
            open_shell(hosts["ls001"])
        open_shell(hosts["ls002"])
        assert emulator("fault", "--state", str(state), "--server", "all", "--clear").returncode == 0
        open_shell(hosts["ls001"])


def test_what_is_added_while_it_runs_is_on_the_server(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with serving(state, "--process-start", "0.05") as hosts:
        added = printed("grow", "--state", str(state), "--server", "ls001", "--size", "3", "--file", "C:\\bench\\3.bin")
        assert added == ["C:\\bench\\3.bin"]
        more = printed("grow", "--state", str(state), "--server", "ls001", "--size", "1")
        listing = {"op": "file.list", "root": "install", "path": "LS", "pattern": "grown_*", "recurse": True}
        request = json.dumps({"v": 1, "ops": [listing]})
        stdout, _stderr, _code = run_module(connect(hosts["ls001"]), module_input({"request": request}))
        found = json.loads(stdout)["results"][0]["value"]
        assert sum(one["size"] for one in found) == 1024 * 1024
        assert sorted(one["path"].rpartition("\\")[2] for one in found) == sorted(
            path.rpartition("\\")[2] for path in more
        )
        counted = printed("stats", "--state", str(state))["servers"]["ls001"]
        assert counted["process_starts"] == counted["operations"]["Command"] == 1
    shown = printed("show", "--state", str(state))["servers"]["ls001"]["files"]
    assert set(added) | set(more) <= set(shown)


def test_a_power_cut_ends_the_emulator_and_it_runs_again(tmp_path: Path) -> None:
    state, inventory = tmp_path / "state", tmp_path / "hosts.yml"
    run = command("run", "--servers", "1", "--state", str(state), "--inventory", str(inventory))
    write = {"op": "file.write", "root": "work", "path": "note.txt", "content": "aGk=", "replaces": None}
    with subprocess.Popen(run, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            cut = emulator("fault", "--state", str(state), "--server", "ls001", "power_cut", '{"after": 2}')
            assert cut.returncode == 0
            hosts = yaml.safe_load(inventory.read_text())["license_servers"]["hosts"]
            with pytest.raises(requests.RequestException):
                run_module(connect(hosts["ls001"]), module_input({"request": json.dumps({"v": 1, "ops": [write]})}))
            assert process.wait(30) == -signal.SIGKILL
        finally:
            process.kill()
    assert any(
        path.endswith("note.txt") for path in printed("show", "--state", str(state))["servers"]["ls001"]["files"]
    )
    with serving(state) as hosts:
        open_shell(hosts["ls001"])


def test_help_names_the_faults() -> None:
    words = emulator("fault", "--help").stdout.replace(",", " ").split()
    assert {"power_cut", "agent_killed", "drop_connection", "snapin_missing"} <= set(words)


@pytest.mark.parametrize("seed", [[], ["--layout", "5"], ["--layout", "-5"]])
def test_a_profile_is_printed_and_is_always_the_same(seed: list[str]) -> None:
    runs = [emulator("profile", *seed) for _run in range(2)]
    assert [(run.returncode, run.stderr) for run in runs] == [(0, ""), (0, "")]
    assert runs[0].stdout == runs[1].stdout
    assert len(yaml.safe_load(runs[0].stdout)) == 6


def test_servers_keep_their_layout(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with serving(state, "--layout", "5"):
        shown = printed("show", "--state", str(state))["servers"]["ls002"]
        assert shown["unreadable"] == {}
        assert shown["configured"] == {name: shown["settings"][name] for name in shown["configured"]}
    run = emulator("run", "--servers", "2", "--state", str(state), "--inventory", str(tmp_path / "hosts"))
    assert (run.returncode, run.stdout) == (1, "")
    assert "have layout 5, and not the default layout" in run.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["run", "--servers", "0"], 2, "'0' is no number of servers"),
        (["run", "--servers", "2", "--network", "10.0.0.0/24"], 2, "no block of 127.0.0.0/8"),
        (["run", "--servers", "9", "--network", "127.99.0.0/30"], 1, "no room for 9 servers"),
        (["run", "--servers", "1", "--build", "1.2"], 1, "VERSION-BUILD"),
        (["run", "--servers", "1", "--layout", "x"], 2, "invalid int value: 'x'"),
        (["fault", "--server", "ls001", "no_such_fault"], 1, "there is no fault 'no_such_fault'"),
        (["fault", "--server", "ls001", "disk_full"], 1, "there is no server 'ls001'"),
        (["fault", "--server", "ls001"], 1, "name the fault"),
        (["run", "--servers", "1", "--process-start", "soon"], 2, "'soon' is no number of seconds"),
        (["run", "--servers", "1", "--process-start", "-1"], 2, "'-1' is no number of seconds"),
        (["grow", "--server", "ls001", "--size", "0"], 2, "'0' is no number of megabytes"),
        (["grow", "--server", "ls001", "--size", "1"], 1, "there is no server 'ls001'"),
        (["fault", "--server", "ls001", "slow_answers", "{"], 2, "'{' is not JSON"),
    ],
)
def test_a_bad_command_is_answered_in_words(tmp_path: Path, arguments: list[str], code: int, message: str) -> None:
    more = ["--state", str(tmp_path / "state")]
    if arguments[0] == "run":
        more += ["--inventory", str(tmp_path / "hosts")]
    run = emulator(*arguments, *more)
    assert run.returncode == code
    assert message in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("port", [27000, 7279, 8083])
def test_a_license_server_port_that_another_program_has_is_named(tmp_path: Path, port: int) -> None:
    state, inventory = tmp_path / "state", tmp_path / "hosts"
    with serving(state) as hosts:
        address = hosts["ls002"]["ansible_host"]
    with socket.create_server((address, port)):
        run = emulator("run", "--servers", "2", "--state", str(state), "--inventory", str(inventory))
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.startswith("emulator: ls002 cannot listen")
    assert run.stderr.count("\n") == 1
    assert str(port) in run.stderr
