# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Steps of a long command: each is run, timed, reported on one line, and shown in full only when it failed."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tools.environments import SetupError

# A step that hangs must not hang the build: the longest one takes a few minutes.
TIME_LIMIT = 1200


class StepError(Exception):
    """A step did not do what it should; the text is what its reader needs."""


@dataclass
class Steps:
    """The steps run so far."""

    failed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)

    def step(self, title: str, action: Callable[[], str | None]) -> bool:
        """Run one step, which may return a few words to print beside its title.

        :returns: whether it passed.
        """
        started = time.monotonic()
        try:
            remark, problem = action(), ""
        except (StepError, SetupError) as error:
            remark, problem = None, str(error)
        seconds = time.monotonic() - started
        verdict = "FAILED" if problem else "ok"
        print(f"{verdict:<7}{seconds:6.1f} s  {title}{f': {remark}' if remark else ''}", flush=True)
        if problem:
            print("\n".join(f"    {line}" for line in problem.splitlines()), flush=True)
        (self.failed if problem else self.passed).append(title)
        return not problem

    def skip(self, title: str, reason: str) -> None:
        """Say that a step can not run on this machine."""
        print(f"{'skipped':<7}{'':>8}  {title}: {reason}", flush=True)
        self.skipped.append(title)

    def close(self) -> int:
        """Print the closing line.

        :returns: the exit code of the command.
        """
        print(f"steps: {len(self.passed)} ok, {len(self.failed)} not ok, {len(self.skipped)} not run", flush=True)
        for title in self.failed:
            print(f"not ok: {title}", flush=True)
        return 1 if self.failed or not self.passed else 0


def run(command: Sequence[str | Path], directory: Path, variables: Mapping[str, str]) -> str:
    """Run a program.

    :param variables: its whole environment.
    :returns: what it printed.
    :raises StepError: when its exit code is not 0, with what it printed, or when it does not end.
    """
    try:
        done = subprocess.run(
            list(map(str, command)),
            cwd=directory,
            env=dict(variables),
            text=True,
            check=False,
            timeout=TIME_LIMIT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            errors="replace",
        )
    except subprocess.TimeoutExpired:
        raise StepError(f"{' '.join(map(str, command))}\ndid not end within {TIME_LIMIT} s") from None
    if done.returncode:
        raise StepError(f"{' '.join(map(str, command))}\nended with {done.returncode}:\n{done.stdout.strip()}")
    return done.stdout
