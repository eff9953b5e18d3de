# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""Supplemental grace period and display language (page: Server Configuration)."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._change_set import ChangeSet, Observation, Readings
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import (
    Operation,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._profile import (
    DISPLAY_LANGUAGE,
    LANGUAGES,
    SUPPLEMENTAL_GRACE_PERIOD,
    Profile,
    Value,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._settings._stored import (
    describe_rows,
    doubts,
    locate,
    rewrite,
    stored_reads,
    unreadable,
    write_edits,
)

SETTINGS = (SUPPLEMENTAL_GRACE_PERIOD, DISPLAY_LANGUAGE)


@dataclasses.dataclass(frozen=True)
class Desired:
    """The values asked for, by the names of the settings."""

    values: t.Mapping[str, Value]
    profile: Profile


_OPTIONS: t.Mapping[str, t.Any] = {
    "supplemental_grace_period": {"type": "bool"},
    "display_language": {"type": "str", "choices": list(LANGUAGES)},
}


class _Section:
    name = "options"
    needs_server = True
    options = _OPTIONS

    def desired(self, options: t.Mapping[str, t.Any]) -> Desired:
        """See :class:`Section`."""
        values = {name: options[name] for name in _OPTIONS if options.get(name) is not None}
        return Desired(values, options.get("profile") or Profile())

    def reads(self, desired: Desired) -> dict[str, Operation]:
        """The files of the rows, and the listening sockets."""
        return stored_reads(SETTINGS, desired.profile)

    def observe(self, desired: Desired, readings: Readings) -> Observation:
        """See :class:`Section`."""
        located = [locate(setting, desired.profile, readings) for setting in SETTINGS]
        notes = {"interfaces": describe_rows(located), "unreadable": unreadable(located)}
        return Observation({one.setting.name: one.shown for one in located}, notes)

    def plan(self, desired: Desired, readings: Readings) -> ChangeSet:
        """See :class:`Section`; without a row, or with a place that is not as it says, a change is refused."""
        located = {setting.name: locate(setting, desired.profile, readings) for setting in SETTINGS}
        before = {name: one.shown for name, one in located.items()}
        after = {**before, **desired.values}
        if readings.blank:
            return ChangeSet(before, after)
        edits = {name: write_edits(located[name], value) for name, value in desired.values.items()}
        changing = [located[name] for name, wanted in edits.items() if wanted]
        if not changing:
            return ChangeSet(before, after)
        together = tuple(edit for wanted in edits.values() for edit in wanted)
        return ChangeSet(before, after, rewrite=rewrite(changing, together, readings), warnings=doubts(changing))


SECTION = _Section()
