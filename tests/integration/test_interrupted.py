# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A change of files that fails, or that dies at any of its steps: nothing is lost, and the next run converges."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.citrixfleet.licensing.plugins.module_utils._contracts import LICENSE_INFO, LICENSE_USER
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import ConnectionLostError, LicenseError

from tests.integration.direct import CONFIGURATION, WORK, Direct, direct
from tests.integration.harness import ROOT

#: None is the default layout. `make check` adds some with places in every license file, and files that a service
#: rewrites, and cuts the power at every step; here one step in four is enough.
SEEDS = os.environ.get("INTERRUPTED_LAYOUTS")
LAYOUTS = [None, *map(int, SEEDS.split(",") if SEEDS else ())]
STRIDE = 1 if SEEDS else 4

CHANGE = {"ports": {"vendor_daemon": 7280, "web_services": 8443}, "proxy": {"proxy": "p:1"}}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Direct]:
    with direct(tmp_path / "state", None) as running:
        yield running


def configuration(files: dict[str, bytes]) -> dict[str, bytes]:
    return {path: content for path, content in files.items() if path.startswith(CONFIGURATION)}


def ours(files: dict[str, bytes]) -> list[str]:
    """Everything of ours that is left on the server, but for finished copies."""
    finished = {path.rpartition("/")[0] for path in files if path.endswith("/manifest.json")}
    return [
        path
        for path in files
        if path.endswith(".citrixfleet.tmp") or (path.startswith(WORK) and path.rpartition("/")[0] not in finished)
    ]


def auto_states(shown: Any) -> set[str]:
    return {item["state"] for item in shown["services"].values() if item["start_mode"] == "Auto"}


def ports_of_rules(shown: Any) -> list[str]:
    return [port for rule in shown["firewall"] if rule["source"] == "local" for port in rule["local_ports"]]


def assert_changed(server: Direct) -> None:
    shown = server.show()
    assert (shown["settings"]["vendor_daemon_port"], shown["settings"]["web_services_port"]) == (7280, 8443)
    assert shown["settings"]["proxy"] == "p:1"
    assert auto_states(shown) == {"Running"}
    assert {"7280", "8443"} <= set(ports_of_rules(shown)) and "8083" not in ports_of_rules(shown)
    assert ours(server.files()) == []
    assert not server.run(CHANGE).changed


def count_steps(folder: Path, layout: int | None) -> int:
    with direct(folder, layout) as server:
        server.fault("count_steps")
        server.run(CHANGE)
        return int(server.show()["steps"])


def die_in_the_middle(server: Direct) -> None:
    """End the agent's process once it has stopped the services and written a file."""
    before, step = configuration(server.files()), 0
    while configuration(server.files()).items() <= before.items():
        step += 1
        server.fault("agent_killed", {"after": step})
        with pytest.raises(ConnectionLostError):
            server.run(CHANGE)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_agent_that_dies_at_any_step_is_settled_by_the_next_run(layout: int | None, tmp_path: Path) -> None:
    steps = count_steps(tmp_path / "count", layout)
    assert steps > 10
    for step in range(steps):
        with direct(tmp_path / str(step), layout) as server:
            server.fault("agent_killed", {"after": step})
            with pytest.raises(ConnectionLostError):
                server.run(CHANGE)
            server.run(CHANGE)
            assert_changed(server)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_host_whose_power_is_cut_at_any_step_comes_back(layout: int | None, tmp_path: Path) -> None:
    steps = count_steps(tmp_path / "count", layout)
    arguments = [json.dumps(layout), json.dumps(CHANGE)]
    running = {}
    chosen = range(0, steps, STRIDE)
    for step in chosen:
        state = tmp_path / str(step)
        with direct(state, layout) as server:
            server.fault("power_cut", {"after": step})
        command = [sys.executable, "-m", "tests.integration.direct", str(state), *arguments]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        running[step] = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
        if len(running) == 4 or step == chosen[-1]:
            for number, process in running.items():
                assert process.wait(timeout=60) == -signal.SIGKILL
                with direct(tmp_path / str(number), layout) as server:
                    server.run(CHANGE)
                    assert_changed(server)
            running = {}


