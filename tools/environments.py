# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Pythons of this machine, and the virtual environments that the commands of the Makefile make from them.

``python -m tools.environments DIRECTORY REQUIREMENTS...`` makes one environment, or leaves it as it is when it is up to
date. Only the standard library is used, since this runs before anything is installed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"
OLDEST = (3, 10)

# Asked of a candidate: can it make a virtual environment with pip in it (Debian's can not without a further package),
# and where is it really (a version manager's shim does not work in the bare environment that ansible-test runs in).
PROBE = "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2], sys.executable)"


class SetupError(Exception):
    """The machine lacks something that a command needs; the text says what."""


def interpreters() -> dict[str, Path]:
    """Find the Pythons from 3.10 on that can make environments.

    :returns: version such as ``3.12`` to the real path of its interpreter.
    """
    found: dict[str, Path] = {}
    for candidate in _candidates():
        probe = subprocess.run([candidate, "-c", PROBE], capture_output=True, text=True, timeout=60, check=False)
        if probe.returncode == 0:
            version, path = probe.stdout.strip().split(" ", 1)
            if _parts(version) >= OLDEST:
                found.setdefault(version, Path(os.path.realpath(path)))
    return dict(sorted(found.items(), key=lambda item: _parts(item[0])))


def environment(directory: Path, python: Path, requirements: Sequence[str]) -> Path:
    """Make a virtual environment with the given requirements, unless it is there already.

    :param requirements: what pip is given; a name ending in ``.txt`` is a requirements file in the repository's root.
    :returns: the directory of its programs.
    :raises SetupError: when pip can not install them.
    """
    programs = directory / "bin"
    stamp = directory / ".made-from"
    made_from = _made_from(python, requirements)
    if stamp.is_file() and stamp.read_text() == made_from and (programs / "python").exists():
        return programs
    print(f"--- preparing {directory.name}: installing from PyPI", flush=True)
    started = time.monotonic()
    shutil.rmtree(directory, ignore_errors=True)
    _run([str(python), "-m", "venv", str(directory)])
    arguments: list[str] = []
    for requirement in requirements:
        arguments += ["-r", str(ROOT / requirement)] if requirement.endswith(".txt") else [requirement]
    _run([str(programs / "python"), "-m", "pip", "-q", "--disable-pip-version-check", "install", *arguments])
    stamp.write_text(made_from)
    print(f"--- {directory.name} is ready ({time.monotonic() - started:.0f} s)", flush=True)
    return programs


def _candidates() -> Iterator[str]:
    """Yield what may be a Python: the one that runs this, a version manager's own, those on the path."""
    if sys.prefix == sys.base_prefix:
        yield sys.executable
    for root in dict.fromkeys(filter(None, (os.environ.get("PYENV_ROOT"), str(Path.home() / ".pyenv")))):
        yield from map(str, sorted(Path(root).glob("versions/3.*/bin/python3"), reverse=True))
    for name in ("python3", *(f"python3.{minor}" for minor in range(OLDEST[1], 15))):
        path = shutil.which(name)
        if path:
            yield path


def _made_from(python: Path, requirements: Sequence[str]) -> str:
    """Tell what an environment is made from, so that a change of it makes the environment anew."""
    text = [str(python), *requirements, *(path.read_text() for path in sorted(ROOT.glob("requirements*.txt")))]
    return hashlib.sha256("\n".join(text).encode()).hexdigest()


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise SetupError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout.strip()}")


def main(arguments: Sequence[str]) -> int:
    """Make the environment that the command line names, with the Python that runs this."""
    directory, *requirements = arguments
    if sys.version_info < OLDEST:
        version = sys.version.split()[0]
        print(f"Python 3.10 or later is needed, and {sys.executable} is {version}. Another: make PYTHON=python3.12")
        return 1
    try:
        environment(ROOT / directory, Path(sys.executable), requirements)
    except SetupError as error:
        print(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
