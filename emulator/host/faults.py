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
``port_taken``                     {"port": 27001}: a process named ``other`` listens on a port that is free
``clock_offset``                   seconds that the host's clock is ahead
``fast_clock``                     how many times as fast a wait on the host is over as its clock says, e.g. 100
``lock_held``                      true, or the seconds that the agent really waits before it answers ``busy``
                                   (true: one second at most, so that nobody waits for the emulator)
``refuse_cloud``                   true: Get-LicRenewals cannot reach citrix.com
``disk_space``                     {"free": bytes, "size": bytes}: what disk.space says and archive.create goes by
                                   before it begins (``size`` may be left out)
``disk_full_after``                {"bytes": n}: the disk is full when n bytes of an archive are written
``job_slow``                       {"seconds": n}: an archive takes so much longer, by the host's clock, with progress
                                   in between
``job_killed``                     {"after_files": n}: the process that makes an archive ends when it has dealt with n
                                   of its files; once
================================== ================================================================================

In the middle of a batch that changes something, each one once. Steps are the points at which it makes a difference to
die: step 0 before the first change, then one after each changing operation (those of ``undo``, too), one in each
``file.write`` and ``file.copy`` when the temporary file is written and has not replaced the target yet, and one between
two services that a ``service.stop`` stops or a ``service.start`` starts. They are numbered as they come.

================================== ================================================================================
``power_cut``                      {"after": n}: at step n of the next batch that has one, the whole emulator ends as by
                                   SIGKILL. When it runs again, its servers boot: services that start by themselves
                                   start from the files they find, the others are stopped
``agent_killed``                   {"after": n}: at step n the agent's process ends without an answer; nothing is
                                   undone, the mutex is free, and all else stays as it is
``changed_between``                {"path": "MyFiles\\\\CITRIX.opt", "append": "# changed\\r\\n"}: just before the first
                                   change, somebody else appends this to the file (below the install folder)
``count_steps``                    true: ``show`` says as ``steps`` how many the last batch that changes something has
                                   had. This one stays until it is cleared
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

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

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
        "port_taken",
        "clock_offset",
        "fast_clock",
        "lock_held",
        "refuse_cloud",
        "disk_space",
        "disk_full_after",
        "job_slow",
        "job_killed",
        "power_cut",
        "agent_killed",
        "changed_between",
        "count_steps",
        "drop_connection",
        "slow_answers",
        "refuse_log_in",
    }
)
_FILE = "faults.json"


#: A value for each fault that true means nothing for.
_EXAMPLES: Mapping[str, Any] = {
    "shell": {"edition": "Core"},
    "cmdlet_error": {"New-LicAdministrator": {"status": "UnknownError"}},
    "accounts_deleted": "CORP\\alice",
    "service_fails_to_start": "Citrix Licensing",
    "service_slow": {"Citrix Licensing": 3},
    "port_taken": {"port": 27001},
    "clock_offset": 60,
    "fast_clock": 100,
    "power_cut": {"after": 10},
    "agent_killed": {"after": 10},
    "changed_between": {"path": "MyFiles\\CITRIX.opt", "append": "# changed\r\n"},
    "disk_space": {"free": 1000},
    "disk_full_after": {"bytes": 1000},
    "job_slow": {"seconds": 5},
    "job_killed": {"after_files": 3},
    "drop_connection": {"operation": "Send", "after": 1, "times": 1},
    "slow_answers": 1,
}


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
    _check_value(name, value)
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


def _check_value(name: str, value: Any) -> None:
    """ValueError for a value of the wrong kind, with an example of the right one."""
    example = _EXAMPLES.get(name)
    if example is None or value in (None, False):
        return
    kinds = (int, float) if isinstance(example, int) else (str, list) if isinstance(example, str) else (dict,)
    if isinstance(value, bool) or not isinstance(value, kinds):
        raise ValueError(f"the fault {name} needs a value, such as {json.dumps(example)}")


def _check_name(name: str) -> None:
    if name not in NAMES:
        raise ValueError(f"there is no fault {name!r}; there are {', '.join(sorted(NAMES))}")


def _folders(state_dir: Path, server: str) -> list[Path]:
    known = sorted(path for path in (state_dir / "servers").glob("*") if path.is_dir())
    wanted = [path for path in known if server in ("all", path.name)]
    if not wanted:
        raise ValueError(f"there is no server {server!r} in {state_dir}")
    return wanted