def test_a_killed_change_is_announced_by_those_that_may_not_settle_it(server: Direct) -> None:
    die_in_the_middle(server)
    left = server.files()
    announced = (server.run(CHANGE, check_mode=True), server.run({}, contract=LICENSE_INFO))
    for result in announced:
        assert "interrupted" in result.warnings[0] and "takes it back first" in result.warnings[0]
    assert [result.changed for result in announced] == [True, False]
    assert server.files() == left


def test_any_other_module_settles_it_too(server: Direct) -> None:
    before = configuration(server.files())
    die_in_the_middle(server)
    result = server.run({"name": "LS001\\installer"}, contract=LICENSE_USER)
    assert result.changed and result.warnings[0].startswith("First taken back")
    assert configuration(server.files()) == before
    assert auto_states(server.show()) == {"Running"}


def test_a_file_that_somebody_changed_after_a_death_is_left_alone(server: Direct) -> None:
    die_in_the_middle(server)
    path = server.state / "servers/ls001/files" / CONFIGURATION / "LS/conf/server.xml"
    path.write_bytes(path.read_bytes() + b"<!-- by hand -->\r\n")
    with contextlib.suppress(LicenseError):  # what is left may not fit together, which is not ours to decide
        server.run(CHANGE)
    assert path.read_bytes().endswith(b"<!-- by hand -->\r\n")


def test_a_change_whose_copies_are_gone_leaves_the_server_running(server: Direct) -> None:
    server.interrupt(CHANGE)
    started = server.show()["services"]
    for copy in (server.work / "backup").rglob("*"):
        if copy.is_file():
            copy.unlink()
    server.run({"name": "LS001\\installer"}, contract=LICENSE_USER)
    assert server.show()["services"] == started
    assert ours(server.files()) == []


def test_files_that_cannot_be_looked_at_keep_the_change_waiting(server: Direct) -> None:
    die_in_the_middle(server)
    server.fault("access_denied", ["LS\\conf\\server.xml"])
    with pytest.raises(LicenseError, match="waits to be taken back"):
        server.run(CHANGE)
    server.fault("access_denied", None)
    server.run(CHANGE)
    assert_changed(server)


def test_a_refused_account_takes_the_files_back_and_leaves_no_trace(server: Direct) -> None:
    before = configuration(server.files())
    server.fault("cmdlet_error", {"New-LicAdministrator": {"status": "UserNotAuthorized", "takes_effect": False}})
    account = {"name": "CORP\\carol", "type": "user", "role": "user", "state": "present"}
    with pytest.raises(LicenseError, match="as it was before the task"):
        server.run({**CHANGE, "accounts": {"accounts": [account]}})
    assert configuration(server.files()) == before
    assert ours(server.files()) == []


@pytest.mark.parametrize(
    ("fault", "value", "said"),
    [
        ("service_fails_to_start", "Citrix Licensing", "Starting the service Citrix Licensing failed"),
        ("access_denied", ["httpd.conf"], "Windows refused access"),
        ("access_denied", ["server.xml"], "Windows refused access"),
        ("disk_full", True, r"to the backup failed: No space is left on the disk of .*Nothing was changed\."),
        ("port_taken", {"port": 7280}, "in use by other"),
    ],
)
def test_a_change_that_fails_is_taken_back_and_the_server_runs(
    server: Direct, fault: str, value: Any, said: str
) -> None:
    before, shown = configuration(server.files()), server.show()
    server.fault(fault, value)
    with pytest.raises(LicenseError, match=said):
        server.run(CHANGE)
    assert configuration(server.files()) == before
    assert server.show()["firewall"] == shown["firewall"]
    server.fault(fault, None)
    server.run(CHANGE)
    assert_changed(server)


