# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make check``: everything that takes longer than ``make test``, one line a step.

Publication tools run on a clean copy of the collection, each in a virtual environment below ``.cache``.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools import collection
from tools.environments import CACHE, ROOT, SetupError, environment, interpreters
from tools.steps import StepError, Steps, run

# The releases of ansible-core that are promised, and the Pythons that can run each, the preferred one first.
RELEASES = {
    "2.17": ("3.10", "3.11", "3.12"),
    "2.18": ("3.11", "3.12", "3.13"),
    "2.19": ("3.11", "3.12", "3.13"),
    "2.20": ("3.12", "3.13", "3.14"),
    "2.21": ("3.13", "3.12", "3.14"),
}
SANITY_RELEASES = ("2.21", "2.19")
# The pips that these releases of ansible-test ask for, as they spell them in a file name.
PIPS_OF_ANSIBLE_TEST = ("23_1_2", "24_2", "25_2")
MATRIX_TESTS = ("tests/unit", "tests/integration")


@dataclass(frozen=True)
class Search:
    """Tests that look further than they do in ``make test``, and the variables that tell them how far."""

    title: str
    tests: str
    variables: Mapping[str, str]


SEARCHES = (
    Search(
        "editors: 2000 documents for each property",
        "tests/unit/plugins/module_utils/_documents",
        {"HYPOTHESIS_PROFILE": "check"},
    ),
    Search(
        "files: 100 shuffled layouts",
        "tests/integration/test_layouts.py",
        {"LAYOUTS": "100"},
    ),
    Search(
        "files: interrupted at every step, on 4 layouts",
        "tests/integration/test_interrupted.py",
        {"INTERRUPTED_LAYOUTS": "4,8,11"},
    ),
    Search(
        "bundles: the connection drops at 12 random moments",
        "tests/integration/test_bundle.py::test_a_connection_that_drops_at_random_is_taken_up_again",
        {"DROPS": "12"},
    ),
)


@dataclass(frozen=True)
class Workshop:
    """What the steps share."""

    steps: Steps
    pythons: dict[str, Path]
    scratch: Path
    collection: Path

    def python_for(self, release: str) -> Path | None:
        """Find the preferred Python of this machine for a release of ansible-core."""
        return next((self.pythons[version] for version in RELEASES[release] if version in self.pythons), None)

    def newest_python(self) -> Path:
        """Find the newest Python that any promised release can run on."""
        usable = [version for version in self.pythons if any(version in versions for versions in RELEASES.values())]
        return self.pythons[usable[-1]]

    def variables(self, programs: Path) -> dict[str, str]:
        """Make the environment of a tool: its own programs first, and nothing of the user's Ansible configuration.

        The real directories of the interpreters come next, since a version manager's shims do not work everywhere.
        """
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "MOLECULE_"))}
        path = [str(programs), *(str(python.parent) for python in self.pythons.values()), kept.get("PATH", "")]
        home = self.scratch / "ansible"
        return {
            **kept,
            "PATH": os.pathsep.join(path),
            "ANSIBLE_HOME": str(home),
            "ANSIBLE_CONFIG": str(ROOT / "tools" / "ansible.cfg"),
            "ANSIBLE_NOCOLOR": "1",
            "NO_COLOR": "1",
            "ANSIBLE_COLLECTIONS_PATH": str(self.scratch),
        }


def lint(shop: Workshop) -> None:
    """Run the tools that only read."""
    programs = environment(CACHE / "check", shop.newest_python(), ["requirements-check.txt"])
    variables = shop.variables(programs)

    def tool(title: str, program: str, *arguments: str) -> None:
        shop.steps.step(title, lambda: _content(run([programs / program, *arguments], shop.collection, variables)))

    tool("REUSE", "reuse", "lint", "--lines")
    tool("changelog", "antsibull-changelog", "lint")
    tool("documentation", "antsibull-docs", "lint-collection-docs", "--plugin-docs", ".")
    tool("ansible-lint, profile production", "ansible-lint", "--offline", "--profile", "production", "--strict")


def importer(shop: Workshop) -> None:
    """Build the artifact and judge it as Galaxy does when one is uploaded."""

    def judge() -> str:
        programs = environment(CACHE / "importer", shop.newest_python(), ["requirements-importer.txt"])
        variables = shop.variables(programs)
        place = shop.scratch / "artifact"
        place.mkdir(exist_ok=True)
        run([programs / "ansible-galaxy", "collection", "build", "--output-path", place], shop.collection, variables)
        artifact = next(place.glob("*.tar.gz"))
        output = run([programs / "python", "-m", "galaxy_importer.main", artifact], place, variables)
        problems = [line for line in output.splitlines() if "ERROR" in line or "WARNING" in line]
        if problems:
            raise StepError("\n".join(problems))
        return f"{artifact.name}, {artifact.stat().st_size // 1024} KiB"

    shop.steps.step("galaxy-importer", judge)


