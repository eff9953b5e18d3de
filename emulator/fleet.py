# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many emulated servers in one process: addresses, hosts, WinRM listeners, counters, and the control connection.

``Fleet`` lives in an event loop; ``with running(options) as fleet`` gives it one, in a thread of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import Protocol

from emulator import addresses, inventory
from emulator.certificate import winrm_context
from emulator.control import ControlServer, ask
from emulator.host import build_fleet
from emulator.host.store import read_json, write_json
from emulator.loop import event_loop
from emulator.winrm.server import Listener, WinRmServer
from emulator.winrm.session import AgentHost
from emulator.winrm.statistics import Statistics

DEFAULT_BUILD = "11.17.2.0-53100"
_PORTS = {"http": 5985, "https": 5986}
_STATISTICS = "statistics.json"
_NETWORK = "network.json"


class CannotStartError(Exception):
    """Why a fleet cannot run, in words for the user."""


class FleetHost(AgentHost, Protocol):
    """A host that also has the License Server's own ports."""

    def start(self) -> None:
        """Open them. Raises OSError if one is taken."""

    def stop(self) -> None:
        """Close those that are open, also after a start that failed."""


HostBuilder = Callable[[Path, int, str, Sequence[str]], Sequence[FleetHost]]
"""Makes the hosts of a state folder: folder, count, build, their addresses. Raises ValueError for what is no build."""


@dataclass(frozen=True)
class FleetOptions:
    """What `python -m emulator run` is told.

    ``network`` None: the block used last time, else a free one. ``layout`` None: the default layout, else its seed.
    ``process_start`` is how many seconds a process takes to start on the servers.
    """

    servers: int
    state: Path
    build: str = DEFAULT_BUILD
    transport: str = "ntlm"
    scheme: str = "http"
    network: IPv4Network | None = None
    layout: int | None = None
    process_start: float = 0.0


class Fleet:
    """Servers ``ls001``, ``ls002``, ... of one state folder."""

    def __init__(self, options: FleetOptions, build_hosts: HostBuilder | None = None) -> None:
        self.options = options
        self._build_hosts = build_hosts or functools.partial(
            build_fleet, layout=options.layout, process_start=options.process_start
        )
        self.hosts: list[FleetHost] = []
        self.listeners: dict[str, WinRmServer] = {}
        self._claimed: addresses.ClaimedNetwork | None = None
        self._control = ControlServer(options.state, self._answer)

    async def start(self) -> None:
        """Listen everywhere. Raises CannotStartError, with nothing left behind."""
        options = self.options
        options.state.mkdir(parents=True, exist_ok=True)
        if ask(options.state, {"command": "ping"}) is not None:
            raise CannotStartError(f"an emulator is running on {options.state} already")
        try:
            self._claimed = addresses.claim(options.servers, options.network, _last_network(options.state))
            write_json(options.state / _NETWORK, {"network": str(self._claimed.network)})
            await self._start_servers(self._claimed.addresses(options.servers))
        except (CannotStartError, addresses.NetworkTakenError, ValueError, OSError) as error:
            await self.stop()
            raise CannotStartError(str(error)) from error
        await self._control.start()

    async def stop(self) -> None:
        """Close everything and keep the counters. Calls of an agent that are running end in their own time."""
        await self._control.stop()
        await asyncio.gather(*(listener.stop() for listener in self.listeners.values()))
        for host in self.hosts:
            host.stop()
        if len(self.listeners) == self.options.servers:
            self.statistics()
        if self._claimed is not None:
            self._claimed.release()

    def inventory(self) -> list[inventory.Entry]:
        """How Ansible reaches the servers, each with its first account."""
        entries = []
        for host in self.hosts:
            user, password = next(iter(host.credentials.items()))
            port, options = _PORTS[self.options.scheme], self.options
            entries.append(
                inventory.Entry(host.name, host.address, port, options.scheme, options.transport, user, password)
            )
        return entries

    def statistics(self, reset: bool = False) -> dict[str, object]:
        """The counters as `stats` prints them; with ``reset`` they are at nought afterwards. Kept on disk, too."""
        document = _statistics_document(self.listeners)
        if reset:
            for listener in self.listeners.values():
                listener.statistics = Statistics()
        write_json(self.options.state / _STATISTICS, _statistics_document(self.listeners))
        return document

    async def _start_servers(self, server_addresses: Sequence[str]) -> None:
        options = self.options
        hosts = self._build_hosts(options.state, options.servers, options.build, server_addresses)
        folder = options.state / "winrm"
        listener = Listener(
            port=_PORTS[options.scheme],
            tls=winrm_context(folder) if options.scheme == "https" else None,
            basic=options.transport == "basic",
            allow_unencrypted=options.transport == "basic",
            process_start=options.process_start,
        )
        counted = _stored_statistics(options.state)
        for host in hosts:
            self.hosts.append(host)
            try:
                host.start()
            except OSError as error:
                raise CannotStartError(f"{host.name} cannot listen on {host.address}: {error}") from error
            server = WinRmServer(host, listener, folder, counted.get(host.name))
            await server.start()
            self.listeners[host.name] = server

    def _answer(self, request: dict[str, object]) -> dict[str, object]:
        if request.get("command") == "stats":
            return self.statistics(reset=request.get("reset") is True)
        return {}


def statistics(state: Path, reset: bool = False) -> dict[str, object]:
    """The counters of the emulator that runs on a state folder, or of the one that ran last."""
    running_now = ask(state, {"command": "stats", "reset": reset})
    if running_now is not None:
        return running_now
    stored = _stored_statistics(state)
    if reset:
        write_json(state / _STATISTICS, {"servers": {name: Statistics().as_json() for name in stored}})
    return {"servers": {name: counted.as_json() for name, counted in stored.items()}}


@contextlib.contextmanager
def running(options: FleetOptions, build_hosts: HostBuilder | None = None) -> Iterator[Fleet]:
    """Run a fleet in a thread for the length of a ``with``. Raises CannotStartError."""
    fleet = Fleet(options, build_hosts)
    with event_loop() as loop:
        asyncio.run_coroutine_threadsafe(fleet.start(), loop).result()
        try:
            yield fleet
        finally:
            asyncio.run_coroutine_threadsafe(fleet.stop(), loop).result()


def _statistics_document(listeners: dict[str, WinRmServer]) -> dict[str, object]:
    return {"servers": {name: listener.statistics.as_json() for name, listener in listeners.items()}}


def _stored_statistics(state: Path) -> dict[str, Statistics]:
    try:
        document = read_json(state / _STATISTICS)
    except FileNotFoundError:
        return {}
    return {name: Statistics(**counted) for name, counted in document["servers"].items()}


def _last_network(state: Path) -> IPv4Network | None:
    try:
        return IPv4Network(read_json(state / _NETWORK)["network"])
    except FileNotFoundError:
        return None
