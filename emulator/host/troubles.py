# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The faults, asked as questions: what the facilities of the host want to know before they act."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.winrm.session import AgentEndedError

from .faults import FaultSource
from .files import DiskSpace
from .snapin import PlannedError

EMULATED_DOMAIN = "CORP"
_DISK_SIZE = 100 * 1024**3  # bytes


@dataclass(frozen=True)
class ForeignChange:
    """What somebody else appends to a file: its path below the install folder, and the bytes."""

    path: str
    appended: bytes


class Troubles:
    """The faults of one host, met by a session of some log-on type."""

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

    def clock_speed(self) -> float:
        return float(self._faults.get("fast_clock") or 1)

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

    def disk_space(self) -> DiskSpace | None:
        value = self._faults.get("disk_space")
        return DiskSpace(int(value["free"]), int(value.get("size", _DISK_SIZE))) if value else None

    def disk_full_after(self) -> int | None:
        """The bytes of an archive that still find room on the disk, None if all do."""
        value = self._faults.get("disk_full_after")
        return int(value["bytes"]) if value else None

    def archive_seconds(self) -> float:
        value = self._faults.get("job_slow")
        return float(value["seconds"]) if value else 0

    def job_killed(self, files: int) -> bool:
        """Whether a job's process ends now that an archive has so many files; once."""
        value = self._faults.get("job_killed")
        due = bool(value) and files >= (value.get("after_files", 0) if isinstance(value, dict) else 0)
        if due:
            self._faults.update("job_killed", lambda old: None)
        return due

    def access_denied(self, path: str) -> bool:
        if self._faults.get("access_denied") is True:
            return True
        return any(path.upper().endswith(end.upper()) for end in self._names("access_denied"))

    def start_fails(self, service: str) -> bool:
        return service.upper() in (name.upper() for name in self._names("service_fails_to_start"))

    def start_seconds(self, service: str) -> float:
        return float((self._faults.get("service_slow") or {}).get(service, 0))

    def ports_taken(self) -> list[int]:
        value = self._faults.get("port_taken")
        return [int(value["port"])] if value else []

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

    def counts_steps(self) -> bool:
        return self._set("count_steps")

    def strike(self, step: int) -> None:
        """Die at a step of a batch if a fault says so: this process, or (AgentEndedError) the agent's."""
        if self._is_due("power_cut", step):
            os.kill(os.getpid(), signal.SIGKILL)
        if self._is_due("agent_killed", step):
            raise AgentEndedError

    def _is_due(self, name: str, step: int) -> bool:
        value = self._faults.get(name)
        due = bool(value) and step == (value.get("after", 0) if isinstance(value, dict) else 0)
        if due:
            self._faults.update(name, lambda old: None)
        return due

    def foreign_change(self) -> ForeignChange | None:
        """What somebody else does just before a batch changes anything; once."""
        value = self._faults.get("changed_between")
        if not value:
            return None
        self._faults.update("changed_between", lambda old: None)
        return ForeignChange(value["path"], value["append"].encode())

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
