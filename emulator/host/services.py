# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Windows services, the processes they own and the ports these listen on."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from .clock import Clock, parse, round_trip
from .errors import OperationError

RUNNING, STOPPED = "Running", "Stopped"
_FIRST_PROCESS_ID, _PROCESS_ID_STEP = 4000, 4  # Windows gives multiples of four
_STRANGER = 3100
_ANY_ADDRESS = "0.0.0.0"


class BadConfigurationError(Exception):
    """Why a service cannot use what its files say."""


class PortTakenError(Exception):
    """A port that a service wants is another process's, or the service wants it twice."""


@dataclass
class Process:
    """A process below a service's own one."""

    process_id: int
    name: str


@dataclass(frozen=True)
class Listener:
    """A listening TCP socket. ``process`` is the name without ``.exe``."""

    port: int
    address: str
    process_id: int
    process: str


@dataclass
class Service:
    """One service. ``listens`` says what its processes open when it runs: (process name, address, port)."""

    name: str
    display_name: str
    state: str
    start_mode: str
    process_id: int | None
    account: str
    start_time: str | None
    depends_on: list[str] = field(default_factory=list)
    children: list[Process] = field(default_factory=list)
    on_start: str = "runs"
    on_stop: str = "stops"
    program: str = "svchost"
    child_programs: list[str] = field(default_factory=list)
    listens: list[tuple[str, str, int]] = field(default_factory=list)
    ready_at: str | None = None

    def process_ids(self) -> set[int]:
        own = set() if self.process_id is None else {self.process_id}
        return own | {child.process_id for child in self.children}


class Network(Protocol):
    """Where listening ports are really opened. ``open`` raises OSError where the port cannot be had."""

    def open(self, port: int, process: str) -> None: ...

    def close(self, port: int) -> None: ...


class NoNetwork:
    """A host whose ports exist on paper only."""

    def open(self, port: int, process: str) -> None:
        """Nothing to open."""

    def close(self, port: int) -> None:
        """Nothing to close."""


class StartTrouble(Protocol):
    """Why a service may not start: it fails, takes some seconds, or finds its port taken. Asked each time."""

    def start_fails(self, service: str) -> bool: ...

    def start_seconds(self, service: str) -> float: ...

    def ports_taken(self) -> list[int]: ...


class Programs(Protocol):
    """What the services' programs do when they start and stop."""

    def starting(self, service: Service) -> list[tuple[str, str, int]]:
        """What the program will listen on: (process name, address, port). Raises BadConfigurationError."""

    def started(self, service: Service) -> None:
        """The service runs."""

    def stopped(self, service: Service) -> None:
        """The service was told to stop and did."""


class PlainPrograms:
    """Programs that read no configuration, and listen where they always did."""

    def starting(self, service: Service) -> list[tuple[str, str, int]]:
        return service.listens

    def started(self, service: Service) -> None:
        """Nothing to note."""

    def stopped(self, service: Service) -> None:
        """Nothing to do."""


