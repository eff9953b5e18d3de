# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""The proxy server that the License Server uses to reach Citrix (page: Server Configuration)."""

from __future__ import annotations

import ipaddress
import re
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._profile import LEGAL_PORTS, PROXY, Value
from ansible_collections.citrixfleet.licensing.plugins.module_utils._settings._stored_section import StoredSection

_SHAPE = re.compile(r"(?P<host>\[[^\]]*\]|[^:\[\]]+):(?P<port>[1-9][0-9]{0,4}|0)")
_HOST_NAME = re.compile(r"(?!-)[\w-]{1,63}(?<!-)(\.(?!-)[\w-]{1,63}(?<!-))*\.?", re.ASCII)
_FORM = "give it as host:port, such as proxy.corp.example:8080 or [2001:db8::1]:8080"


_OPTIONS: t.Mapping[str, t.Any] = {
    "proxy": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def _wanted(options: t.Mapping[str, t.Any]) -> dict[str, Value | None]:
    """The proxy asked for, None for no proxy.

    :raises LicenseError: it is not ``host:port``, or both a proxy and none.
    """
    address = options.get("proxy")
    if options.get("state") == "absent":
        if address is not None:
            raise LicenseError("proxy and state=absent exclude each other: absent means that no proxy is used.")
        return {PROXY.name: None}
    return {} if address is None else {PROXY.name: check_address(address)}


SECTION = StoredSection("proxy", (PROXY,), _OPTIONS, _wanted)


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
