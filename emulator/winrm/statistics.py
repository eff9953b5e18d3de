# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Counters of one server, as `python -m emulator stats` prints them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field


@dataclass
class Statistics:
    """Counted since the last reset.

    ``http_requests`` includes those that only log on, ``operations`` (WS-Management, by name) does not.
    ``module_calls`` are calls of our private module and ``module_payload`` is the size of the last one's standard
    input in bytes. ``process_starts`` are the processes that Commands start, and agents by themselves. ``bytes_in`` and
    ``bytes_out`` are whole HTTP messages, without TLS.
    """

    http_requests: int = 0
    operations: dict[str, int] = field(default_factory=dict)
    module_calls: int = 0
    module_payload: int = 0
    process_starts: int = 0
    bytes_in: int = 0
    bytes_out: int = 0

    def count_operation(self, name: str) -> None:
        self.operations[name] = self.operations.get(name, 0) + 1

    def count_process_start(self) -> None:
        self.process_starts += 1

    def count_module_call(self, payload: int) -> None:
        self.module_calls += 1
        self.module_payload = payload

    def as_json(self) -> dict[str, object]:
        return asdict(self)
