# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One emulated License Server: its state on disk, its ports, and the agent's answers."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from emulator.certificate import thumbprint, tls_context
from emulator.winrm.session import Session

from .accounts import ADMINISTRATORS_SID, Account, Directory
from .agent import answer
from .clock import AdjustableClock
from .cmdlets import Connection
from .configuration import LOCALES, Configuration, signature
from .content import APACHE_CERTIFICATE, APACHE_KEY, Top, renewal_file
from .errors import OperationError
from .faults import StoredFaults
from .files import FileTree
from .firewall import Firewall
from .fresh import put_file
from .jobs import Jobs
from .layout import Layout
from .machine import Machine, Shell, Token, WorkFolder
from .people import DEPARTED, DOMAIN, DOMAIN_DNS, SERVICE_ACCOUNT, UNREACHABLE_DOMAIN, domain_accounts, local_accounts
from .ports import LoopbackPorts, PortThread
from .registry import FLEXLM_KEY, INSTALL_KEY, Registry, RegistryValue
from .remote_files import ProgramFiles
from .services import Listener, ServiceControl
from .settings import Renewal
from .snapin import SnapIn
from .state import INSTALL, MYFILES, ServerState, files_folder, install_folder
from .troubles import Troubles
from .web_services import Caller, WebServices

_SHELL = Shell(windows=True, edition="Desktop", version="5.1.20348.2400", bits=64, language_mode="FullLanguage")
_LOGON_SIDS = {"network": "S-1-5-2", "batch": "S-1-5-3", "interactive": "S-1-5-4", "service": "S-1-5-6"}
_EVERYONE, _AUTHENTICATED, _USERS = "S-1-1-0", "S-1-5-11", "S-1-5-32-545"
_THIS_COMPUTER = ("localhost", "127.0.0.1")
_WINDOWS = [Listener(port, "0.0.0.0", 4, "System") for port in (5985, 5986)]  # WinRM, which http.sys listens for

Neighbours = Mapping[str, "LicenseServer"]


