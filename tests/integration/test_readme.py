# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The README's way through the emulator does what it says, line by line."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.integration.harness import ROOT, SECONDS

BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
PYTHON = ".venv/bin/python"
PROGRAMS = (f"{PYTHON} -m emulator ", "ansible ", "ansible-playbook ")
TAKEN_BACK = "read again, the server is as it was before the task."


def commands(place: Path) -> list[str]:
    """What the blocks of the README that use the emulator run, with its files in another place than /tmp."""
    blocks = BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    lines = [line for block in blocks if PROGRAMS[0] in block for line in block.splitlines()]
    run = [line for line in lines if line.startswith(PROGRAMS)]
    return [line.replace("/tmp/", f"{place}/").replace(PYTHON, sys.executable) for line in run]


@contextmanager
def in_background(command: str) -> Iterator[None]:
    """The emulator, ready, for as long as it is needed."""
    with subprocess.Popen(shlex.split(command), cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == "ready"
            yield
        finally:
            process.terminate()


def test_every_command_on_the_emulator_works_and_the_one_that_fails_is_taken_back(tmp_path: Path) -> None:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    failed = []
    with ExitStack() as emulators:
        for command in commands(tmp_path):
            if " emulator run " in command:
                emulators.enter_context(in_background(command.partition("&")[0]))
                continue
            done = subprocess.run(
                command,
                shell=True,
                cwd=ROOT,
                env=environment,
                check=False,
                capture_output=True,
                text=True,
                timeout=SECONDS,
            )
            if done.returncode:
                failed.append(f"{command}\n{done.stdout}{done.stderr}")
    assert len(failed) == 1, "\n".join(failed)
    assert "license_settings" in failed[0]
    assert TAKEN_BACK in failed[0]
