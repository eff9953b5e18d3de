# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The builds of the License Server that are known, and what is known to differ between them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

_NAME = re.compile(r"[0-9]+(\.[0-9]+){3}-[0-9]+")
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
        """The build of that name (``11.17.2.0-53100``); ValueError if it is not of the form VERSION-BUILD.

        One that is not in :data:`BUILDS` is like the newest of those before it, else like the oldest: the emulator's
        own choice, to try what is done with servers that are too old or newer than any known.
        """
        if not _NAME.fullmatch(name):
            known = ", ".join(build.name for build in BUILDS)
            raise ValueError(f"{name!r} is no build: VERSION-BUILD, as in {known}")
        older = [build for build in BUILDS if _order(build.name) <= _order(name)]
        return replace((older or BUILDS[:1])[-1], name=name)


def _order(name: str) -> list[int]:
    return [int(number) for number in re.split("[.-]", name)]


BUILDS = (
    Build("11.16.6.0-34000", _SUPPORT_SERVICE_SEEN, "snapin"),
    Build("11.17.2.0-42000", _SUPPORT_SERVICE_SEEN, "module"),
    Build("11.17.2.0-43000", _SUPPORT_SERVICE_QUERIED, "snapin"),
    Build("11.17.2.0-53100", _SUPPORT_SERVICE_QUERIED, "module"),
)