def test_a_service_that_starts_on_neither_the_new_nor_the_old_files_is_told_with_what_to_do(server: Direct) -> None:
    server.fault("service_fails_to_start", ["CitrixWebServicesforLicensing"])
    what_to_do = (
        r"NOT RUNNING: CitrixWebServicesforLicensing \(Stopped\); .* Windows event log .*"
        r"C:\\Program Files \(x86\)\\Citrix\\Licensing\\WebServicesForLicensing\\Logs\. "
        r"Remove the cause, then run the task again.* first takes back what is left of the change of files, "
        r"and starts the services\. "
        r"Until then, the old files are in %ProgramData%\\citrixfleet\.licensing\\backup\\\w+\. "
    )
    with pytest.raises(LicenseError, match=what_to_do) as first:
        server.run(CHANGE)
    assert str(first.value).count("Cannot start service") == 1
    assert "service.start" not in str(first.value)
    copies = re.findall(r"backup\\(\w+)", str(first.value))
    assert (server.state / "servers/ls001/files" / WORK / "backup" / copies[0]).is_dir()
    with pytest.raises(LicenseError, match=f"On this server lies a change of .*{what_to_do}"):
        server.run({"name": "LS001\\installer"}, contract=LICENSE_USER)
    server.fault("service_fails_to_start", None)
    server.run({"name": "LS001\\installer"}, contract=LICENSE_USER)
    assert auto_states(server.show()) == {"Running"}
    assert ours(server.files()) == []


def test_a_change_of_a_newer_release_is_left_to_it(server: Direct) -> None:
    die_in_the_middle(server)
    left = server.state / "servers/ls001/files" / WORK / "transaction.json"
    left.write_text(json.dumps({**json.loads(left.read_text("utf-8")), "version": 2}), encoding="utf-8")
    before = server.files()
    with pytest.raises(LicenseError, match=r"A newer release .* Nothing was changed\. Use that release"):
        server.run(CHANGE)
    assert server.files() == before


def test_a_change_with_keys_of_a_later_release_is_taken_back(server: Direct) -> None:
    die_in_the_middle(server)
    left = server.state / "servers/ls001/files" / WORK / "transaction.json"
    left.write_text(json.dumps({**json.loads(left.read_text("utf-8")), "profile": "x"}), encoding="utf-8")
    server.run(CHANGE)
    assert_changed(server)


def test_a_file_that_somebody_changes_in_between_keeps_that_change(server: Direct) -> None:
    before = configuration(server.files())
    server.fault("changed_between", {"path": "LS\\conf\\server.xml", "append": "<!-- by hand -->\r\n"})
    with pytest.raises(LicenseError, match=r"server\.xml was changed by someone else"):
        server.run(CHANGE)
    after = configuration(server.files())
    changed = [path for path in after if after[path] != before[path]]
    assert [path.rpartition("/")[2] for path in changed] == ["server.xml"]
    assert after[changed[0]] == before[changed[0]] + b"<!-- by hand -->\r\n"
    server.run(CHANGE)
    assert_changed(server)
    assert b"<!-- by hand -->" in server.files()[changed[0]]


def test_an_edit_by_hand_between_write_and_proof_is_kept_and_told(server: Direct) -> None:
    before = configuration(server.files())
    server.fault("service_slow", {"Citrix Licensing": 2})
    path = server.state / "servers/ls001/files" / CONFIGURATION / "LS/conf/server.xml"

    def edit_what_was_written() -> None:
        while b"7280" not in path.read_bytes():
            time.sleep(0.01)
        path.write_bytes(path.read_bytes() + b"<!-- by hand -->\r\n")

    somebody = threading.Thread(target=edit_what_was_written, daemon=True)
    somebody.start()
    with pytest.raises(LicenseError, match=r"server\.xml had been changed since it was written, .* kept in") as raised:
        server.run(CHANGE)
    somebody.join(timeout=10)
    files = server.files()
    assert configuration(files) == before
    (kept,) = [path for path in files if path.startswith(f"{WORK}/found/")]
    assert files[kept].endswith(b"<!-- by hand -->\r\n")
    assert kept.removeprefix(f"{WORK}/").replace("/", "\\") in str(raised.value)


