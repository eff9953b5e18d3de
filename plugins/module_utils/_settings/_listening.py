# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""The three ports as they are in force: told by Get-LicLocation where that answers, else by the listening sockets."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._change_set import Listening, Readings
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import Cmdlet, Operation, PortOwners

#: The ports that the documents name, by our names; None where they name none.
Configured: t.TypeAlias = "t.Mapping[str, int | None]"


@dataclasses.dataclass(frozen=True)
class Port:
    """One of the three: our name, the -AddressType of Get-LicLocation, the process that listens, the page's default."""

    name: str
    address_type: str
    process: str
    default: int


#: Processes: lmadmin was seen to own the License Server's listener, the vendor daemon is CITRIX (documented), and Web
#: Services for Licensing are an Apache (documented).
PORTS = (
    Port("license_server", "LS", "lmadmin", 27000),
    Port("vendor_daemon", "VD", "CITRIX", 7279),
    Port("web_services", "WSL", "httpd", 8083),
)

READS: t.Mapping[str, Operation] = {"listeners": PortOwners()}

LOCATIONS: t.Mapping[str, Cmdlet] = {
    f"location {port.address_type}": Cmdlet("Get-LicLocation", {"AddressType": port.address_type}) for port in PORTS
}


@dataclasses.dataclass(frozen=True)
class InForce:
    """A port in force and who told it; ``number`` and ``source`` None with a ``reason`` where nobody did."""

    port: Port
    number: int | None
    source: str | None
    reason: str | None


def ports_in_force(readings: Readings, configured: Configured) -> list[InForce]:
    """The three ports, in the order of :data:`PORTS`."""
    return [_in_force(port, readings, configured) for port in PORTS]


def listening(readings: Readings, configured: Configured) -> dict[str, Listening]:
    """Those of the three that a process of the License Server listens on, by our names.

    A process may listen on more ports than its one of the three: then it is the configured one, the default, or the
    lowest, whichever comes first.
    """
    found = {}
    for port in PORTS:
        owned = sorted(int(item["port"]) for item in listeners(readings) if is_owner(port, item))
        likely = [number for number in (configured.get(port.name), port.default) if number in owned]
        for number in (*likely, *owned)[:1]:
            found[port.name] = Listening(port.process, number)
    return found


def is_owner(port: Port, listener: t.Mapping[str, t.Any]) -> bool:
    """Whether a listening socket is of the process of a port."""
    return str(listener["process"]).casefold() == port.process.casefold()


def listeners(readings: Readings) -> list[dict[str, t.Any]]:
    """All listening sockets, none where they could not be read."""
    return list(readings.outcomes["listeners"].value or ())


def _in_force(port: Port, readings: Readings, configured: Configured) -> InForce:
    label = f"location {port.address_type}"
    location = readings.outcomes[label].value
    number = _port_of(location[0]) if location else None
    if number is not None:
        return InForce(port, number, "Get-LicLocation", None)
    heard = listening(readings, configured).get(port.name)
    if heard is not None:
        return InForce(port, heard.port, "listener", None)
    return InForce(port, None, None, readings.problem(label) or f"{port.process} listens on no port.")


def _port_of(location: t.Any) -> int | None:
    """The port of a URL or of ``address:port`` (SDK page of Get-LicLocation)."""
    found = re.search(r":(\d{1,5})/?$", str(location))
    return int(found[1]) if found else None
