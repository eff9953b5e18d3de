# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""Customer Success Services renewals: the mode, renewals that are available, and licenses installed of late."""

from __future__ import annotations

import base64
import dataclasses
import datetime
import re
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._change_set import (
    ChangeSet,
    Observation,
    Readings,
    Step,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._documents import license_file
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._interfaces import snapin
from ansible_collections.citrixfleet.licensing.plugins.module_utils._interfaces.document import read_operations
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import (
    Cmdlet,
    Expectation,
    FileList,
    Operation,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._profile import PROXY, Profile
from ansible_collections.citrixfleet.licensing.plugins.module_utils._settings._stored import locate
from ansible_collections.citrixfleet.licensing.plugins.module_utils._settings._values import compare_values, read_values

SETTINGS = (snapin.RENEWAL_MODE,)

ALL = "all"

_DAYS = range(1, 36501)

LICENSE_FILES = FileList("myfiles", "", pattern="*.lic", content=True)


@dataclasses.dataclass(frozen=True)
class Desired:
    """``install``: fulfillment IDs, or the one word ``all``. ``within_days`` is None where the list is not wanted."""

    values: t.Mapping[str, snapin.Scalar]
    check: bool
    install: tuple[str, ...]
    within_days: int | None
    profile: Profile

    @property
    def asks_citrix(self) -> bool:
        """Whether Citrix is to be asked for renewals, which takes an outbound connection of the server."""
        return self.check or bool(self.install)


_OPTIONS: t.Mapping[str, t.Any] = {
    "mode": {"type": "str", "choices": ["notify", "install", "manual"]},
    "install": {"type": "list", "elements": "str", "default": []},
}


class _Section:
    name = "renewal"
    needs_server = True
    options = _OPTIONS

    def desired(self, options: t.Mapping[str, t.Any]) -> Desired:
        """See :class:`Section`; refuses days out of range, blank IDs, and ``all`` beside IDs."""
        days = options.get("installed_within_days")
        if days is not None and days not in _DAYS:
            raise LicenseError(f"installed_within_days is {days}; give a number of days from 1 to {_DAYS[-1]}.")
        install = tuple(options.get("install") or ())
        if not all(item.strip() for item in install):
            raise LicenseError("install has a blank fulfillment ID.")
        if ALL in install and len(set(install)) > 1:
            raise LicenseError("install is either the one word all, or a list of fulfillment IDs.")
        values = {"mode": options["mode"]} if options.get("mode") is not None else {}
        profile = options.get("profile") or Profile()
        return Desired(values, bool(options.get("check")), tuple(dict.fromkeys(install)), days, profile)

    def reads(self, desired: Desired) -> dict[str, Operation]:
        """The mode; the renewals Citrix has (it is asked then) and the license files, where they are wanted."""
        reads: dict[str, Operation] = dict(snapin.read_settings(SETTINGS))
        if desired.asks_citrix:
            reads["available"] = _read_available()
            reads.update(read_operations(desired.profile.of(PROXY)))
        if desired.within_days is not None or desired.install:
            reads["licenses"] = LICENSE_FILES
        return reads

    def observe(self, desired: Desired, readings: Readings) -> Observation:
        """See :class:`Section`; the notes ``available`` and ``installed`` are None where they are not wanted."""
        available = _available(desired, readings) if desired.asks_citrix and not readings.blank else None
        notes = {"available": available, **_license_notes(desired, readings)}
        return Observation(read_values(SETTINGS, readings), notes)

    def plan(self, desired: Desired, readings: Readings) -> ChangeSet:
        """See :class:`Section`; an ID that is neither available nor installed is an error."""
        before = read_values(SETTINGS, readings)
        changes = compare_values(SETTINGS, before, desired.values, readings.server, desired.profile)
        chosen = [] if readings.blank else _chosen(desired, readings)
        return ChangeSet(
            before=before,
            after=changes.after,
            steps=changes.steps,
            final_steps=tuple(Step(Cmdlet("Install-LicRenewals", {"FulfillmentID": item})) for item in chosen),
            verify={**changes.verify, "available": _read_available(chosen)} if chosen else changes.verify,
            actions={"renewals_installed": chosen},
        )


SECTION = _Section()


def _read_available(installed: t.Sequence[str] = ()) -> Cmdlet:
    """The renewals; after an installation those that were installed must be gone."""
    gone = Expectation(excludes=tuple({"FulfillmentId": item} for item in installed)) if installed else None
    return Cmdlet("Get-LicRenewals", select=snapin.RENEWAL_PROPERTIES, expect=gone, tolerate=(snapin.NO_RENEWALS,))


def _available(desired: Desired, readings: Readings) -> list[dict[str, t.Any]]:
    try:
        items = readings.value("available", empty_status=snapin.NO_RENEWALS)
    except LicenseError as error:
        raise LicenseError(
            f"The check for available renewals failed. {error} {_proxy(desired.profile, readings)}"
        ) from error
    return [
        {
            "fulfillment_id": item["FulfillmentId"],
            "product": item["ProductName"],
            "serial_number": item["SerialNumber"],
            "customer_success_services_date": item["CustomerSuccessServicesDate"],
            "quantity": item["Quantity"],
        }
        for item in items
    ]


def _proxy(profile: Profile, readings: Readings) -> str:
    """One sentence about the proxy that the License Server uses."""
    located = locate(PROXY, profile, readings)
    if located.row is None or located.stored is None:
        return "Its proxy could not be read."
    in_force = f"The proxy in force is {located.shown}" if located.value else "No proxy is set"
    return f"{in_force} ({located.row.confidence}: {located.row.source})."


def _chosen(desired: Desired, readings: Readings) -> list[str]:
    """The IDs to install now: asked for, available, and not installed yet."""
    if not desired.install:
        return []
    offered = [item["fulfillment_id"] for item in _available(desired, readings)]
    if desired.install == (ALL,):
        return offered
    for item in desired.install:
        if item not in offered and not _is_installed(item, readings):
            raise LicenseError(
                f"There is no renewal {item!r} to install, and no license file has it; nothing was changed. "
                f"Available: {', '.join(offered) or 'none'}."
            )
    return [item for item in desired.install if item in offered]


def _is_installed(fulfillment_id: str, readings: Readings) -> bool:
    """Whether a license file has the ID in its name or as a part of a serial number."""
    in_name = re.compile(rf"(?<![\w-]){re.escape(fulfillment_id)}(?![\w-])", re.IGNORECASE)
    return any(
        in_name.search(file["file"])
        or any(fulfillment_id in re.split("[:,]", item["serial_number"] or "") for item in file["licenses"])
        for file in read_license_files(readings)
    )


def _license_notes(desired: Desired, readings: Readings) -> dict[str, t.Any]:
    """``installed``: the license files of the last days, or None with the reason in ``unreadable``."""
    if desired.within_days is None:
        return {"installed": None, "unreadable": []}
    try:
        files = read_license_files(readings)
    except LicenseError as error:
        return {"installed": None, "unreadable": [{"what": "installed", "reason": str(error)}]}
    oldest = _time(readings.server.clock) - datetime.timedelta(days=desired.within_days)
    return {
        "installed": [
            file
            for file in files
            if file["file"].casefold() != license_file.STARTUP_FILE and file["date"] and _time(file["date"]) >= oldest
        ],
        "unreadable": [],
    }


def read_license_files(readings: Readings) -> list[dict[str, t.Any]]:
    """All license files with what is in them. :raises LicenseError: they could not be read."""
    return [
        _describe(item, license_file.parse_licenses(base64.b64decode(item["content"] or "")))
        for item in readings.value("licenses")
    ]


def _describe(item: t.Mapping[str, t.Any], licenses: list[license_file.License]) -> dict[str, t.Any]:
    """One license file for a result; ``date_source`` says which date ``date`` is: the file's creation or ``ISSUED``."""
    issued = max((license.issued for license in licenses if license.issued), default=None)
    created = item.get("created")
    return {
        "file": item["path"],
        "date": created or issued,
        "date_source": "file_created" if created else "issued" if issued else None,
        "licenses": [dataclasses.asdict(license) for license in licenses],
    }


def _time(text: str | None) -> datetime.datetime:
    """An ISO 8601 time or date as UTC; the agent writes seven digits of a second, Python 3.10 reads six."""
    if not text:
        return datetime.datetime.now(datetime.timezone.utc)
    plain = re.sub(r"(\.\d{6})\d*", r"\1", text.replace("Z", ""))
    return datetime.datetime.fromisoformat(plain).replace(tzinfo=datetime.timezone.utc)