def test_a_service_that_takes_seventy_seconds_to_start_is_no_failure(server: Direct) -> None:
    server.fault("fast_clock", 1000)
    server.fault("service_slow", {"Citrix Licensing": 70, "CitrixWebServicesforLicensing": 70})
    assert server.run(CHANGE).changed
    assert_changed(server)


def test_a_service_that_takes_longer_than_allowed_is_one(server: Direct) -> None:
    before = configuration(server.files())
    server.fault("fast_clock", 1000)
    server.fault("service_slow", {"Citrix Licensing": 70})
    with pytest.raises(LicenseError, match="took longer than the time allowed"):
        server.run({**CHANGE, "service_timeout": 30})
    assert configuration(server.files()) == before


def edit_state(tmp_path: Path, **changes: Any) -> Path:
    """Change what a server that is switched off will find; its folder of files."""
    with direct(tmp_path / "state", None):
        pass
    state = tmp_path / "state/servers/ls001/state.json"
    document = json.loads(state.read_text("utf-8"))
    state.write_text(json.dumps({**document, **changes}), encoding="utf-8")
    return state.parent / "files"


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_work_folder_of_somebody_else_is_refused(tmp_path: Path, check_mode: bool) -> None:
    planted = edit_state(tmp_path, work_folder="foreign_owner") / WORK
    planted.mkdir(parents=True)
    (planted / "transaction.json").write_text("{}", encoding="utf-8")
    with direct(tmp_path / "state", None) as server:
        before = server.files()
        with pytest.raises(LicenseError, match="exists and is not ours"):
            server.run(CHANGE, check_mode=check_mode)
        assert server.files() == before


@pytest.mark.parametrize("backups", [0, 1, 2])
def test_as_many_copies_stay_as_are_asked_for(server: Direct, backups: int) -> None:
    for port in (7301, 7302, 7303):
        server.run({"ports": {"vendor_daemon": port}, "backups": backups})
    files = server.files()
    kept = [path for path in files if path.startswith(WORK) and path.endswith("/manifest.json")]
    assert len(kept) == backups
    assert ours(files) == []
    if backups:
        manifest = json.loads(files[max(kept)])
        copies = [files[f"{WORK}/{item['backup']}".replace("\\", "/")] for item in manifest["files"]]
        assert any(b"7302" in content for content in copies)
    else:
        assert not [path for path in files if "citrixfleet" in path]
        assert not server.work.exists()


def test_a_service_that_was_stopped_stays_so_and_its_files_are_written(tmp_path: Path) -> None:
    with direct(tmp_path / "state", None):
        pass
    document = json.loads((tmp_path / "state/servers/ls001/state.json").read_text("utf-8"))
    for service in document["services"]:
        if service["name"] == "CitrixWebServicesforLicensing":
            service.update(state="Stopped", process_id=None, start_time=None, children=[])
    edit_state(tmp_path, services=document["services"])
    with direct(tmp_path / "state", None) as server:
        assert server.run({"proxy": {"proxy": "p:2"}, "ports": {"web_services": 8443}}).changed
        shown = server.show()
        assert (shown["configured"]["proxy"], shown["configured"]["web_services_port"]) == ("p:2", 8443)
        assert shown["services"]["CitrixWebServicesforLicensing"]["state"] == "Stopped"
        assert "8443" in ports_of_rules(shown) and "8083" not in ports_of_rules(shown)
        assert not server.run({"proxy": {"proxy": "p:2"}, "ports": {"web_services": 8443}}).changed


def test_what_ran_before_a_change_that_could_not_be_taken_back_runs_after_the_next_one(server: Direct) -> None:
    server.fault("service_fails_to_start", "CitrixWebServicesforLicensing")
    with pytest.raises(LicenseError):
        server.run({"proxy": {"proxy": "p:1"}})
    server.fault("service_fails_to_start", None)
    assert auto_states(server.show()) == {"Running", "Stopped"}
    server.run(CHANGE)
    assert_changed(server)