class ServiceControl:
    """The service control manager: starts and stops services, and knows who listens."""

    def __init__(
        self,
        services: Sequence[Service],
        other_listeners: Sequence[Listener],
        clock: Clock,
        network: Network,
        trouble: StartTrouble,
        programs: Programs | None = None,
    ) -> None:
        self._services = list(services)
        self._other_listeners = list(other_listeners)
        self._clock = clock
        self._network = network
        self._trouble = trouble
        self._programs = programs or PlainPrograms()
        self._opened: set[int] = set()

    def all(self) -> list[Service]:
        """Every service; one whose slow start is over by now is running."""
        for service in self._services:
            if service.ready_at is not None and parse(service.ready_at) <= self._clock.now():
                with contextlib.suppress(OperationError):
                    self._run(service)
        return self._services

    def find(self, name: str) -> Service | None:
        return next((service for service in self.all() if service.name.upper() == name.upper()), None)

    def get(self, name: str) -> Service:
        """The service of that name; OperationError ``not_found``."""
        service = self.find(name)
        if service is None:
            raise OperationError("not_found", f"Cannot find any service with service name '{name}'.", name=name)
        return service

    def running_dependants(self, service: Service) -> list[Service]:
        """The services that need this one and run, the deepest first."""
        found: list[Service] = []
        for other in self.all():
            if service.name in other.depends_on and other.state != STOPPED:
                found += [one for one in [*self.running_dependants(other), other] if one not in found]
        return found

    def listeners(self) -> list[Listener]:
        """All listening sockets, by port and address."""
        found = [listener for service in self.all() for listener in _listeners_of(service)]
        return sorted([*found, *self._strangers()], key=lambda listener: (listener.port, listener.address))

    def _strangers(self) -> list[Listener]:
        free = [port for port in self._trouble.ports_taken() if port not in self._opened]
        return [*self._other_listeners, *(Listener(port, _ANY_ADDRESS, _STRANGER, "other") for port in free)]

    def stop(self, service: Service, until: float) -> None:
        """Stop one service, its processes and its ports; ``until`` is the number of seconds it may take."""
        if service.on_stop == "hangs":
            service.state = "StopPending"
            self._clock.sleep(until)
            raise OperationError("timeout", f"{service.name} did not stop in time.", name=service.name)
        if service.state == RUNNING:
            self._close(service)
        _mark_stopped(service)
        self._programs.stopped(service)

    def start(self, service: Service, until: float) -> None:
        """Start one service and wait for it; ``until`` is the number of seconds it may take."""
        self._start_needed(service, lambda needed: self.start(needed, until))
        self._refuse_start(service)
        seconds = self._trouble.start_seconds(service.name)
        if service.on_start == "hangs" or seconds > until:
            self._start_pending(service, None if service.on_start == "hangs" else seconds)
            self._clock.sleep(until)
            raise OperationError("timeout", f"{service.name} did not start in time.", name=service.name)
        self._clock.sleep(seconds)
        self._run(service)

    def _start_needed(self, service: Service, start: Callable[[Service], None]) -> None:
        for name in service.depends_on:
            needed = self.find(name)
            if needed is not None and needed.state == STOPPED:
                start(needed)

    def _refuse_start(self, service: Service) -> None:
        if service.start_mode == "Disabled" or service.on_start == "fails" or self._trouble.start_fails(service.name):
            raise _cannot_start(service)

    def open_ports(self) -> None:
        """Start anew what ran (the host is switched on). A service that cannot run any more is stopped.

        OSError if it cannot because another program of this computer has its port.
        """
        for service in self.all():
            if service.state == RUNNING:
                try:
                    self._open(service)
                except OSError as error:
                    if error.errno == errno.EADDRINUSE:
                        raise
                    _mark_stopped(service)
                except (BadConfigurationError, PortTakenError):
                    _mark_stopped(service)

    def boot(self) -> None:
        """Start what starts by itself, from the files as they are; all else is stopped. Nothing ran until now.

        OSError if a service cannot because another program of this computer has its port.
        """
        for service in self._services:
            _mark_stopped(service)
        for service in self._services:
            if service.start_mode == "Auto" and service.state == STOPPED:
                with contextlib.suppress(OperationError):
                    self._start_at_boot(service)

    def _start_at_boot(self, service: Service) -> None:
        # Nobody waits for a slow one: a host is there when its services are.
        self._start_needed(service, self._start_at_boot)
        self._refuse_start(service)
        try:
            self._run(service)
        except OperationError as error:
            cause = error.__cause__
            if isinstance(cause, OSError) and cause.errno == errno.EADDRINUSE:
                raise OSError(cause.errno, cause.strerror) from error
            raise

    def close_ports(self) -> None:
        """Close all ports and leave the services' states as they are (the host is switched off)."""
        for port in list(self._opened):
            self._network.close(port)
        self._opened.clear()

    def _start_pending(self, service: Service, seconds: float | None) -> None:
        service.state = "StartPending"
        if seconds is not None:
            service.ready_at = round_trip(self._clock.now() + timedelta(seconds=seconds))

    def _open(self, service: Service) -> None:
        """Read the configuration and open all ports that it names, or none.

        OSError, BadConfigurationError, PortTakenError.
        """
        listens = self._programs.starting(service)
        ports = [port for _process, _address, port in listens]
        taken = self._opened | {listener.port for listener in self._strangers()}
        if len(set(ports)) < len(ports) or taken & set(ports):
            raise PortTakenError
        service.listens = listens
        try:
            for process, _address, port in listens:
                self._network.open(port, process)
                self._opened.add(port)
        except OSError:
            self._close(service)
            raise
        self._programs.started(service)

    def _close(self, service: Service) -> None:
        for _process, _address, port in service.listens:
            self._network.close(port)
            self._opened.discard(port)

    def _run(self, service: Service) -> None:
        service.ready_at = None
        try:
            self._open(service)
        except (OSError, BadConfigurationError, PortTakenError) as error:
            _mark_stopped(service)
            raise _cannot_start(service) from error
        service.process_id = self._new_process_id()
        service.children = []
        for name in service.child_programs:
            service.children.append(Process(self._new_process_id(), name))
        service.state = RUNNING
        service.start_time = round_trip(self._clock.now())

    def _new_process_id(self) -> int:
        used = {process_id for service in self._services for process_id in service.process_ids()}
        return max(used, default=_FIRST_PROCESS_ID) + _PROCESS_ID_STEP


def _listeners_of(service: Service) -> list[Listener]:
    if service.state != RUNNING or service.process_id is None:
        return []
    by_name = {child.name: child.process_id for child in service.children}
    return [
        Listener(port, address, by_name.get(process, service.process_id), process)
        for process, address, port in service.listens
    ]


def _mark_stopped(service: Service) -> None:
    service.state, service.process_id, service.start_time, service.ready_at = STOPPED, None, None, None
    service.children = []


def _cannot_start(service: Service) -> OperationError:
    return OperationError(
        "service", f"Cannot start service {service.name} on computer '.'.", name=service.name, state=service.state
    )