class LicenseServer:
    """``AgentHost`` of one server. ``neighbours`` are the fleet's servers by lower-case host name and address.

    ``process_start`` is how many seconds a process takes to start.
    """

    def __init__(
        self,
        folder: Path,
        state: ServerState,
        address: str,
        password: str,
        ports: PortThread,
        neighbours: Neighbours,
        layout: Layout,
        process_start: float = 0.0,
    ) -> None:
        self._folder = folder
        self._state = state
        self._address = address
        self._password = password
        self._port_thread = ports
        self._neighbours = neighbours
        self._started = False
        self._jobs = Jobs(process_start)
        self._faults = StoredFaults(folder)
        self._mutex = threading.Lock()
        self._guard = threading.RLock()
        self._saving = threading.Lock()
        plain = Troubles(self._faults, lambda: "other")
        self._clock = AdjustableClock(plain.clock_offset, plain.clock_speed)
        self._files = FileTree(files_folder(folder), self._clock, plain, state.marks)
        self._work_folder = WorkFolder(state.work_folder)
        self._firewall = Firewall(state.firewall)
        self._network = LoopbackPorts(ports, address, self._tls)
        self._configuration = Configuration(layout, install_folder(folder), state.kept, self._publish)
        self._services = ServiceControl(
            state.services, _WINDOWS, self._clock, self._network, plain, self._configuration
        )

    @property
    def name(self) -> str:
        return f"ls{self._state.number:03d}"

    @property
    def computer(self) -> str:
        return self.name.upper()

    @property
    def address(self) -> str:
        return self._address

    @property
    def credentials(self) -> Mapping[str, str]:
        users = ("ansible", f"{self.computer}\\ansible", SERVICE_ACCOUNT)
        return dict.fromkeys(users, self._password)

    @property
    def files(self) -> ProgramFiles:
        return ProgramFiles(self._files)

    def tell_process_starts(self, tell: Callable[[], None]) -> None:
        self._jobs.on_start = tell

    def fault(self, name: str) -> object | None:
        value: object | None = self._faults.get(name)
        return value

    def spend_fault(self, name: str) -> None:
        if isinstance(self._faults.get(name), dict):
            self._faults.update(name, _counted_down)

    def start(self) -> None:
        """Open the ports of the services that run. OSError if somebody else has one of them."""
        if not self._started:
            self._port_thread.enter()
            self._started = True
            try:
                with self._guard:
                    self._switch_on()
            except OSError:
                self._switch_off()
                raise
            self._state.switched_on = True
            self.save()

    def stop(self) -> None:
        """End the jobs and close the ports; what services ran before run again at the next start."""
        self._jobs.end_all()
        if self._started:
            self._switch_off()
            self._state.switched_on = False
            self.save()

    def _switch_on(self) -> None:
        if self._state.switched_on:
            self._services.boot()  # it has not been switched off: its power was cut
        else:
            self._services.open_ports()

    def _switch_off(self) -> None:
        with self._guard:
            self._services.close_ports()
        self._started = False
        self._port_thread.leave()

    def run_agent(self, request: str, session: Session) -> str:
        """Answer one request. ValueError if nobody of the session's name can log on here."""
        return answer(self._machine(session), request)

    def _machine(self, session: Session) -> Machine:
        troubles = Troubles(self._faults, lambda: session.logon_type)
        directory = self._directory(troubles)
        token = self._token(session)
        touched = {self}
        gone = troubles.not_installed()
        return Machine(
            name=self.computer,
            domain_dns=DOMAIN_DNS,
            clock=self._clock,
            shell=Shell(**{**vars(_SHELL), **troubles.shell()}),
            token=token,
            files=self._files,
            registry=Registry([] if gone else self._registry()),
            services=ServiceControl([], [], self._clock, self._network, troubles) if gone else self._services,
            directory=directory,
            snapin=SnapIn(
                self._state.build.snapin_route,
                lambda address: self._connect(address, token, touched),
                self._locate,
                troubles,
            ),
            troubles=troubles,
            work_folder=self._work_folder,
            mutex=self._mutex,
            guard=self._guard,
            jobs=self._jobs,
            changed=lambda: _save_all(touched),
            firewall=self._firewall,
            reached=self._reach,
        )

    def _reach(self, step: int) -> None:
        """A step of a batch: everything is on disk, and this may be the end."""
        troubles = Troubles(self._faults, lambda: "other")
        if troubles.counts_steps():
            self._state.steps = step + 1
            self.save()
        troubles.strike(step)

    def save(self) -> None:
        """Put the state on disk as it is now."""
        with self._saving:
            self._state.work_folder = self._work_folder.state
            self._state.firewall = self._firewall.rules
            self._state.save(self._folder)

    def _directory(self, troubles: Troubles) -> Directory:
        deleted = {name.upper() for name in [*troubles.deleted_accounts(), DEPARTED]}
        everybody = [*local_accounts(self.computer, self._state.number), *domain_accounts()]
        left = [account for account in everybody if account.name.upper() not in deleted]
        return Directory(self.computer, left, DOMAIN, [UNREACHABLE_DOMAIN, *troubles.unreachable_domains()])

    def _token(self, session: Session) -> Token:
        account = self._account(session.user)
        own = (_EVERYONE, _AUTHENTICATED, _USERS, _LOGON_SIDS.get(session.logon_type, _LOGON_SIDS["network"]))
        groups = (*own, *account.member_of)
        return Token(account.name, account.sid, groups, ADMINISTRATORS_SID in groups)

    def _account(self, user: str) -> Account:
        """Who logs on. Log-on does not ask the domain anew: an unreachable controller does not end a session."""
        everybody = [*local_accounts(self.computer, self._state.number), *domain_accounts()]
        try:
            return Directory(self.computer, everybody, DOMAIN).by_name(user)
        except OperationError as error:
            raise ValueError(f"{self.name}: nobody of the name {user!r} can log on") from error

    def _registry(self) -> list[RegistryValue]:
        return [
            RegistryValue(32, INSTALL_KEY, "Version", "String", self._state.build.version),
            RegistryValue(32, INSTALL_KEY, "LS_Install_Dir", "String", f"{INSTALL}\\LS\\"),
            RegistryValue(32, FLEXLM_KEY, "License", "String", f"{MYFILES};"),
        ]

    def _connect(self, address: str, token: Token, touched: set[LicenseServer]) -> Connection | None:
        """The web service behind an admin address: this server's, or a neighbour's, which then counts as touched.

        The caller's account is passed on as it is, as if delegation were set up; the double hop is a fault of its own.
        """
        parts = urlsplit(address)
        server = self._find(parts.hostname or "")
        if server is None or parts.scheme != "https":
            return None
        touched.add(server)
        return server.web_connection(parts.port or 443, token)

    def web_connection(self, port: int, token: Token) -> Connection | None:
        """This server's web service for somebody's token, None if it does not listen on that port."""
        troubles = Troubles(self._faults, lambda: token.logon_type)
        if troubles.web_services_down() or not self._listens("httpd", port, troubles):
            return None
        web_services = WebServices(self._state.settings, self._directory(troubles), self._install_renewal)
        permissions = web_services.permissions_of([token.sid, *token.groups])
        return Connection(web_services, Caller(permissions), self._certificate_hash(), troubles)

    def _certificate_hash(self) -> str | None:
        try:
            return thumbprint(self._files.locate(f"{INSTALL}\\{APACHE_CERTIFICATE}").read_bytes())
        except (OSError, ValueError):
            return None

    def _locate(self, host: str, port: int) -> Mapping[str, str] | None:
        server = self._find(host)
        return None if server is None else server.locations(port)

    def locations(self, port: int) -> Mapping[str, str] | None:
        """The addresses that this server's License Server gives out on a port, None if it does not listen there."""
        listens = self._listens("lmadmin", port, Troubles(self._faults, lambda: "other"))
        return self._state.settings.locations if listens else None

    def _listens(self, process: str, port: int, troubles: Troubles) -> bool:
        listeners = {(one.process, one.port) for one in self._services.listeners()}
        return (process, port) in listeners and not troubles.not_installed()

    def _find(self, host: str) -> LicenseServer | None:
        return self if host.lower() in _THIS_COMPUTER else self._neighbours.get(host.lower())

    def _install_renewal(self, renewal: Renewal) -> None:
        now = self._clock.now()
        kept = self._state.kept
        ports = {name: int(value) for name, value in kept.in_force.items() if name.endswith("_port")}
        top = Top(self._configuration.layout.license_lines[0], self._full_name, ports)
        file = renewal_file(top, renewal, now)
        put_file(self._folder, file, now, self._state.marks)
        kept.signatures[file.path.rpartition("\\")[2].upper()] = signature(file.content)

    @property
    def _full_name(self) -> str:
        return str(self._state.settings.server_info["HostName"])

    def _publish(self) -> None:
        """Give out what is in force now."""
        in_force, settings, host = self._state.kept.in_force, self._state.settings, self._full_name
        settings.server_info["Locale"] = LOCALES[str(in_force["display_language"])]
        settings.locations = {
            "LS": f"{host}:{in_force['license_server_port']}",
            "VD": f"{host}:{in_force['vendor_daemon_port']}",
            "WSL": f"https://{host}:{in_force['web_services_port']}/",
        }

    def _tls(self) -> ssl.SSLContext:
        certificate, key = (self._files.locate(f"{INSTALL}\\{one}") for one in (APACHE_CERTIFICATE, APACHE_KEY))
        return tls_context(certificate, key)


def _save_all(servers: set[LicenseServer]) -> None:
    for server in servers:
        server.save()


def _counted_down(value: Any) -> Any:
    """What is left of a fault: None if nothing is. Another process may have cleared it a moment ago."""
    if not isinstance(value, dict):
        return value
    if int(value.get("after", 0)) > 0:
        return {**value, "after": int(value["after"]) - 1}
    if "times" not in value:
        return value
    left = int(value["times"]) - 1
    return {**value, "times": left} if left > 0 else None
