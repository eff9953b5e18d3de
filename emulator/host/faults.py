# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults: what goes wrong on demand. Kept in the state folder and read when needed.

A fault is a name and a JSON value. ``false`` and ``null`` clear it.

On the server (what is wrong with its web service is met by whoever manages it, from another server, too):

================================== ================================================================================
``snapin_missing``                 true
``web_services_down``              true: every cmdlet that asks it raises CommunicationError (the service runs on)
``web_services_refuse_network_logon`` true: AuthorizationFailed for a session with a network log-on
``certificate_untrusted``          true (CertificateVerificationFailed) or a status name, for all but Get-LicCertificate
``shell``                          object: overrides of the contract's ``shell`` facts, e.g. {"edition": "Core"}
``not_installed``                  true: no registry keys, services or files of a License Server, and at its
                                   address no web service: CommunicationError. The snap-in, an MSI of its own, stays
``cmdlet_error``                   {"New-LicAdministrator": {"status": "UnknownError", "takes_effect": false,
                                   "after": 1, "times": 1}}: ``after`` calls go well first, then ``times`` calls fail
                                   (left out: for ever)
``false_account_resolution_failure`` true: New-LicAdministrator adds the account and raises an error
``domain_unreachable``             true (CORP) or a list of domain names
``accounts_deleted``               list of account names: the name resolves no more, nor does the SID to a name
``disk_full``                      true
``access_denied``                  true, or a list of ends of Windows paths (``MyFiles\\CITRIX.opt``)
``service_fails_to_start``         a service name or a list of them
``service_slow``                   {"Citrix Licensing": 3}: seconds that its start takes
``clock_offset``                   seconds that the host's clock is ahead
``lock_held``                      true, or the seconds that the agent really waits before it answers ``busy``
                                   (true: one second at most, so that nobody waits for the emulator)
``refuse_cloud``                   true: Get-LicRenewals cannot reach citrix.com
================================== ================================================================================

