# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""Version and build of a License Server.

Written in many spellings: ``11.17.2.0 build 42000`` in the registry, ``v11.11.0.0 build 106800 i86_n3`` in
``Get-LicServerInfo``, ``11.16.6.0. build 35000`` in uploads (facts: registry value ``Version``, SDK pages, compliance
fields). The build is what decides: one version had more than ten of them.
"""

from __future__ import annotations

import dataclasses
import re

_VERSION = re.compile(r"v?(?P<version>\d+(?:\.\d+){1,3})\.?\s+build\s+(?P<build>\d+)", re.IGNORECASE)


@dataclasses.dataclass(frozen=True, order=True)
class Version:
    """Four numbers and a build, ordered as Citrix releases are."""

    numbers: tuple[int, int, int, int]
    build: int = 0

    @classmethod
    def parse(cls, text: str | None) -> Version | None:
        """Read any of the spellings; None where the text is none of them."""
        found = _VERSION.match(text.strip()) if text else None
        if found is None:
            return None
        numbers = [int(part) for part in found["version"].split(".")] + [0, 0, 0]
        return cls((numbers[0], numbers[1], numbers[2], numbers[3]), int(found["build"]))

    @property
    def dotted(self) -> str:
        """The version without the build, as ``11.17.2.0``."""
        return ".".join(str(number) for number in self.numbers)

    def __str__(self) -> str:
        return f"{self.dotted} build {self.build}" if self.build else self.dotted
