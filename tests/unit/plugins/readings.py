# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a License Server answers to the reads of a section, in few words."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._change_set import Readings
from ansible_collections.citrixfleet.licensing.plugins.module_utils._exchange import OperationError, Outcome
from ansible_collections.citrixfleet.licensing.plugins.module_utils._server import ServerFacts, parse_server
from ansible_collections.citrixfleet.licensing.plugins.module_utils._version import Version

SHELL = {
    "windows": True,
    "edition": "Desktop",
    "version": "5.1.20348.2400",
    "bits": 64,
    "language_mode": "FullLanguage",
}

OWN_SID = "S-1-5-21-1-2-3-1001"

SERVER_VALUE: dict[str, t.Any] = {
    "shell": SHELL,
    "host": {"name": "LS001", "domain": "corp.example", "clock": "2026-11-24T09:00:00.0000000Z"},
    "user": {
        "name": r"LS001\ansible",
        "sid": OWN_SID,
        "groups": ["S-1-5-32-544", "S-1-5-2"],
        "elevated": True,
        "logon_type": "network",
    },
    "installation": {
        "version": "11.17.2.0 build 53100",
        "install": r"C:\Program Files (x86)\Citrix\Licensing",
        "myfiles": r"C:\Program Files (x86)\Citrix\Licensing\MyFiles",
    },
    "services": [],
    "snapin": {"route": "module", "message": None},
    "admin_address": {"address": "https://localhost:8083", "certificate_hash": True, "error": None},
}

SERVER = parse_server(SERVER_VALUE)


def server(**changes: t.Any) -> ServerFacts:
    """The ordinary server with some facts changed; ``version`` as text."""
    if "version" in changes:
        changes["version"] = Version.parse(changes["version"])
    return dataclasses.replace(SERVER, **changes)


def readings(values: t.Mapping[str, t.Any], facts: ServerFacts = SERVER, blank: bool = False) -> Readings:
    """Readings of values by label; an :class:`OperationError` stands for a failed read."""
    outcomes = {
        label: Outcome(error=value) if isinstance(value, OperationError) else Outcome(value=value)
        for label, value in values.items()
    }
    return Readings(facts, blank, outcomes)


def cmdlet_error(status: str | None, message: str = "said by the cmdlet") -> OperationError:
    """A cmdlet that raised a LicensingAdminStatus."""
    return OperationError("cmdlet", message, {"status": status, "exception": "System.Exception", "step": "cmdlet"})
