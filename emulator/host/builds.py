# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The builds of the License Server that can be emulated, and what is known to differ between them."""

from __future__ import annotations

from dataclasses import dataclass

_SUPPORT_SERVICE_SEEN = "CtxLSPortSvc"  # in a check script for 11.17.2.0 build 42000
_SUPPORT_SERVICE_QUERIED = "CitrixLicensingSupportService"  # in scripts of 2025 and 2026, unconfirmed


@dataclass(frozen=True)
class Build:
    """One build. Which service alias and which way of loading the snap-in belongs to which build is not documented.

    The emulator makes both vary, so that nothing can rely on one of them.
    """

    name: str
    support_service: str
    snapin_route: str

    @property
    def version(self) -> str:
        """The text of the registry value ``Version``: ``11.17.2.0 build 53100``."""
        return self.name.replace("-", " build ")

    @staticmethod
    def named(name: str) -> Build:
        """The build of that name (``11.17.2.0-53100``); ValueError if there is none."""
        for build in BUILDS:
            if build.name == name:
                return build
        raise ValueError(f"there is no build {name!r}; there are {', '.join(build.name for build in BUILDS)}")


BUILDS = (
    Build("11.16.6.0-34000", _SUPPORT_SERVICE_SEEN, "snapin"),
    Build("11.17.2.0-42000", _SUPPORT_SERVICE_SEEN, "module"),
    Build("11.17.2.0-43000", _SUPPORT_SERVICE_QUERIED, "snapin"),
    Build("11.17.2.0-53100", _SUPPORT_SERVICE_QUERIED, "module"),
)
