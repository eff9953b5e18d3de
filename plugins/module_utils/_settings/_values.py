# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""Settings that are one value each: the compare, apply and verify that they share."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._change_set import Readings, Step
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._interfaces import snapin
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import Operation
from ansible_collections.citrixfleet.licensing.plugins.module_utils._profile import SETTINGS, Profile
from ansible_collections.citrixfleet.licensing.plugins.module_utils._server import ServerFacts

Values: t.TypeAlias = "t.Mapping[str, snapin.Scalar | None]"


@dataclasses.dataclass(frozen=True)
class ValueChanges:
    """What differs, with the steps to change it and the reads that prove it."""

    before: Values
    after: Values
    steps: tuple[Step, ...]
    verify: t.Mapping[str, Operation]


def read_values(settings: t.Sequence[snapin.CmdletSetting], readings: Readings) -> dict[str, snapin.Scalar | None]:
    """The current values by setting name; None where the server printed a blank, or is not installed yet."""
    if readings.blank:
        return dict.fromkeys(setting.name for setting in settings)
    values = {}
    for setting in settings:
        printed = readings.value(setting.read_cmdlet)
        values[setting.name] = setting.parse(printed[0].get(setting.read_property)) if printed else None
    return values


def compare_values(
    settings: t.Sequence[snapin.CmdletSetting],
    before: Values,
    desired: t.Mapping[str, snapin.Scalar],
    server: ServerFacts,
    profile: Profile,
) -> ValueChanges:
    """Plan the values of ``desired`` that differ from ``before``.

    :raises LicenseError: the build is not one of those whose interface the profile knows.
    """
    changes = {name: value for name, value in desired.items() if before.get(name) != value}
    for setting in settings:
        rows = profile.of(SETTINGS[setting.row])
        if (
            setting.name in changes
            and rows
            and server.version
            and not any(row.holds_for(server.version) for row in rows)
        ):
            builds = ", ".join(str(builds) for row in rows for builds in row.builds)
            raise LicenseError(
                f"{setting.name} has an interface on License Server {builds}; this is {server.version}. Nothing was "
                "changed; upgrade the License Server first."
            )
    # The way back gives a cmdlet all of its old values: what it does to those that are left out is not documented.
    backward = snapin.write_settings(settings, {name: value for name, value in before.items() if value is not None})
    steps = tuple(
        Step(write, backward.get(cmdlet)) for cmdlet, write in snapin.write_settings(settings, changes).items()
    )
    verify = snapin.verify_settings(settings, changes) if changes else {}
    return ValueChanges(before, {**before, **changes}, steps, verify)
