# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""A section whose settings are values in documents and nothing else: read, compared and rewritten in one way."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._change_set import ChangeSet, Observation, Readings
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import Operation
from ansible_collections.citrixfleet.licensing.plugins.module_utils._profile import Profile, Setting, Value
from ansible_collections.citrixfleet.licensing.plugins.module_utils._settings._stored import (
    Located,
    describe_rows,
    doubts,
    locate,
    rewrite,
    stored_reads,
    unreadable,
    write_edits,
)


@dataclasses.dataclass(frozen=True)
class Desired:
    """The values asked for, by the names of the settings; None is a value, too."""

    values: t.Mapping[str, Value | None]
    profile: Profile


@dataclasses.dataclass(frozen=True)
class StoredSection:
    """See :class:`Section`. ``wanted`` makes the values asked for of a task's options. LicenseError: bad input."""

    name: str
    settings: tuple[Setting, ...]
    options: t.Mapping[str, t.Any]
    wanted: t.Callable[[t.Mapping[str, t.Any]], t.Mapping[str, Value | None]]
    needs_server: bool = True

    def desired(self, options: t.Mapping[str, t.Any]) -> Desired:
        """See :class:`Section`."""
        return Desired(self.wanted(options), options.get("profile") or Profile())

    def reads(self, desired: Desired) -> dict[str, Operation]:
        """The files of the rows, and the listening sockets."""
        return stored_reads(self.settings, desired.profile)

    def observe(self, desired: Desired, readings: Readings) -> Observation:
        """See :class:`Section`."""
        located = self._locate(desired, readings).values()
        notes = {"interfaces": describe_rows(located), "unreadable": unreadable(located)}
        return Observation({one.setting.name: one.shown for one in located}, notes)

    def plan(self, desired: Desired, readings: Readings) -> ChangeSet:
        """See :class:`Section`; without a row, or with a place that is not as it says, a change is refused."""
        located = self._locate(desired, readings)
        before = {name: one.shown for name, one in located.items()}
        if readings.blank:
            return ChangeSet(before, {**before, **desired.values})
        edits = {name: write_edits(located[name], value) for name, value in desired.values.items()}
        changes = {name: desired.values[name] for name, wanted in edits.items() if wanted}
        if not changes:
            return ChangeSet(before, before)
        changing = [located[name] for name in changes]
        together = tuple(edit for wanted in edits.values() for edit in wanted)
        return ChangeSet(
            before,
            {**before, **changes},
            rewrite=rewrite(changing, together, readings),
            warnings=doubts(changing),
        )

    def _locate(self, desired: Desired, readings: Readings) -> dict[str, Located]:
        return {setting.name: locate(setting, desired.profile, readings) for setting in self.settings}
