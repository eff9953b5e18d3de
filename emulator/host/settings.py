# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Web Services for Licensing keeps: accounts, options, renewals. Plain values, with no behaviour of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

FULL, READ_ONLY = "Full", "ReadOnly"


@dataclass
class Administrator:
    """One account that may use the License Server; ``permissions`` is ``Full`` or ``ReadOnly``."""

    account: str
    sid: str
    group: bool
    permissions: str


@dataclass
class UsageSamples:
    """Historical use: interval in minutes, retention in days, times as round-trip texts of unspecified kind."""

    enabled: bool
    polling_interval: int | None
    retention_period: int | None
    earliest: str | None
    latest: str | None


@dataclass(frozen=True)
class Renewal:
    """A Customer Success Services renewal that Citrix offers; the date is a round-trip text."""

    fulfillment_id: str
    product_name: str
    serial_number: str
    success_services_date: str
    quantity: int


class CeipStore(Protocol):
    """Where the CEIP option is kept, in the spelling that ``Get-LicCEIPOption`` answers (``Diag``)."""

    def read(self) -> str: ...

    def write(self, option: str) -> None: ...


@dataclass
class CeipInMemory:
    """A CEIP option that is kept nowhere but here."""

    option: str

    def read(self) -> str:
        return self.option

    def write(self, option: str) -> None:
        self.option = option


@dataclass
class Settings:
    """All of it. ``inventory``, ``server_info`` and ``locations`` are given out as they stand."""

    administrators: list[Administrator]
    ceip: CeipStore
    renewal_option: str
    usage_samples: UsageSamples
    renewals: list[Renewal]
    inventory: list[dict[str, object]] = field(default_factory=list)
    server_info: dict[str, object] = field(default_factory=dict)
    locations: dict[str, str] = field(default_factory=dict)
