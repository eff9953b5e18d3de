# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible itself, with its own winrm connection at default settings and its own module wrapper."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.stub import DOMAIN_USER, PASSWORD, USER, Front, listening

MODULE = """#!powershell
#AnsibleRequires -PowerShell ..module_utils._Agent
Invoke-Agent -Request $complex_args.request
"""


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    with listening(tmp_path) as front:
        yield front


@pytest.fixture
def collections(tmp_path: Path) -> Path:
    """A collection with a module like ours, and one with the name of win_ping."""
    files = {
        "ns/col/plugins/modules/agent.ps1": MODULE,
        "ns/col/plugins/module_utils/_Agent.psm1": "function Invoke-Agent { }\n",
        "ansible/windows/plugins/modules/win_ping.ps1": MODULE.replace("..", "ansible_collections.ns.col.plugins."),
    }
    for name, text in files.items():
        file = tmp_path / "ansible_collections" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path


def ad_hoc(front: Front, collections: Path, *arguments: str) -> dict[str, object]:
    """One ad-hoc call; the result Ansible prints for it."""
    variables = {
        "ansible_host": front.host.address,
        "ansible_port": front.server.port,
        "ansible_connection": "winrm",
        "ansible_winrm_transport": "ntlm",
        "ansible_winrm_scheme": "http",
        "ansible_user": USER,
        "ansible_password": PASSWORD,
    }
    inventory = collections / "inventory.json"
    inventory.write_text(json.dumps({"all": {"hosts": {"ls001": variables}}}))
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
        "ANSIBLE_HOME": str(collections / "home"),
        "ANSIBLE_NOCOLOR": "true",
    }
    command = [sys.executable, "-m", "ansible", "adhoc", "ls001", "-i", str(inventory), *arguments]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, check=False)
    _host, _arrow, result = run.stdout.partition("=>")
    assert result, run.stderr
    document: dict[str, object] = json.loads(result)
    return document


def test_our_module_fails_without_an_answer_when_its_process_is_ended(front: Front, collections: Path) -> None:
    result = ad_hoc(front, collections, "-m", "ns.col.agent", "-a", json.dumps({"request": "end"}))
    assert (result["rc"], result["module_stdout"]) == (1, "")


def test_our_module_runs_with_six_operations(front: Front, collections: Path) -> None:
    request = """! {"ops": ["$(x) 'ü' \\\\"]}"""
    result = ad_hoc(front, collections, "-m", "ns.col.agent", "-a", json.dumps({"request": request}))
    assert (result["request"], result["user"], result["logon_type"]) == (request, USER, "network")
    assert sum(front.server.statistics.operations.values()) == 6
    assert front.server.statistics.module_calls == 1


def test_become_is_another_account_with_an_interactive_log_on(front: Front, collections: Path) -> None:
    become = ["-b", "--become-method", "runas", "--become-user", DOMAIN_USER, "-e", "ansible_become_password=secret"]
    result = ad_hoc(front, collections, "-m", "ns.col.agent", "-a", "request=x", *become)
    assert (result["user"], result["logon_type"]) == (DOMAIN_USER, "interactive")


def test_win_ping_answers(front: Front, collections: Path) -> None:
    result = ad_hoc(front, collections, "-m", "ansible.windows.win_ping", "-a", "data=hello")
    assert (result["ping"], result["changed"]) == ("hello", False)


def test_another_module_is_refused_in_words(front: Front, collections: Path) -> None:
    result = ad_hoc(front, collections, "-m", "ns.col.agent", "-a", "request=x more=y")
    assert result["msg"] == "unsupported payload: module ns.col.agent needs a real PowerShell"
