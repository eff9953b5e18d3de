# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible itself, with its own winrm connection at default settings and its own module wrapper."""

from __future__ import annotations

import hashlib
import json
import os
import random
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
    """A collection with a module like ours, and one with modules of the names that Ansible's own actions call."""
    files = {
        "ns/col/plugins/modules/agent.ps1": MODULE,
        "ns/col/plugins/module_utils/_Agent.psm1": "function Invoke-Agent { }\n",
        **{
            f"ansible/windows/plugins/modules/{name}.ps1": MODULE.replace("..", "ansible_collections.ns.col.plugins.")
            for name in ("win_ping", "win_stat", "slurp")
        },
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


CONTENT = random.Random(0).randbytes(3 * 1024 * 1024 + 5)
BUNDLE = "C:\\Bundles of $x\\it's a bundle.zip"


def place_bundle(front: Front) -> None:
    place = front.host.folder / "C" / "Bundles of $x" / "it's a bundle.zip"
    place.parent.mkdir(parents=True)
    place.write_bytes(CONTENT)


def fetch(front: Front, collections: Path, source: str, *arguments: str) -> tuple[dict[str, object], Path]:
    target = collections / "fetched"
    options = json.dumps({"src": source, "dest": str(target), "flat": True})
    return ad_hoc(front, collections, "-m", "ansible.builtin.fetch", "-a", options, *arguments), target


def test_fetch_brings_every_byte(front: Front, collections: Path) -> None:
    place_bundle(front)
    result, target = fetch(front, collections, BUNDLE)
    assert (result["changed"], result["checksum"]) == (True, hashlib.sha1(CONTENT).hexdigest())
    assert target.read_bytes() == CONTENT
    assert front.server.statistics.process_starts == front.server.statistics.operations["Command"]
    assert front.server.statistics.process_starts == 8, "one to look, and one for each half of a megabyte"
    again, _target = fetch(front, collections, BUNDLE)
    assert again["changed"] is False


def test_fetch_as_another_account_brings_every_byte(front: Front, collections: Path) -> None:
    place_bundle(front)
    become = ["-b", "--become-method", "runas", "--become-user", DOMAIN_USER, "-e", "ansible_become_password=secret"]
    result, target = fetch(front, collections, BUNDLE, *become)
    assert result["changed"] is True
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("C:\\Bundles of $x\\other.zip", "does not exist"),
        ("C:\\Bundles of $x", "is a directory"),
        ("C:\\..\\..\\C\\x", "does not exist"),
        ("relative.zip", "does not exist"),
    ],
)
def test_fetch_of_no_file_is_told(front: Front, collections: Path, source: str, words: str) -> None:
    place_bundle(front)
    result, target = fetch(front, collections, source)
    assert result["changed"] is False
    assert words in str(result["msg"])
    assert not target.exists()


def test_another_module_is_refused_in_words(front: Front, collections: Path) -> None:
    result = ad_hoc(front, collections, "-m", "ns.col.agent", "-a", "request=x more=y")
    assert result["msg"] == "unsupported payload: module ns.col.agent needs a real PowerShell"
