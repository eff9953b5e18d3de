# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""Everything that can be read of a License Server, with the interface it was read through (module ``license_info``)."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._change_set import ChangeSet, Observation, Readings
from ansible_collections.citrixfleet.licensing.plugins.module_utils._documents import uploader_log
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._interfaces import snapin
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import Operation
from ansible_collections.citrixfleet.licensing.plugins.module_utils._profile import (
    DOCUMENTED,
    OBSERVED,
    SETTINGS,
    Profile,
    Setting,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._settings import (
    accounts,
    options,
    ports,
    proxy,
    renewal,
    usage,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._settings._listening import LOCATIONS
from ansible_collections.citrixfleet.licensing.plugins.module_utils._settings._stored import locate, stored_reads
from ansible_collections.citrixfleet.licensing.plugins.module_utils._settings._values import read_values

ALL = "all"


@dataclasses.dataclass(frozen=True)
class Subset:
    """One key of the result: what to read for it, and how what was read is reported.

    ``report`` raises :class:`LicenseError` where something could not be read. ``settings`` are those of the profile
    whose rows say where the subset comes from; ``origin`` (interface, confidence) says it where there is none.
    """

    name: str
    reads: t.Callable[[Profile], t.Mapping[str, Operation]]
    report: t.Callable[[Profile, Readings], t.Any]
    settings: tuple[str, ...] = ()
    origin: tuple[str, str] | None = None


@dataclasses.dataclass(frozen=True)
class Desired:
    """The subsets asked for."""

    subsets: tuple[Subset, ...]
    profile: Profile


_OPTIONS: t.Mapping[str, t.Any] = {"gather_subset": {"type": "list", "elements": "str", "default": [ALL]}}


class _Section:
    name = "information"
    needs_server = False
    options = _OPTIONS

    def desired(self, options: t.Mapping[str, t.Any]) -> Desired:
        """The subsets asked for; ``!name`` leaves one out. Refuses an unknown name."""
        return Desired(choose_subsets(options["gather_subset"]), options.get("profile") or Profile())

    def reads(self, desired: Desired) -> dict[str, Operation]:
        """What all of the subsets need."""
        return {
            label: operation for subset in desired.subsets for label, operation in subset.reads(desired.profile).items()
        }

    def observe(self, desired: Desired, readings: Readings) -> Observation:
        """See :class:`Section`; what could not be read is None, with its reason in ``unreadable``."""
        notes: dict[str, t.Any] = dict.fromkeys(subset.name for subset in SUBSETS)
        unreadable = []
        for subset in desired.subsets:
            notes[subset.name], reason = _report(subset, desired.profile, readings)
            if reason is not None:
                unreadable.append({"what": subset.name, "reason": reason})
        interfaces = {
            name: origin for subset in SUBSETS for name, origin in _origins(subset, desired.profile, readings).items()
        }
        return Observation({}, {**notes, "unreadable": unreadable, "interfaces": interfaces})

    def plan(self, desired: Desired, readings: Readings) -> ChangeSet:
        """Never a change."""
        return ChangeSet({}, {})


SECTION = _Section()


def choose_subsets(names: t.Sequence[str]) -> tuple[Subset, ...]:
    """The subsets of ``gather_subset``, in the order of the result.

    :raises LicenseError: a name that does not exist.
    """
    known = [subset.name for subset in SUBSETS]
    for name in names:
        if name.removeprefix("!") not in (*known, ALL):
            raise LicenseError(f"There is no subset {name!r}; there are {', '.join((ALL, *known))} (! leaves one out).")
    wanted = {name for name in names if not name.startswith("!")} or {ALL}
    unwanted = {name.removeprefix("!") for name in names if name.startswith("!")}
    chosen = set(known) if ALL in wanted else wanted
    return tuple(subset for subset in SUBSETS if subset.name in chosen - unwanted and ALL not in unwanted)


def _report(subset: Subset, profile: Profile, readings: Readings) -> tuple[t.Any, str | None]:
    """The value of a subset and None, or None and the reason why it could not be read."""
    try:
        return subset.report(profile, readings), None
    except LicenseError as error:
        return None, str(error)


def _origins(subset: Subset, profile: Profile, readings: Readings) -> dict[str, dict[str, str] | None]:
    """Interface, confidence and source by setting, by the subset's name where it has none; None is no interface."""
    if subset.origin is not None:
        interface, confidence = subset.origin
        return {subset.name: {"interface": interface, "confidence": confidence, "source": interface}}
    rows = {name: profile.row(SETTINGS[name], readings.server.version) for name in subset.settings}
    return {name: row.describe() if row else None for name, row in rows.items()}


def _services(profile: Profile, readings: Readings) -> list[dict[str, t.Any]]:
    if readings.server.install_folder is None:
        raise LicenseError("No License Server is installed on this host, or it is not the one that was asked.")
    return [dataclasses.asdict(service) for service in readings.server.services]


def _accounts(profile: Profile, readings: Readings) -> list[dict[str, str]]:
    return accounts.listing(accounts.read_state(readings))


def _usage(profile: Profile, readings: Readings) -> dict[str, t.Any]:
    return usage.read_usage(readings)


def _renewal(profile: Profile, readings: Readings) -> dict[str, t.Any]:
    return read_values(renewal.SETTINGS, readings)


def _ports(profile: Profile, readings: Readings) -> dict[str, t.Any]:
    """Each port in force, and the one that the documents name, which takes effect at the next start."""
    state = ports.read_state(profile, readings)
    found = {
        name: {
            "port": one.number,
            "configured": state.configured[name],
            "source": one.source,
            "reason": one.reason,
        }
        for name, one in state.in_force.items()
    }
    if not any(item["port"] or item["configured"] for item in found.values()):
        raise LicenseError(str(found["web_services"]["reason"]))
    return found


def _proxy(profile: Profile, readings: Readings) -> dict[str, t.Any]:
    values, _reason = _stored(proxy.SECTION.settings, profile, readings)
    return values


def _options(profile: Profile, readings: Readings) -> dict[str, t.Any]:
    values, reason = _stored(options.SECTION.settings, profile, readings)
    return {**values, "reason": reason}


def _stored(settings: t.Sequence[Setting], profile: Profile, readings: Readings) -> tuple[dict[str, t.Any], str | None]:
    """The values of settings that live in documents, and why those are None that could not be read.

    :raises LicenseError: none could be read.
    """
    located = [locate(setting, profile, readings) for setting in settings]
    reasons = [one.reason for one in located if one.reason is not None]
    if len(reasons) == len(located):
        raise LicenseError(" ".join(reasons))
    return {one.setting.name: one.shown for one in located}, " ".join(reasons) or None


def _licenses(profile: Profile, readings: Readings) -> list[dict[str, t.Any]]:
    return renewal.read_license_files(readings)


def _uploads(profile: Profile, readings: Readings) -> dict[str, t.Any]:
    return usage.read_uploads(readings)


SUBSETS = (
    Subset("services", lambda profile: {}, _services, origin=("service control manager", OBSERVED)),
    Subset(
        "ports",
        lambda profile: {**LOCATIONS, **stored_reads(ports.SETTINGS.values(), profile)},
        _ports,
        ("ports", *(setting.name for setting in ports.SETTINGS.values())),
    ),
    Subset("proxy", lambda profile: stored_reads(proxy.SECTION.settings, profile), _proxy, ("proxy",)),
    Subset(
        "options",
        lambda profile: stored_reads(options.SECTION.settings, profile),
        _options,
        tuple(setting.name for setting in options.SECTION.settings),
    ),
    Subset("accounts", lambda profile: {"accounts": snapin.read_accounts()}, _accounts, ("accounts",)),
    Subset(
        "usage",
        lambda profile: snapin.read_settings(usage.SETTINGS),
        _usage,
        tuple(dict.fromkeys(setting.row for setting in usage.SETTINGS)),
    ),
    Subset(
        "renewal",
        lambda profile: snapin.read_settings(renewal.SETTINGS),
        _renewal,
        tuple(dict.fromkeys(setting.row for setting in renewal.SETTINGS)),
    ),
    Subset(
        "licenses",
        lambda profile: {"licenses": renewal.LICENSE_FILES},
        _licenses,
        origin=(r"files MyFiles\*.lic", DOCUMENTED),
    ),
    Subset(
        "last_uploads",
        lambda profile: {"uploads": usage.UPLOADS},
        _uploads,
        origin=(f"file {uploader_log.PATH}", OBSERVED),
    ),
)
