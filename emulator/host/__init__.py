# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Windows hosts with a License Server on each: the state behind the emulator's WinRM front."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from emulator.certificate import Key

from . import faults
from .builds import BUILDS, Build
from .fresh import fresh_server
from .growth import MEGABYTE, grow
from .layout import Layout
from .layouts import choose_layout, layout_of
from .ports import PortThread
from .reporting import show
from .server import LicenseServer
from .state import ServerState, load_state
from .store import write_bytes

__all__ = ["BUILDS", "MEGABYTE", "LicenseServer", "build_fleet", "faults", "grow", "layout_of", "show"]

_KEY_FILE, _PASSWORD_FILE = "license-server.key", "password"


def build_fleet(
    state_dir: Path,
    count: int,
    build: str,
    addresses: Sequence[str],
    layout: int | None = None,
    process_start: float = 0.0,
) -> list[LicenseServer]:
    """The servers ``ls001`` ... of a state folder, each made if it is not there yet. None is started.

    A server that is there keeps everything; if its build is another one, it has been upgraded in place. ``layout`` is
    the seed of the layout, None for the default one; ``process_start`` is how many seconds a process takes to start.
    ValueError for what is no build, too few addresses, and a layout
    that the servers that are there do not have.
    """
    chosen = Build.named(build)
    if len(addresses) < count:
        raise ValueError(f"{count} servers need as many addresses, and there are {len(addresses)}")
    state_dir.mkdir(parents=True, exist_ok=True)
    arranged = choose_layout(state_dir, layout)
    key, password, ports = Key.kept_in(state_dir / _KEY_FILE), _password(state_dir), PortThread()
    neighbours: dict[str, LicenseServer] = {}
    servers = []
    for number, address in enumerate(addresses[:count], start=1):
        folder = state_dir / "servers" / f"ls{number:03d}"
        state = _state(folder, number, chosen, address, key, arranged)
        server = LicenseServer(folder, state, address, password, ports, neighbours, arranged, process_start)
        servers.append(server)
        full_name = str(state.settings.server_info["HostName"]).lower()
        neighbours.update(dict.fromkeys((server.name, full_name, address), server))
    return servers


def _state(folder: Path, number: int, build: Build, address: str, key: Key, layout: Layout) -> ServerState:
    folder.mkdir(parents=True, exist_ok=True)
    try:
        state = load_state(folder)
    except FileNotFoundError:
        return fresh_server(folder, number, build, address, key, datetime.now(timezone.utc), layout)
    state.upgrade(build)
    state.settings.server_info["HostIP"] = address
    return state


def _password(state_dir: Path) -> str:
    path = state_dir / _PASSWORD_FILE
    if not path.exists():
        write_bytes(path, secrets.token_urlsafe(18).encode("ascii"))
        path.chmod(0o600)
    return path.read_text("ascii")
