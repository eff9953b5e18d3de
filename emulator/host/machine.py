# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Windows computer as one session sees it: the facilities that the agent's operations act on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from .accounts import Directory
from .clock import Clock
from .files import FileTree
from .firewall import Firewall
from .jobs import Jobs
from .registry import FLEXLM_KEY, INSTALL_KEY, Registry
from .services import ServiceControl
from .snapin import SnapIn
from .troubles import Troubles

WEB_SERVICE = "CitrixWebServicesforLicensing"
LICENSE_SERVICE = "Citrix Licensing"
SUPPORT_SERVICE_NAMES = ("CtxLSPortSvc", "CitrixLicensingSupportService")
WMI_SERVICE = "Citrix_GTLicensingProv"
KNOWN_SERVICES = (LICENSE_SERVICE, WEB_SERVICE, *SUPPORT_SERVICE_NAMES, WMI_SERVICE)
PROGRAM_DATA = "C:\\ProgramData"

_LOGON_TYPES = {"S-1-5-2": "network", "S-1-5-3": "batch", "S-1-5-4": "interactive", "S-1-5-6": "service"}


@dataclass(frozen=True)
class Shell:
    """The engine that the agent's text runs in."""

    windows: bool
    edition: str
    version: str
    bits: int
    language_mode: str

    def refusal(self) -> str | None:
        """Why the agent does not work here, None if it does: a ``reason`` of the contract."""
        if not self.windows:
            return "not_windows"
        if self.edition != "Desktop":
            return "edition"
        if not self.version.startswith("5.1"):
            return "version"
        if self.bits != 64:
            return "bits"
        return None if self.language_mode == "FullLanguage" else "language_mode"


@dataclass(frozen=True)
class Token:
    """Who runs the agent: account, its groups' identifiers, and whether its role Administrator is enabled."""

    name: str
    sid: str
    groups: tuple[str, ...]
    elevated: bool

    @property
    def logon_type(self) -> str:
        return next((_LOGON_TYPES[sid] for sid in self.groups if sid in _LOGON_TYPES), "other")


@dataclass(frozen=True)
class Installation:
    """Where the License Server is, as the registry says: version text and absolute folders."""

    version: str
    install: str
    myfiles: str


@dataclass
class WorkFolder:
    """The state of the agent's own folder: None, ``ours``, ``foreign_owner``, ``loose`` or ``link``."""

    state: str | None = None


@dataclass
class Machine:
    """Everything that an operation can reach.

    ``mutex`` is the agent's named one, held for a whole batch; ``guard`` keeps two sessions' operations apart;
    ``changed`` is called after each operation that may have changed something; ``reached`` at each step of a batch (see
    :mod:`.faults`), with its number, and does not return if that is the end: AgentEndedError.
    """

    name: str
    domain_dns: str | None
    clock: Clock
    shell: Shell
    token: Token
    files: FileTree
    registry: Registry
    services: ServiceControl
    directory: Directory
    snapin: SnapIn
    troubles: Troubles
    work_folder: WorkFolder
    firewall: Firewall
    mutex: threading.Lock = field(default_factory=threading.Lock)
    guard: threading.RLock = field(default_factory=threading.RLock)
    jobs: Jobs = field(default_factory=Jobs)
    changed: Callable[[], None] = lambda: None
    reached: Callable[[int], None] = lambda step: None

    def installation(self) -> Installation | None:
        """The License Server's registry values (32-bit view), None if one of the two needed is missing."""
        version = self.registry.value(32, INSTALL_KEY, "Version")
        folder = self.registry.value(32, INSTALL_KEY, "LS_Install_Dir")
        if version is None or folder is None:
            return None
        install = folder.rstrip("\\").rpartition("\\")[0]
        listed = (self.registry.value(32, FLEXLM_KEY, "License") or "").split(";", maxsplit=1)[0].rstrip("\\")
        return Installation(version, install, listed or f"{install}\\MyFiles")

    def web_port(self) -> int:
        """8083 if the web service listens there or nowhere, else the lowest port it listens on."""
        service = self.services.find(WEB_SERVICE)
        owners = service.process_ids() if service else set()
        ports = {listener.port for listener in self.services.listeners() if listener.process_id in owners}
        return 8083 if not ports or 8083 in ports else min(ports)