def molecule(shop: Workshop) -> None:
    """Run every scenario against emulated servers."""
    programs = environment(CACHE / "check", shop.newest_python(), ["requirements-check.txt"])

    def test() -> str:
        try:
            run([programs / "molecule", "test", "--all"], shop.collection, shop.variables(programs))
        finally:
            _stop(shop.collection / ".cache" / "molecule" / "emulator.pid")
        return f"{len(list(shop.collection.glob('extensions/molecule/*/converge.yml')))} scenarios"

    shop.steps.step("molecule", test)


def sanity(shop: Workshop, release: str) -> None:
    """Run ansible-test sanity with every Python that this release supports and this machine has."""
    title = f"ansible-test sanity, ansible-core {release}"
    python = shop.python_for(release)
    if python is None:
        shop.steps.skip(title, f"it needs Python {' or '.join(RELEASES[release])}")
        return

    def test() -> str:
        programs = environment(CACHE / f"sanity-{release}", python, [f"ansible-core=={release}.*"])
        variables = {**shop.variables(programs), "HOME": str(_home_of_ansible_test(shop))}
        try:
            output = run([programs / "ansible-test", "sanity", "--local", "--color", "no"], shop.collection, variables)
        except StepError as error:
            # Most of what it says is how it installs its tools.
            told = [line for line in str(error).splitlines() if line.startswith(("ERROR", "FATAL"))]
            raise StepError("\n".join(told) or str(error)) from None
        return f"{output.count('Running sanity test')} tests"

    shop.steps.step(title, test)


def matrix(shop: Workshop, release: str) -> None:
    """Run the unit and integration tests on one release of ansible-core."""
    title = f"tests, ansible-core {release}"
    python = shop.python_for(release)
    if python is None:
        shop.steps.skip(title, f"it needs Python {' or '.join(RELEASES[release])}")
        return

    def test() -> str:
        requirements = ["requirements-test.txt", f"ansible-core=={release}.*"]
        programs = environment(CACHE / f"core-{release}", python, requirements)
        return _pytest(programs, MATRIX_TESTS, shop.variables(programs), "loadfile")

    shop.steps.step(title, test)


def search(shop: Workshop, further: Search) -> None:
    """Run tests on more cases than the other steps do."""

    def test() -> str:
        programs = environment(CACHE / "check", shop.newest_python(), ["requirements-check.txt"])
        return _pytest(programs, [further.tests], {**shop.variables(programs), **further.variables}, "load")

    shop.steps.step(further.title, test)


def _pytest(programs: Path, tests: Sequence[str], variables: Mapping[str, str], spread: str) -> str:
    """Run tests in the working tree, in two processes.

    :param spread: how they are given to the processes: ``loadfile`` (fleets are shared in a file) or ``load``.
    :returns: how many there were, as pytest says it.
    """
    two = ("-n", "2", "--dist", spread)
    output = run([programs / "python", "-m", "pytest", "-q", "--no-header", *two, *tests], ROOT, variables)
    return output.strip().splitlines()[-1].strip("= ")


def _content(_output: str) -> None:
    """Drop what a tool says when it found nothing."""


def _home_of_ansible_test(shop: Workshop) -> Path:
    """Make a home directory in which ansible-test finds, in its own cache, the script that it would download."""
    home = shop.scratch / "home"
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in PIPS_OF_ANSIBLE_TEST:
        shutil.copy(ROOT / "tools" / "get_pip.py", cache / f"get_pip_{version}.py")
    settings = Path.home() / ".config"
    if settings.is_dir() and not (home / ".config").exists():
        # pip's own settings, such as a mirror, are the user's.
        (home / ".config").symlink_to(settings)
    return home


def _stop(pid_file: Path) -> None:
    """End the emulator that a failed scenario left behind."""
    if pid_file.is_file():
        try:
            os.kill(int(pid_file.read_text()), signal.SIGTERM)
        except ProcessLookupError:
            return


def main() -> int:
    """Run all steps.

    :returns: the exit code: 0 when none failed.
    """
    steps = Steps()
    pythons = interpreters()
    if not any(version in pythons for versions in RELEASES.values() for version in versions):
        print("No Python from 3.10 on that can make a virtual environment was found.")
        return 1
    print(f"Pythons: {', '.join(pythons)}", flush=True)
    collection.link()
    with tempfile.TemporaryDirectory(prefix="licensing-check-") as scratch:
        shop = Workshop(steps, pythons, Path(scratch), collection.export(Path(scratch)))
        try:
            lint(shop)
            importer(shop)
            for release in SANITY_RELEASES:
                sanity(shop, release)
            for release in RELEASES:
                matrix(shop, release)
            for further in SEARCHES:
                search(shop, further)
            molecule(shop)
        except SetupError as error:
            print(error)
            steps.failed.append("preparation")
    return steps.close()


if __name__ == "__main__":
    sys.exit(main())
