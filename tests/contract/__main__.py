# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the cases of the agent contract against the PowerShell text itself.

    python -m tests.contract [--pwsh PATH] [--case NAME]

The text is the one of plugins/, all but `_agent_windows*.psm1`, whose functions shim.psm1 answers from the host of each
case; any PowerShell 7 will do, on any system. Files are real ones, in a folder of their own for each case. One process
runs the cases of one file, each in a fresh runspace (shim.ps1). Without a PowerShell, nothing is run and that is said.
Standard library only.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import groupby
from pathlib import Path
from typing import Any

from .cases import (
    FOLDER,
    ORDINARY_INSTALL,
    ORDINARY_VARIABLE,
    Case,
    compare_answer,
    compare_archives,
    compare_host,
    file_bytes,
    load_cases,
    parse_answer,
)
from .jobs import read_jobs, write_jobs

PLUGINS = FOLDER.parent.parent / "plugins"
SCRIPT = PLUGINS / "modules" / "_agent.ps1"
MODULES = [
    path
    for path in sorted((PLUGINS / "module_utils").glob("_agent*.psm1"))
    if not path.name.startswith("_agent_windows")
]
SHIM = FOLDER / "shim.psm1"
SNAPIN = "Citrix.Licensing.Admin.V1"
SECONDS_PER_FILE = 600


@dataclass(frozen=True)
class Place:
    """The folder of one case, and in it the folders that stand for those of the host."""

    folder: Path

    @property
    def roots(self) -> dict[str, Path]:
        """The roots of the contract, an inner one before the one around it."""
        install = self.folder / "install"
        return {"work": self.program_data / "citrixfleet.licensing", "myfiles": install / "MyFiles", "install": install}

    @property
    def program_data(self) -> Path:
        return self.folder / "ProgramData"

    @property
    def elsewhere(self) -> Path:
        """Where links lead."""
        return self.folder / "elsewhere"

    @property
    def bystander(self) -> Path:
        """What is there, and stays."""
        return self.elsewhere / "bystander"

    @property
    def jobs(self) -> Path:
        return self.roots["work"] / "jobs"

    @property
    def placeholders(self) -> dict[str, str]:
        return {name: str(path) for name, path in self.roots.items()}

    def path_of(self, entry: Mapping[str, Any]) -> Path:
        return self.roots[entry["root"]].joinpath(*entry["path"].split("\\"))

    def program(self, program: str) -> str:
        """The program of a firewall rule of the ordinary host as it is here, where the install folder is another."""
        install = str(self.roots["install"])
        for spelling, here in (
            (ORDINARY_VARIABLE, "%SHIM_INSTALL%"),
            (ORDINARY_INSTALL, install),
            (ORDINARY_INSTALL.upper(), install.upper()),
        ):
            program = program.replace(spelling, here)
        return program


def set_up(place: Place, case: Case, snapin: Path) -> None:
    """Write the files of a case, its request, and its host as the shim reads it."""
    place.program_data.mkdir(parents=True)
    place.elsewhere.mkdir()
    place.bystander.touch()
    if case.host["installed"]:
        place.roots["myfiles"].mkdir(parents=True)
    if case.host["work_folder"] is not None:
        place.roots["work"].mkdir()
    troubles: dict[str, str] = {}
    for entry in case.host["files"]:
        path = place.path_of(entry)
        path.parent.mkdir(parents=True, exist_ok=True)
        if entry.get("link"):
            path.symlink_to(place.elsewhere)
        else:
            path.write_bytes(file_bytes(entry))
            if "modified" in entry:
                written = datetime.fromisoformat(entry["modified"][:19]).replace(tzinfo=timezone.utc).timestamp()
                os.utime(path, (written, written))
        troubles |= {str(path): trouble for trouble in ("locked", "denied") if entry.get(trouble)}
    programs = [rule["program"] for rule in case.host["firewall"]]
    host = {
        **case.host,
        "registry": [*case.host["registry"], *_installation(place, case)],
        "program_data": str(place.program_data),
        "install": str(place.roots["install"]),
        "work": str(place.roots["work"]),
        "programs": {program: place.program(program) for program in programs if program},
        "troubles": troubles,
        "jobs": write_jobs(place.jobs, case.host["jobs"]),
        "texts": [str(path) for path in (SHIM, *MODULES)],
        "module_path": str(snapin.parent.parent) if case.host["snapin"]["route"] == "module" else "",
        "snapin_file": str(snapin),
    }
    (place.folder / "host.json").write_text(json.dumps(host), encoding="utf-8")
    (place.folder / "request.json").write_text(case.request, encoding="utf-8")


