# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""The proxy server that the License Server uses to reach Citrix (page: Server Configuration)."""

from __future__ import annotations

import dataclasses
import ipaddress
import re
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._change_set import ChangeSet, Observation, Readings
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import (
    Operation,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._profile import LEGAL_PORTS, PROXY, Profile
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

SETTINGS = (PROXY,)

_SHAPE = re.compile(r"(?P<host>\[[^\]]*\]|[^:\[\]]+):(?P<port>[1-9][0-9]{0,4}|0)")
_HOST_NAME = re.compile(r"(?!-)[\w-]{1,63}(?<!-)(\.(?!-)[\w-]{1,63}(?<!-))*\.?", re.ASCII)
_FORM = "give it as host:port, such as proxy.corp.example:8080 or [2001:db8::1]:8080"


@dataclasses.dataclass(frozen=True)
class Desired:
    """``wanted`` None is no proxy; ``asked`` False leaves the proxy as it is."""

    asked: bool
    wanted: str | None
    profile: Profile


_OPTIONS: t.Mapping[str, t.Any] = {
    "proxy": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


class _Section:
    name = "proxy"
    needs_server = True
    options = _OPTIONS

    def desired(self, options: t.Mapping[str, t.Any]) -> Desired:
        """See :class:`Section`; refuses what is not ``host:port``, and says what the page does not take."""
        profile = options.get("profile") or Profile()
        address = options.get("proxy")
        if options.get("state") == "absent":
            if address is not None:
                raise LicenseError("proxy and state=absent exclude each other: absent means that no proxy is used.")
            return Desired(True, None, profile)
        return Desired(address is not None, check_address(address) if address is not None else None, profile)

    def reads(self, desired: Desired) -> dict[str, Operation]:
        """The files of the rows, and the listening sockets."""
        return stored_reads(SETTINGS, desired.profile)

    def observe(self, desired: Desired, readings: Readings) -> Observation:
        """See :class:`Section`."""
        located = locate(PROXY, desired.profile, readings)
        notes = {"interfaces": describe_rows([located]), "unreadable": unreadable([located])}
        return Observation({"proxy": located.shown}, notes)

    def plan(self, desired: Desired, readings: Readings) -> ChangeSet:
        """See :class:`Section`; without a row, or with a place that is not as it says, a change is refused."""
        located = locate(PROXY, desired.profile, readings)
        before = {"proxy": located.shown}
        after = {"proxy": desired.wanted}
        if readings.blank:
            return ChangeSet(before, after if desired.asked else before)
        if not desired.asked or _same(located, desired):
            return ChangeSet(before, before)
        edits = write_edits(located, desired.wanted)
        return ChangeSet(before, after, rewrite=rewrite([located], edits, readings), warnings=doubts([located]))


SECTION = _Section()


def check_address(address: str) -> str:
    """A proxy as the page takes it.

    :raises LicenseError: a scheme, credentials, or anything but ``host:port``.
    """
    if "://" in address:
        raise LicenseError(f"proxy begins with a scheme; the License Server takes none: {_FORM}.")
    if "@" in address:
        raise LicenseError(f"proxy has a user name; the License Server has no place for one: {_FORM}.")
    found = _SHAPE.fullmatch(address)
    if found is None:
        raise LicenseError(f"proxy is {address!r}; {_FORM}.")
    if int(found["port"]) not in LEGAL_PORTS:
        raise LicenseError(f"proxy has the port {found['port']}; a port is a number from 1 to 65535.")
    if not _is_host(found["host"]):
        raise LicenseError(f"proxy has {found['host']!r}, which is neither a host name nor an address; {_FORM}.")
    return address


def _is_host(host: str) -> bool:
    try:
        if host.startswith("["):
            return ipaddress.ip_address(host[1:-1]).version == 6 and "%" not in host
        if re.fullmatch(r"[0-9.]+", host):
            return ipaddress.ip_address(host).version == 4
    except ValueError:
        return False
    return _HOST_NAME.fullmatch(host) is not None


def _same(located: Located, desired: Desired) -> bool:
    """Whether the proxy is set already; host names do not depend on case."""
    if located.stored is None or located.value is None or desired.wanted is None:
        return located.stored is not None and located.value == desired.wanted
    return str(located.value).casefold() == desired.wanted.casefold()
