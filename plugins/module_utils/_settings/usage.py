# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""Sharing of usage statistics, historical use, and the last uploads (page: tab Usage and Statistics)."""

from __future__ import annotations

import base64
import dataclasses
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._change_set import ChangeSet, Observation, Readings
from ansible_collections.citrixfleet.licensing.plugins.module_utils._documents import uploader_log
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._interfaces import snapin
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import FileRead, Operation
from ansible_collections.citrixfleet.licensing.plugins.module_utils._profile import Profile
from ansible_collections.citrixfleet.licensing.plugins.module_utils._settings._values import (
    Values,
    compare_values,
    read_values,
)

SETTINGS = (
    snapin.SHARE_USAGE_STATISTICS,
    snapin.COLLECT_HISTORICAL_USE,
    snapin.RETENTION_DAYS,
    snapin.POLLING_MINUTES,
)

#: Limits of Set-LicConfigUsageSamples (SDK page); no maximum of the retention is documented.
SHORTEST_RETENTION_DAYS = 30
POLLING_MINUTES_RANGE = range(5, 1441)

UPLOADS = FileRead("install", uploader_log.PATH, tail=uploader_log.TAIL_BYTES)

_NEED_COLLECTION = ("retention_days", "polling_minutes")


@dataclasses.dataclass(frozen=True)
class Desired:
    """The values asked for by setting name; ``enable`` says whether days may switch the collection on."""

    values: t.Mapping[str, snapin.Scalar]
    enable: bool
    uploads: bool
    profile: Profile


_OPTIONS: t.Mapping[str, t.Any] = {
    "share_usage_statistics": {"type": "str", "choices": ["call_home", "anonymous", "none"]},
    "collect_historical_use": {"type": "bool"},
    "retention_days": {"type": "int"},
    "polling_minutes": {"type": "int"},
    "when_collection_off": {"type": "str", "choices": ["error", "enable"], "default": "error"},
}


class _Section:
    name = "usage"
    needs_server = True
    options = _OPTIONS

    def desired(self, options: t.Mapping[str, t.Any]) -> Desired:
        """See :class:`Section`; refuses numbers out of range, and days for a collection that is to be off."""
        values = {setting.name: options[setting.name] for setting in SETTINGS if options.get(setting.name) is not None}
        days, minutes = values.get("retention_days"), values.get("polling_minutes")
        if days is not None and days < SHORTEST_RETENTION_DAYS:
            raise LicenseError(f"retention_days is {days}; it has to be at least {SHORTEST_RETENTION_DAYS}.")
        if minutes is not None and minutes not in POLLING_MINUTES_RANGE:
            raise LicenseError(f"polling_minutes is {minutes}; the License Server takes 5 to 1440.")
        if values.get("collect_historical_use") is False and any(name in values for name in _NEED_COLLECTION):
            raise LicenseError("retention_days and polling_minutes have no meaning with collect_historical_use=false.")
        enable = options.get("when_collection_off") == "enable"
        return Desired(values, enable, bool(options.get("uploads")), options.get("profile") or Profile())

    def reads(self, desired: Desired) -> dict[str, Operation]:
        """The two cmdlets, and the end of the uploader's log where uploads are wanted."""
        reads: dict[str, Operation] = dict(snapin.read_settings(SETTINGS))
        if desired.uploads:
            reads["uploads"] = UPLOADS
        return reads

    def observe(self, desired: Desired, readings: Readings) -> Observation:
        """See :class:`Section`; the note ``last_uploads`` where uploads are wanted."""
        return Observation(read_usage(readings), _upload_notes(readings) if desired.uploads else {})

    def plan(self, desired: Desired, readings: Readings) -> ChangeSet:
        """See :class:`Section`; days for a collection that is off are an error, or switch it on."""
        before = read_usage(readings)
        values = dict(desired.values)
        if any(name in values for name in _NEED_COLLECTION):
            _need_collection(before, values, desired.enable)
        changes = compare_values(SETTINGS, before, values, readings.server, desired.profile)
        after = dict(changes.after)
        if after["collect_historical_use"] is False:
            after.update(dict.fromkeys(_NEED_COLLECTION))
        return ChangeSet(before, after, changes.steps, verify=changes.verify)


SECTION = _Section()


def read_usage(readings: Readings) -> dict[str, snapin.Scalar | None]:
    """The values; those that only a collection has are None where there is none, whatever the cmdlet prints then."""
    values = read_values(SETTINGS, readings)
    if values["collect_historical_use"] is False:
        values.update(dict.fromkeys(_NEED_COLLECTION))
    return values


def _need_collection(before: Values, values: dict[str, snapin.Scalar], enable: bool) -> None:
    if before["collect_historical_use"] is not False or values.get("collect_historical_use") is True:
        return
    if not enable:
        raise LicenseError(
            "Historical use is not collected on this License Server, so there is nothing to keep; nothing was changed. "
            "Set collect_historical_use=true or when_collection_off=enable to switch it on."
        )
    values["collect_historical_use"] = True


def _upload_notes(readings: Readings) -> dict[str, t.Any]:
    """The key ``last_uploads``, None with an entry in ``unreadable`` where the log could not be read."""
    try:
        return {"last_uploads": read_uploads(readings), "unreadable": []}
    except LicenseError as error:
        return {"last_uploads": None, "unreadable": [{"what": "last_uploads", "reason": str(error)}]}


def read_uploads(readings: Readings) -> dict[str, t.Any]:
    """The last upload of each program. :raises LicenseError: the log is not there, or could not be read."""
    log = readings.value("uploads")
    if not log["exists"]:
        raise LicenseError(f"{uploader_log.PATH} does not exist; there was no upload yet.")
    return uploader_log.last_uploads(base64.b64decode(log["content"]))
