# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An emulated server with the few calls that the tests of the host need."""

from __future__ import annotations

import itertools
import json
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emulator.host import LicenseServer, faults
from emulator.winrm.session import Session

BUILD = "11.17.2.0-53100"
_numbers = itertools.count(1)


def free_addresses(count: int) -> list[str]:
    """Loopback addresses on which nobody listens at the License Server's ports."""
    block = f"127.{200 + os.getpid() % 50}"
    candidates = (f"{block}.{number // 250 % 250}.{number % 250 + 1}" for number in _numbers)
    free = (address for address in candidates if all(_is_free(address, port) for port in (7279, 8083, 27000)))
    return list(itertools.islice(free, count))


def _is_free(address: str, port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


@dataclass
class Operated:
    """A server with the few calls that the tests need."""

    server: LicenseServer
    state_dir: Path
    session: Session = field(default_factory=lambda: Session("ansible"))

    def answer(self, *operations: dict[str, Any], **request: Any) -> dict[str, Any]:
        """The whole answer to a batch."""
        text = json.dumps({"v": 1, "ops": list(operations), **request})
        parsed: dict[str, Any] = json.loads(self.server.run_agent(text, self.session))
        return parsed

    def run(self, *operations: dict[str, Any]) -> list[Any]:
        """The values of a batch that must go well."""
        results = self.answer(*operations)["results"]
        assert [result.get("error") for result in results if not result["ok"]] == []
        return [result["value"] for result in results]

    def error(self, operation: dict[str, Any]) -> dict[str, Any]:
        """The error of an operation that must fail."""
        result = self.answer(operation)["results"][0]
        assert not result["ok"], result
        error: dict[str, Any] = result["error"]
        return error

    def read(self, cmdlet: str, *properties: str) -> list[Any]:
        """What a Get- cmdlet answers, property by property."""
        return [tuple(item.values()) for item in self.run(get(cmdlet, *properties))[0]]

    def fault(self, name: str, value: Any = True) -> None:
        faults.set_fault(self.state_dir, self.server.name, name, value)

    def listens(self, port: int) -> bool:
        with socket.socket() as client:
            client.settimeout(5)
            return client.connect_ex((self.server.address, port)) == 0


def cmdlet(name: str, **parameters: Any) -> dict[str, Any]:
    """An operation that runs a cmdlet."""
    return {"op": "cmdlet", "name": name, "parameters": parameters}


def get(name: str, *properties: str) -> dict[str, Any]:
    """An operation that reads some properties with a cmdlet."""
    return {"op": "cmdlet", "name": name, "select": list(properties)}


Fleet = Callable[..., list[Operated]]
