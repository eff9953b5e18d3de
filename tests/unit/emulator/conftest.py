# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Emulated License Servers for the tests of the emulator's host."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.host import LicenseServer, build_fleet
from tests.unit.emulator.operated import BUILD, Fleet, Operated, free_addresses


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """Makes and starts servers of the test's state folder; a second call finds what the first one left."""
    started: list[LicenseServer] = []

    def make(count: int = 1, build: str = BUILD, layout: int | None = None) -> list[Operated]:
        for server in started:
            server.stop()
        started[:] = build_fleet(tmp_path, count, build, free_addresses(count), layout)
        for server in started:
            server.start()
        return [Operated(server, tmp_path) for server in started]

    yield make
    for server in started:
        server.stop()


@pytest.fixture
def server(fleet: Fleet) -> Operated:
    """One fresh server."""
    return fleet()[0]
