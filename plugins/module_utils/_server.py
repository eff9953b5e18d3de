# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""What the agent's ``server`` operation says, as one value."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._version import Version

#: Names of the two services that every License Server has (public scripts; the names in Citrix' own pages).
LICENSE_SERVICE = "Citrix Licensing"
WEB_SERVICE = "CitrixWebServicesforLicensing"

#: Where they write, below the install folder (settings page, "Support Bundle", the table of files of high importance).
LICENSE_LOGS = r"LS\logs"
WEB_LOGS = r"WebServicesForLicensing\Logs"

#: All services of the License Server that were seen, under the names of all builds; the agent describes these.
SERVICES = (LICENSE_SERVICE, WEB_SERVICE, "CtxLSPortSvc", "CitrixLicensingSupportService", "Citrix_GTLicensingProv")


@dataclasses.dataclass(frozen=True)
class Service:
    """One Windows service of the License Server; ``state`` and ``start_mode`` in Windows' own words."""

    name: str
    display_name: str
    state: str
    start_mode: str
    process_id: int | None
    account: str | None
    start_time: str | None


@dataclasses.dataclass(frozen=True)
class ServerFacts:
    """The host, the account that the task runs as, and the License Server on it.

    ``version_text`` and ``version`` are None where no License Server is installed on the host, ``version`` also where
    the text is of an unknown form. ``clock`` is the host's, ISO 8601 in UTC.
    """

    shell: t.Mapping[str, t.Any]
    host: str | None = None
    domain: str | None = None
    clock: str | None = None
    user: str | None = None
    user_sid: str | None = None
    user_groups: frozenset[str] = frozenset()
    logon_type: str | None = None
    installed: bool = False
    version_text: str | None = None
    version: Version | None = None
    install_folder: str | None = None
    license_folder: str | None = None
    services: tuple[Service, ...] = ()
    snapin_route: str | None = None
    address: str | None = None

    def service(self, *names: str) -> Service | None:
        """The service with one of these names, compared as Windows does."""
        wanted = {name.casefold() for name in names}
        return next((service for service in self.services if service.name.casefold() in wanted), None)

    def seen_from_elsewhere(self, version_text: str | None) -> ServerFacts:
        """The facts that hold for another License Server, which was asked through ``admin_address``.

        Its version is its own; services, folders and local groups of this host are not its.
        """
        return dataclasses.replace(
            self,
            version_text=version_text,
            version=Version.parse(version_text),
            services=(),
            install_folder=None,
            license_folder=None,
            user_groups=frozenset(sid for sid in self.user_groups if not sid.startswith("S-1-5-32-")),
        )


def parse_server(value: t.Mapping[str, t.Any]) -> ServerFacts:
    """Read the value of a ``server`` operation (docs/agent-contract.md)."""
    host = value.get("host") or {}
    user = value.get("user") or {}
    installation = value.get("installation") or {}
    snapin = value.get("snapin") or {}
    address = value.get("admin_address") or {}
    return ServerFacts(
        shell=value.get("shell") or {},
        host=host.get("name"),
        domain=host.get("domain"),
        clock=host.get("clock"),
        user=user.get("name"),
        user_sid=user.get("sid"),
        user_groups=frozenset(user.get("groups") or ()),
        logon_type=user.get("logon_type"),
        installed=bool(installation),
        version_text=installation.get("version"),
        version=Version.parse(installation.get("version")),
        install_folder=installation.get("install"),
        license_folder=installation.get("myfiles"),
        services=tuple(Service(**service) for service in value.get("services") or ()),
        snapin_route=snapin.get("route"),
        address=address.get("address"),
    )
