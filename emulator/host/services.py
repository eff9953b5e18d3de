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
    """Why a service may not start: it fails, or takes some seconds. Asked each time."""

    def start_fails(self, service: str) -> bool: ...

    def start_seconds(self, service: str) -> float: ...


class ServiceControl:
    """The service control manager: starts and stops services, and knows who listens."""

    def __init__(
        self,
        services: Sequence[Service],
        other_listeners: Sequence[Listener],
        clock: Clock,
        network: Network,
        trouble: StartTrouble,
        configured_well: Callable[[str], bool] = lambda service: True,
    ) -> None:
        self._services = list(services)
        self._other_listeners = list(other_listeners)
        self._clock = clock
        self._network = network
        self._trouble = trouble
        self._configured_well = configured_well

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
        found = list(self._other_listeners)
        for service in self.all():
            found += _listeners_of(service)
        return sorted(found, key=lambda listener: (listener.port, listener.address))

    def stop(self, service: Service, until: float) -> None:
        """Stop one service, its processes and its ports; ``until`` is the number of seconds it may take."""
        if service.on_stop == "hangs":
            service.state = "StopPending"
            self._clock.sleep(until)
            raise OperationError("timeout", f"{service.name} did not stop in time.", name=service.name)
        for _process, _address, port in service.listens:
            self._network.close(port)
        _mark_stopped(service)

    def start(self, service: Service, until: float) -> None:
        """Start one service and wait for it; ``until`` is the number of seconds it may take."""
        for name in service.depends_on:
            needed = self.find(name)
            if needed is not None and needed.state == STOPPED:
                self.start(needed, until)
        if service.start_mode == "Disabled" or service.on_start == "fails" or self._trouble.start_fails(service.name):
            raise _cannot_start(service)
        if not self._configured_well(service.name):
            raise _cannot_start(service)
        seconds = self._trouble.start_seconds(service.name)
        if service.on_start == "hangs" or seconds > until:
            self._start_pending(service, None if service.on_start == "hangs" else seconds)
            self._clock.sleep(until)
            raise OperationError("timeout", f"{service.name} did not start in time.", name=service.name)
        self._clock.sleep(seconds)
        self._run(service)

    def open_ports(self) -> None:
        """Open the ports of what runs (the host is switched on). A service that cannot run any more is stopped.

        OSError if it cannot because another program has its port.
        """
        for service in self.all():
            if service.state == RUNNING:
                try:
                    self._open(service)
                except OSError as error:
                    if error.errno == errno.EADDRINUSE:
                        raise
                    _mark_stopped(service)

    def close_ports(self) -> None:
        """Close all ports and leave the services' states as they are (the host is switched off)."""
        for service in self._services:
            for _process, _address, port in service.listens:
                self._network.close(port)

    def _start_pending(self, service: Service, seconds: float | None) -> None:
        service.state = "StartPending"
        if seconds is not None:
            service.ready_at = round_trip(self._clock.now() + timedelta(seconds=seconds))

    def _open(self, service: Service) -> None:
        """Open all ports of a service, or none: OSError."""
        opened: list[int] = []
        try:
            for process, _address, port in service.listens:
                self._network.open(port, process)
                opened.append(port)
        except OSError:
            for port in opened:
                self._network.close(port)
            raise

    def _run(self, service: Service) -> None:
        service.ready_at = None
        try:
            self._open(service)
        except OSError as error:
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
