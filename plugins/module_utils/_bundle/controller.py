# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""The controller, as those see it who make a bundle."""

from __future__ import annotations

import dataclasses
import typing as t

#: Shows progress: what is done, bytes, and bytes of all.
Report: t.TypeAlias = "t.Callable[[str, int, int], None]"


@dataclasses.dataclass(frozen=True)
class Controller:
    """This run on the controller, with its clock and its screen.

    ``owner`` names the run, ``is_gone`` says of an owner's name whether that run is known to have ended. ``job`` is the
    id for the run's job, ``agent_text`` the agent's text for the job's process.
    """

    owner: str
    job: str
    agent_text: str
    is_gone: t.Callable[[str], bool]
    now: t.Callable[[], float]
    sleep: t.Callable[[float], None]
    report: Report