def _installation(place: Place, case: Case) -> list[dict[str, Any]]:
    if not case.host["installed"]:
        return []
    install = r"SOFTWARE\Citrix\LicenseServer\Install"
    values = (
        (install, "Version", case.host["version"]),
        (install, "LS_Install_Dir", f"{place.roots['install'] / 'LS'}{os.sep}"),
        (r"SOFTWARE\FLEXlm License Manager\CitrixLicensing", "License", f"{place.roots['myfiles']};"),
    )
    return [{"view": 32, "key": key, "name": name, "type": "String", "value": value} for key, name, value in values]


def found_files(place: Place) -> list[dict[str, str]]:
    """The files that are there now, in the form of a case."""
    found: dict[Path, dict[str, str]] = {}
    for root, folder in place.roots.items():
        for path in sorted(folder.rglob("*")):
            if path.is_symlink() or path.is_file():
                content = b"" if path.is_symlink() else path.read_bytes()
                entry = {"root": root, "path": "\\".join(path.relative_to(folder).parts)}
                found.setdefault(path, {**entry, "content": base64.b64encode(content).decode()})
    return list(found.values())


def judge(case: Case, place: Place) -> list[str]:
    """Compare what came of a case with what must; one line for each difference."""
    path = place.folder / "result.json"
    if not path.exists():
        return ["PowerShell wrote no result"]
    result = json.loads(path.read_text(encoding="utf-8-sig"))
    if result["errors"]:
        return [f"error: {' / '.join(error.splitlines())}" for error in result["errors"]]
    if len(result["output"]) != 1:
        return [f"expected one object on the output, found {len(result['output'])}: {result['output']!r}"[:400]]
    try:
        answer = parse_answer(result["output"][0])
    except ValueError as error:
        return [f"the answer is not one line of ASCII JSON: {error}"]
    files = found_files(place)
    host = {**result["host"], "files": files, "jobs": read_jobs(place.jobs, result["running"])}
    followed = [] if place.bystander.exists() else ["a link was followed, and what it leads to deleted"]
    return [
        *followed,
        *compare_answer(case.answer, answer, place.placeholders),
        *compare_host(case.after, host, place.placeholders),
        *compare_archives(case.request, answer, files),
    ]


def run_file(pwsh: str, cases: Sequence[Case], folder: Path) -> Iterator[tuple[Case, list[str]]]:
    """Run the cases of one file in one process; for each, its differences. Raises OSError if pwsh cannot be started."""
    snapin = folder / "modules" / SNAPIN / f"{SNAPIN}.psm1"
    snapin.parent.mkdir(parents=True)
    shutil.copy(FOLDER / "shim_snapin.psm1", snapin)
    places = [Place(folder / str(number)) for number in range(len(cases))]
    for case, place in zip(cases, places, strict=True):
        set_up(place, case, snapin)
    files = [{name: str(place.folder / f"{name}.json") for name in ("host", "request", "result")} for place in places]
    plan = {"modules": [str(path) for path in (*MODULES, SHIM)], "script": str(SCRIPT), "cases": files}
    job = folder / "job.json"
    job.write_text(json.dumps(plan), encoding="utf-8")
    command = [pwsh, "-NoProfile", "-NonInteractive", "-File", str(FOLDER / "shim.ps1"), "-Job", str(job)]
    try:
        # Not ours: PowerShell may wait for the end of a standard input that is redirected.
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "TZ": "UTC"},
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=SECONDS_PER_FILE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        print(f"{cases[0].file}: PowerShell did not end within {SECONDS_PER_FILE} seconds", file=sys.stderr)
    else:
        if done.returncode != 0:
            print(f"{cases[0].file}: PowerShell ended with {done.returncode}: {done.stderr}", file=sys.stderr)
    for case, place in zip(cases, places, strict=True):
        yield case, judge(case, place)


def run(pwsh: str, cases: Iterable[Case]) -> int:
    """Run the cases, print a line for each difference and a summary, and say how many failed."""
    passed = failed = 0
    for file, group in groupby(cases, key=lambda case: case.file):
        with tempfile.TemporaryDirectory() as folder:
            for case, differences in run_file(pwsh, list(group), Path(folder).resolve()):
                passed, failed = passed + (not differences), failed + bool(differences)
                for difference in differences:
                    print(f"FAILED {file}: {case.name}: {difference}")
    print(f"{passed} passed, {failed} failed")
    return failed


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 all passed or no PowerShell, 1 a case failed, 2 the command line is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.contract", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pwsh", help="the PowerShell to use; else the one on PATH, if any")
    parser.add_argument("--case", help="the name of the one case to run")
    options = parser.parse_args(arguments)
    cases = [case for case in load_cases() if options.case in (None, case.name)]
    if not cases:
        parser.error(f"there is no case named {options.case!r}")
    pwsh = options.pwsh or shutil.which("pwsh")
    if pwsh is None:
        print("agent text: parsed, not executed")
        return 0
    try:
        return 1 if run(pwsh, cases) else 0
    except OSError as error:
        parser.error(f"cannot run the cases with {pwsh}: {error}")


if __name__ == "__main__":
    sys.exit(main())