On the way to it (the WinRM front's own; see ``AgentHost.fault``):

================================== ================================================================================
``drop_connection``                {"operation": "Send", "after": 1, "times": 1}: ``after`` operations of that name
                                   (left out: of any) are answered first, then ``times`` are carried out but not
                                   answered (left out: for ever)
``slow_answers``                   seconds before each HTTP answer
``refuse_log_in``                  true
================================== ================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from .snapin import PlannedError
from .store import locked, read_json, write_json

NAMES = frozenset(
    {
        "snapin_missing",
        "web_services_down",
        "web_services_refuse_network_logon",
        "certificate_untrusted",
        "shell",
        "not_installed",
        "cmdlet_error",
        "false_account_resolution_failure",
        "domain_unreachable",
        "accounts_deleted",
        "disk_full",
        "access_denied",
        "service_fails_to_start",
        "service_slow",
        "clock_offset",
        "lock_held",
        "refuse_cloud",
        "drop_connection",
        "slow_answers",
        "refuse_log_in",
    }
)
EMULATED_DOMAIN = "CORP"
_FILE = "faults.json"


class FaultSource(Protocol):
    """Where the active faults are."""

    def get(self, name: str) -> Any: ...

    def update(self, name: str, change: Callable[[Any], Any]) -> None:
        """Replace a fault's value by what ``change`` makes of it, with nobody between."""


class FixedFaults:
    """Faults that are given once, in memory."""

    def __init__(self, faults: Mapping[str, Any]) -> None:
        self._faults = dict(faults)

    def get(self, name: str) -> Any:
        return self._faults.get(name)

    def update(self, name: str, change: Callable[[Any], Any]) -> None:
        self._faults[name] = change(self._faults.get(name))


class StoredFaults:
    """The faults of one server in its state folder, re-read when the file has changed."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _FILE
        self._seen: tuple[int, int, int] | None = None
        self._faults: dict[str, Any] = {}

    def get(self, name: str) -> Any:
        return self.active().get(name)

    def active(self) -> dict[str, Any]:
        """All faults that are set: name to value."""
        try:
            status = self._path.stat()
            signature = (status.st_ino, status.st_mtime_ns, status.st_size)
            if signature != self._seen:
                self._faults, self._seen = read_json(self._path), signature
        except FileNotFoundError:
            self._faults, self._seen = {}, None
        return self._faults

    def update(self, name: str, change: Callable[[Any], Any]) -> None:
        with locked(self._path.with_suffix(".lock")):
            faults = dict(self.active())
            faults[name] = change(faults.get(name))
            write_json(self._path, {key: value for key, value in faults.items() if value not in (None, False)})

    def clear(self, name: str | None) -> None:
        """Clear one fault, or with None all of them."""
        with locked(self._path.with_suffix(".lock")):
            faults = {} if name is None else {key: value for key, value in self.active().items() if key != name}
            write_json(self._path, faults)


def set_fault(state_dir: Path, server: str, name: str, value: Any = True) -> None:
    """Set a fault on a server of a state folder, or on ``all``. ValueError for an unknown server or fault."""
    _check_name(name)
    for folder in _folders(state_dir, server):
        StoredFaults(folder).update(name, lambda old: value)


def clear_fault(state_dir: Path, server: str, name: str | None = None) -> None:
    """Clear one fault, or all of them. ValueError for an unknown server or fault."""
    if name is not None:
        _check_name(name)
    for folder in _folders(state_dir, server):
        StoredFaults(folder).clear(name)


def active_faults(state_dir: Path, server: str) -> dict[str, Any]:
    """The faults that are set on one server: name to value. ValueError for an unknown server."""
    return dict(StoredFaults(_folders(state_dir, server)[0]).active())


def _check_name(name: str) -> None:
    if name not in NAMES:
        raise ValueError(f"there is no fault {name!r}; there are {', '.join(sorted(NAMES))}")


def _folders(state_dir: Path, server: str) -> list[Path]:
    known = sorted(path for path in (state_dir / "servers").glob("*") if path.is_dir())
    wanted = [path for path in known if server in ("all", path.name)]
    if not wanted:
        raise ValueError(f"there is no server {server!r} in {state_dir}")
    return wanted


class Troubles:
    """The faults, asked as questions: what the facilities of the host want to know before they act."""

    def __init__(self, faults: FaultSource, logon_type: Callable[[], str]) -> None:
        self._faults = faults
        self._logon_type = logon_type

    def _set(self, name: str) -> bool:
        return bool(self._faults.get(name))

    def _names(self, name: str) -> list[str]:
        value = self._faults.get(name)
        return [value] if isinstance(value, str) else list(value) if isinstance(value, list) else []

    def shell(self) -> Mapping[str, Any]:
        return self._faults.get("shell") or {}

    def not_installed(self) -> bool:
        return self._set("not_installed")

    def clock_offset(self) -> float:
        return float(self._faults.get("clock_offset") or 0)

    def lock_wait(self, lock_timeout: float) -> float | None:
        """The seconds to wait in vain for the mutex, None if nobody else holds it."""
        value = self._faults.get("lock_held")
        if not value:
            return None
        return min(lock_timeout, 1.0 if value is True else float(value))

    def unreachable_domains(self) -> list[str]:
        everything = self._faults.get("domain_unreachable") is True
        return [EMULATED_DOMAIN] if everything else self._names("domain_unreachable")

    def deleted_accounts(self) -> list[str]:
        return self._names("accounts_deleted")

    def disk_full(self) -> bool:
        return self._set("disk_full")

    def access_denied(self, path: str) -> bool:
        if self._faults.get("access_denied") is True:
            return True
        return any(path.upper().endswith(end.upper()) for end in self._names("access_denied"))

    def start_fails(self, service: str) -> bool:
        return service.upper() in (name.upper() for name in self._names("service_fails_to_start"))

    def start_seconds(self, service: str) -> float:
        return float((self._faults.get("service_slow") or {}).get(service, 0))

    def snapin_missing(self) -> bool:
        return self._set("snapin_missing")

    def web_services_down(self) -> bool:
        return self._set("web_services_down")

    def log_on_refused(self) -> bool:
        return self._set("web_services_refuse_network_logon") and self._logon_type() == "network"

    def certificate_status(self) -> str | None:
        value = self._faults.get("certificate_untrusted")
        return "CertificateVerificationFailed" if value is True else value or None

    def cloud_refused(self) -> bool:
        return self._set("refuse_cloud")

    def false_account_resolution_failure(self) -> bool:
        return self._set("false_account_resolution_failure")

    def planned_error(self, cmdlet: str) -> PlannedError | None:
        """The error that this call of a cmdlet raises; counts the call."""
        struck: list[PlannedError] = []

        def count(plans: Any) -> Any:
            plan = dict((plans or {}).get(cmdlet, {}))
            if plan.get("after", 0) > 0:
                plan["after"] -= 1
            elif plan.get("times", 1) > 0:
                struck.append(PlannedError(plan.get("status"), bool(plan.get("takes_effect"))))
                if "times" in plan:
                    plan["times"] -= 1
            return {**(plans or {}), cmdlet: plan}

        if cmdlet in (self._faults.get("cmdlet_error") or {}):
            self._faults.update("cmdlet_error", count)
        return struck[0] if struck else None
