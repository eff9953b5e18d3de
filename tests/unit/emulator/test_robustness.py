# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever it is sent, and whenever it is killed, a server answers one line and keeps a state that can be read."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.host import show
from tests.contract.cases import parse_answer
from tests.unit.emulator.operated import BUILD, Operated, cmdlet

SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner), max_leaves=5
)
NAMES = st.sampled_from(
    [
        "server",
        "cmdlet",
        "file.read",
        "file.list",
        "file.chunk",
        "file.write",
        "file.copy",
        "folder.delete",
        "job.start",
        "job.poll",
        "job.list",
        "job.stop",
        "archive.create",
        "disk.space",
        "registry.read",
        "port.owners",
        "firewall.read",
        "firewall.write",
        "account.resolve",
    ]
)
FIELDS = st.sampled_from(
    ["root", "path", "name", "parameters", "expect", "tolerate", "content", "accounts", "view", "id", "request"]
)
OPERATIONS = st.builds(lambda op, fields: {**fields, "op": op}, NAMES, st.dictionaries(FIELDS, VALUES, max_size=4))
REQUESTS = st.text(max_size=20) | st.builds(lambda ops: json.dumps({"v": 1, "ops": ops}), st.lists(OPERATIONS))

WRITER = """
import json, sys
from pathlib import Path
from typing import Any
from emulator.host import build_fleet
from emulator.winrm.session import Session
server = build_fleet(Path(sys.argv[1]), 1, sys.argv[2], ["127.0.0.1"])[0]
ops = [{"op": "cmdlet", "name": "Set-LicSARenewalOptions", "parameters": {"Option": option}}
       for option in ("Manual", "Install", "Notify")]
while True:
    server.run_agent(json.dumps({"v": 1, "ops": ops}), Session("ansible"))
    print("changed", flush=True)
"""


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(request=REQUESTS)
def test_any_request_is_answered_in_one_line_of_ascii(server: Operated, request: str) -> None:
    answer = parse_answer(server.server.run_agent(request, server.session))
    assert answer["v"] == 1
    assert isinstance(answer["results"], list)


@pytest.mark.parametrize(
    "name", ["CORP\\日本", 'CORP\\"quoted"', "CORP\\$(calc)", "CORP\\new\nline", "CORP\\\x7f\u2028"]
)
def test_odd_names_come_back_as_they_were_asked(server: Operated, name: str) -> None:
    request = json.dumps({"v": 1, "ops": [{"op": "account.resolve", "accounts": [name]}]})
    answer = parse_answer(server.server.run_agent(request, server.session))
    assert answer["results"][0]["value"][0]["account"] == name


def test_changes_that_come_at_once_are_all_made(server: Operated) -> None:
    names = [f"CORP\\{name}" for name in ("alice", "bob", "carol", "o'brien", "a b", "$(calc)", "日本", "Jörg Müller")]
    with ThreadPoolExecutor(max_workers=len(names)) as pool:
        list(pool.map(lambda name: server.run(cmdlet("New-LicAdministrator", Account=name)), names))
    shown = [one["name"] for one in show(server.state_dir)["servers"]["ls001"]["accounts"]]
    assert sorted(shown[2:]) == sorted(names)


def test_a_killed_emulator_leaves_a_state_that_can_be_read(tmp_path: Path) -> None:
    arguments = [sys.executable, "-c", WRITER, str(tmp_path), BUILD]
    root = Path(__file__).resolve().parents[3]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, cwd=root, text=True) as process:
        assert process.stdout is not None
        for _line in range(20):
            process.stdout.readline()
        process.kill()
    assert show(tmp_path)["servers"]["ls001"]["settings"]["renewal"] in ("Manual", "Install", "Notify")


@pytest.mark.parametrize("path", ["\ud800.lic", "x" * 300])
@pytest.mark.parametrize(
    "operation",
    [
        {"op": "file.read"},
        {"op": "file.list"},
        {"op": "file.write", "content": "", "replaces": None},
        {"op": "file.copy", "sha256": "0" * 64, "to_root": "work", "to_path": "x", "replaces": None},
        {"op": "file.delete", "replaces": "0" * 64},
    ],
    ids=lambda operation: operation["op"],
)
def test_a_name_that_no_file_can_have_is_answered_and_changes_nothing(
    server: Operated, operation: dict[str, Any], path: str
) -> None:
    before = show(server.state_dir)
    assert len(server.answer({**operation, "root": "myfiles", "path": path})["results"]) == 1
    assert show(server.state_dir) == before
