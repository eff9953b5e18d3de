# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""Everything that can be read of a License Server, with the interface it was read through (module ``license_info``)."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._change_set import ChangeSet, Observation, Readings
from ansible_collections.citrixfleet.licensing.plugins.module_utils._documents import uploader_log
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._interfaces import snapin
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import (
    Cmdlet,
    Operation,
    PortOwners,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._settings import accounts, renewal, usage
from ansible_collections.citrixfleet.licensing.plugins.module_utils._settings._values import read_values

ALL = "all"


@dataclasses.dataclass(frozen=True)
class Subset:
    """One key of the result: what to read for it, and how what was read is reported.

    ``report`` raises :class:`LicenseError` where something could not be read.
    """

    name: str
    interface: str
    confidence: str
    reads: t.Mapping[str, Operation]
    report: t.Callable[[Readings], t.Any]


_OPTIONS: t.Mapping[str, t.Any] = {"gather_subset": {"type": "list", "elements": "str", "default": [ALL]}}


class _Section:
    name = "information"
    needs_server = False
    options = _OPTIONS

    def desired(self, options: t.Mapping[str, t.Any]) -> tuple[Subset, ...]:
        """The subsets asked for; ``!name`` leaves one out. Refuses an unknown name."""
        return choose_subsets(options["gather_subset"])

    def reads(self, desired: tuple[Subset, ...]) -> dict[str, Operation]:
        """What all of the subsets need."""
        return {label: operation for subset in desired for label, operation in subset.reads.items()}

    def observe(self, desired: tuple[Subset, ...], readings: Readings) -> Observation:
        """See :class:`Section`; what could not be read is None, with its reason in ``unreadable``."""
        notes: dict[str, t.Any] = dict.fromkeys(subset.name for subset in SUBSETS)
        unreadable = []
        for subset in desired:
            notes[subset.name], reason = _report(subset, readings)
            if reason is not None:
                unreadable.append({"what": subset.name, "reason": reason})
        interfaces = {
            subset.name: {"interface": subset.interface, "confidence": subset.confidence} for subset in SUBSETS
        }
        return Observation({}, {**notes, "unreadable": unreadable, "interfaces": interfaces})

    def plan(self, desired: tuple[Subset, ...], readings: Readings) -> ChangeSet:
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


def _report(subset: Subset, readings: Readings) -> tuple[t.Any, str | None]:
    """The value of a subset and None, or None and the reason why it could not be read."""
    try:
        return subset.report(readings), None
    except LicenseError as error:
        return None, str(error)


def _services(readings: Readings) -> list[dict[str, t.Any]]:
    if readings.server.install_folder is None:
        raise LicenseError("No License Server is installed on this host, or it is not the one that was asked.")
    return [dataclasses.asdict(service) for service in readings.server.services]


def _accounts(readings: Readings) -> list[dict[str, str]]:
    return accounts.listing(accounts.read_state(readings))


def _usage(readings: Readings) -> dict[str, t.Any]:
    return usage.read_usage(readings)


def _renewal(readings: Readings) -> dict[str, t.Any]:
    return read_values(renewal.SETTINGS, readings)


#: The three ports: our name, the -AddressType of Get-LicLocation, the process that listens, and the default.
_PORTS = (
    ("license_server", "LS", "lmadmin", 27000),
    ("vendor_daemon", "VD", "CITRIX", 7279),
    ("web_services", "WSL", "httpd", 8083),
)


def _ports(readings: Readings) -> dict[str, t.Any]:
    """Each port from Get-LicLocation where that answers, else from the process that listens."""
    listeners = readings.outcomes["listeners"].value or ()
    found = {}
    for name, address_type, process, default in _PORTS:
        location = readings.outcomes[f"location {address_type}"].value
        port = _port_of(location[0]) if location else None
        source = "Get-LicLocation" if port else None
        if port is None:
            owned = [item["port"] for item in listeners if str(item["process"]).casefold() == process.casefold()]
            port = default if default in owned else min(owned, default=None)
            source = "listener" if port else None
        reason = None if port else readings.problem(f"location {address_type}") or f"{process} listens on no port."
        found[name] = {"port": port, "source": source, "reason": reason}
    if not any(item["port"] for item in found.values()):
        raise LicenseError(str(found["web_services"]["reason"]))
    return found


def _port_of(location: t.Any) -> int | None:
    """The port of a URL or of ``address:port`` (SDK page of Get-LicLocation)."""
    found = re.search(r":(\d{1,5})/?$", str(location))
    return int(found[1]) if found else None


SUBSETS = (
    Subset("services", "service control manager", snapin.OBSERVED, {}, _services),
    Subset(
        "ports",
        "cmdlet Get-LicLocation, else listening sockets",
        snapin.DOCUMENTED,
        {
            "listeners": PortOwners(),
            **{f"location {item[1]}": Cmdlet("Get-LicLocation", {"AddressType": item[1]}) for item in _PORTS},
        },
        _ports,
    ),
    Subset(
        "accounts",
        "cmdlet Get-LicAdministrator",
        snapin.DOCUMENTED,
        {"accounts": snapin.read_accounts()},
        _accounts,
    ),
    Subset(
        "usage",
        "cmdlets Get-LicCEIPOption, Get-LicConfigUsageSamples",
        snapin.DOCUMENTED,
        snapin.read_settings(usage.SETTINGS),
        _usage,
    ),
    Subset(
        "renewal",
        "cmdlet Get-LicSARenewalOptions",
        snapin.DOCUMENTED,
        snapin.read_settings(renewal.SETTINGS),
        _renewal,
    ),
    Subset(
        "licenses",
        r"files MyFiles\*.lic",
        snapin.DOCUMENTED,
        {"licenses": renewal.LICENSE_FILES},
        renewal.read_license_files,
    ),
    Subset(
        "last_uploads",
        f"file {uploader_log.PATH}",
        snapin.OBSERVED,
        {"uploads": usage.UPLOADS},
        usage.read_uploads,
    ),
)
