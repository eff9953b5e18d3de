# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m tests.contract` says what a PowerShell made of the cases; here the PowerShell is a few lines of Python."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.__main__ import Place, found_files, set_up
from tests.contract.cases import load_cases

ROOT = Path(__file__).parents[3]
CASE = "a missing file is no error"

# It answers every case as `output`, `errors` and `change` below say, and leaves everything else as it was.
PWSH = """#!{python}
import json, pathlib, sys
assert sys.argv[1:4] == ["-NoProfile", "-NonInteractive", "-File"] and sys.argv[5] == "-Job", sys.argv
plan = json.loads(pathlib.Path(sys.argv[6]).read_text())
assert all(pathlib.Path(name).is_file() for name in [*plan["modules"], plan["script"], sys.argv[4]])
for case in plan["cases"]:
    host = json.loads(pathlib.Path(case["host"]).read_text())
    request = json.loads(pathlib.Path(case["request"]).read_text())
    folder = pathlib.Path(case["host"]).parent
    after = {{key: host[key] for key in ("work_folder", "services", "listeners", "firewall", "snapin")}}
    output, errors = {output!r}, {errors!r}
    {change}
    result = {{"output": output, "errors": errors, "host": after, "running": []}}
    pathlib.Path(case["result"]).write_text(json.dumps(result))
"""
RIGHT = json.dumps(
    {
        "v": 1,
        "failed": False,
        "results": [
            {
                "ok": True,
                "value": dict.fromkeys(("size", "sha256", "content", "created", "modified")) | {"exists": False},
            }
        ],
        "undone": [],
    }
)


def run(folder: Path, *arguments: str, output: str | None = RIGHT, error: str = "", change: str = "pass") -> str:
    """The exit code and what was printed, on one line each."""
    pwsh = folder / "pwsh"
    outputs, errors = [] if output is None else [output], [error] if error else []
    pwsh.write_text(PWSH.format(python=sys.executable, output=outputs, errors=errors, change=change))
    pwsh.chmod(0o755)
    command = [sys.executable, "-m", "tests.contract", *(arguments or ("--pwsh", str(pwsh), "--case", CASE))]
    environment = {**os.environ, "PATH": str(folder / "nothing")}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False, encoding="utf-8"
    )
    return f"{done.returncode}\n{done.stdout}{done.stderr}"


def test_a_right_answer_passes(tmp_path: Path) -> None:
    assert run(tmp_path) == "0\n1 passed, 0 failed\n"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"output": RIGHT.replace("false", "true", 1)}, "answer.failed: expected false, found true"),
        ({"output": RIGHT.replace('"v"', '"\\u00fc"')}, "answer.v: is missing, expected 1"),
        ({"output": RIGHT.replace('"v"', '"ü"')}, "not one line of ASCII JSON"),
        ({"output": RIGHT + "\nmore"}, "not one line of ASCII JSON"),
        ({"output": None}, "expected one object on the output, found 0"),
        ({"error": "The term 'Get-Nothing' is not recognized"}, "error: The term 'Get-Nothing'"),
        ({"change": "(folder / 'install/MyFiles/CITRIX.opt').unlink()"}, "host.files: myfiles:CITRIX.opt is not there"),
        ({"change": "(folder / 'install/new').write_text('x')"}, "host.files: install:new is not expected"),
        ({"change": "after['work_folder'] = 'ours'"}, 'host.work_folder: expected null, found "ours"'),
        ({"change": "after['services'][0]['state'] = 'Stopped'"}, "host.services[Citrix Licensing].state"),
        ({"change": "after['firewall'][3]['local_ports'] = ['1']"}, "host.firewall[WINRM-HTTP-In-TCP].local_ports"),
        ({"change": "(folder / 'elsewhere/bystander').unlink()"}, "a link was followed"),
        ({"change": "after['snapin']['ceip'] = 'None'"}, "host.snapin.ceip"),
        ({"change": "continue"}, "PowerShell wrote no result"),
        ({"change": "sys.exit('crashed')"}, "PowerShell ended with 1: crashed"),
    ],
)
def test_what_is_wrong_is_said(options: dict[str, str], said: str, tmp_path: Path) -> None:
    output = run(tmp_path, **options)
    assert output.startswith("1\n")
    assert said in output
    assert f": {CASE}: " in output
    assert "0 passed, 1 failed" in output


def test_the_case_is_set_up_as_it_says(tmp_path: Path) -> None:
    change = "print(host['program_data'], file=sys.stderr); assert (folder / 'install/MyFiles/CITRIX.opt').read_bytes()"
    assert run(tmp_path, change=change).startswith("0\n")


def test_every_case_can_be_set_up(tmp_path: Path) -> None:
    for number, case in enumerate(load_cases()):
        place = Place(tmp_path / str(number))
        set_up(place, case, tmp_path / "modules" / "snapin" / "snapin.psm1")
        assert len(found_files(place)) >= len(case.host["files"]), case.name
        shutil.rmtree(place.folder)


@pytest.mark.parametrize(
    ("program", "here"),
    [
        (r"C:\Program Files (x86)\Citrix\Licensing\LS\lmadmin.exe", r"{install}\LS\lmadmin.exe"),
        (r"C:\PROGRAM FILES (X86)\CITRIX\LICENSING\LS\lmadmin.exe", r"{INSTALL}\LS\lmadmin.exe"),
        (r"%ProgramFiles(x86)%\Citrix\Licensing\LS\lmadmin.exe", r"%SHIM_INSTALL%\LS\lmadmin.exe"),
        (r"C:\Program Files (x86)\Citrix\LicensingOld\x.exe", r"{install}Old\x.exe"),
        ("System", "System"),
    ],
)
def test_programs_of_firewall_rules_lie_below_the_install_folder_of_the_case(
    program: str, here: str, tmp_path: Path
) -> None:
    install = str(tmp_path / "install")
    assert Place(tmp_path).program(program) == here.format(install=install, INSTALL=install.upper())


def test_without_a_powershell_that_is_said(tmp_path: Path) -> None:
    assert run(tmp_path, "--case", CASE) == "0\nagent text: parsed, not executed\n"


def test_a_case_that_there_is_not_is_an_error(tmp_path: Path) -> None:
    assert "there is no case named 'nosuch'" in run(tmp_path, "--case", "nosuch")


def test_a_powershell_that_there_is_not_is_an_error(tmp_path: Path) -> None:
    output = run(tmp_path, "--pwsh", str(tmp_path / "nosuch"), "--case", CASE)
    assert output.startswith("2\n")
    assert "cannot run" in output
