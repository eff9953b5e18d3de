# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""The License Server's rules in Windows Firewall, which follow its ports."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._change_set import Readings, RuleMove
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import FirewallRead

#: Display names of the rules on a server of build 42000, in a public script.
DISPLAY_NAMES = ("Citrix Licensing", "Citrix Licensing Vendor Daemon", "Citrix Web Services for Licensing")

_LOCAL = "local"


@dataclasses.dataclass(frozen=True)
class Plan:
    """The rules that move, those that somebody has to move, and why."""

    moves: tuple[RuleMove, ...]
    left: tuple[tuple[str, str], ...]
    unread: str | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """A line for each rule that is left, or for the lot where they could not be read."""
        lines = [f"Firewall rule {name!r} names the old port and was left alone: {why}." for name, why in self.left]
        return (*lines, *((self.unread,) if self.unread else ()))

    def describe(self) -> list[dict[str, t.Any]]:
        """The rules for a result: name, ports before and after (None: left alone), and the reason of that."""
        moved = [
            {"rule": move.name, "before": list(move.before), "after": list(move.after), "reason": None}
            for move in self.moves
        ]
        return [*moved, *({"rule": name, "before": None, "after": None, "reason": why} for name, why in self.left)]


def read_rules(ports: t.Sequence[int]) -> FirewallRead:
    """The rules of the License Server's programs, of some ports, and of the names that were seen."""
    return FirewallRead(tuple(ports), DISPLAY_NAMES)


def plan_rules(readings: Readings, moves: t.Mapping[int, int]) -> Plan:
    """What has to become of the rules when ports move (old to new)."""
    problem = readings.problem("firewall")
    if problem is not None:
        return Plan((), (), f"The firewall rules could not be read, and stay as they are: {problem}")
    moved: list[RuleMove] = []
    left: list[tuple[str, str]] = []
    for rule in readings.value("firewall"):
        before = tuple(rule["local_ports"])
        after = tuple(dict.fromkeys(str(moves.get(int(port), port)) if port.isdecimal() else port for port in before))
        in_range = any(_is_range_of(port, moves) for port in before)
        if after == before and not in_range:
            continue
        reason = _reason_to_leave(rule, in_range, readings)
        if reason is None:
            moved.append(RuleMove(rule["name"], before, after))
        else:
            left.append((rule["display_name"], reason))
    return Plan(tuple(moved), tuple(left))


def _reason_to_leave(rule: t.Mapping[str, t.Any], in_range: bool, readings: Readings) -> str | None:
    """Why a rule that names an old port does not move, None if it does."""
    if rule["source"] != _LOCAL:
        return "it comes from group policy; change it there"
    if not _is_ours(rule, readings):
        return "neither its program nor its name is the License Server's; change it if it is meant for it"
    return "it names a range of ports; change it by hand" if in_range else None


def _is_range_of(port: str, moves: t.Mapping[int, int]) -> bool:
    """Whether a text names a range that has an old port and not the new one."""
    found = re.fullmatch(r"(\d+)-(\d+)", port)
    if found is None:
        return False
    ports = range(int(found[1]), int(found[2]) + 1)
    return any(old in ports and new not in ports for old, new in moves.items())


def _is_ours(rule: t.Mapping[str, t.Any], readings: Readings) -> bool:
    """Whether a rule is the License Server's: TCP, and by its program, or, for any program, by a name that was seen."""
    program = str(rule["program"] or "").casefold()
    ours = program.startswith(f"{readings.server.install_folder}\\".casefold())
    named = not program and str(rule["display_name"]).casefold() in {name.casefold() for name in DISPLAY_NAMES}
    return rule["protocol"] == "TCP" and (ours or named)
