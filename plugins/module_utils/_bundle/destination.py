# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""What a support bundle is called on the controller."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._server import ServerFacts

#: The name of a bundle in a folder.
DEFAULT_NAME = "{host}-{date}-{build}.zip"

_PLACEHOLDER = re.compile(r"\{(\w*)\}")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclasses.dataclass(frozen=True)
class Names:
    """What the placeholders of ``dest`` stand for."""

    host: str
    date: str
    build: str

    @classmethod
    def of(cls, inventory_name: str, server: ServerFacts) -> Names:
        """From the host's name in the inventory, and the server's clock and build. Nothing in them leads elsewhere."""
        build = str(server.version.build) if server.version else "unknown"
        return cls(_plain(inventory_name), re.sub(r"[-:]|\..*", "", server.clock or "") + "Z", build)


def check_template(dest: str) -> None:
    """:raises LicenseError: ``dest`` is empty, or has a placeholder that does not exist."""
    if not dest.strip():
        raise LicenseError("dest is empty; give a folder, or a path with {host}, {date} and {build}.")
    for name in _PLACEHOLDER.findall(dest):
        if name not in ("host", "date", "build"):
            raise LicenseError(f"dest has the placeholder {{{name}}}; there are {{host}}, {{date}} and {{build}}.")


def fill(template: str, names: Names) -> str:
    """The path for a template."""
    return _PLACEHOLDER.sub(lambda found: str(getattr(names, found[1])), template)


def pattern_of(template: str, names: Names) -> t.Pattern[str]:
    """Matches the paths of earlier bundles of the same host, whatever their date and build."""
    parts = re.split(r"(\{\w*\})", template)
    wild = {"{host}": re.escape(names.host), "{date}": r"\d{8}T\d{6}Z", "{build}": r"\w+"}
    return re.compile("".join(wild.get(part, re.escape(part)) for part in parts))


def _plain(name: str) -> str:
    return _UNSAFE.sub("_", name).strip("._") or "host"
