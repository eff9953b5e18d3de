# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Time as the host sees it: UTC, written the way .NET's round-trip format does."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Protocol

_ROUND_TRIP = re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.(\d{1,7}))?(Z|[+-]\d{2}:\d{2})?")
_TICKS_PER_SECOND = 10_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Clock(Protocol):
    """What the host asks about time. Waiting goes through here so that a case need not really wait."""

    def now(self) -> datetime: ...

    def sleep(self, seconds: float) -> None: ...


class FixedClock:
    """A clock that stands still, and jumps where somebody waits."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


class SystemClock:
    """This computer's clock."""

    def now(self) -> datetime:
        return datetime.now(timezone.utc)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class AdjustableClock(SystemClock):
    """This computer's clock, ``offset`` seconds ahead. Whoever waits finds it ``speed`` times as fast; both are asked.

    The time that a fast wait gains stays gained, so that every deadline on the host is met as it would have been.
    """

    def __init__(self, offset: Callable[[], float], speed: Callable[[], float]) -> None:
        self._offset = offset
        self._speed = speed
        self._gained = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self._offset() + self._gained)

    def sleep(self, seconds: float) -> None:
        really = seconds / self._speed()
        super().sleep(really)
        with self._lock:
            self._gained += seconds - really


def round_trip(moment: datetime) -> str:
    """``2026-11-24T09:00:00.0000000Z``: seven decimals, ``Z`` for UTC and nothing for an unspecified kind."""
    text = moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0"
    return text if moment.tzinfo is None else text + "Z"


def parse(text: str) -> datetime:
    """The moment that a round-trip text names, to the microsecond. ValueError if it is not one."""
    match = _ROUND_TRIP.fullmatch(text)
    if match is None:
        raise ValueError(f"not a round-trip date: {text!r}")
    day, clock, fraction, zone = match.groups()
    moment = datetime.fromisoformat(f"{day}T{clock}.{(fraction or '0').ljust(6, '0')[:6]}")
    if zone is None:
        return moment
    return moment.replace(tzinfo=timezone.utc) if zone == "Z" else datetime.fromisoformat(moment.isoformat() + zone)


def normalise(text: str) -> str:
    """A date text with or without decimals, as the round-trip format would write it."""
    match = _ROUND_TRIP.fullmatch(text)
    if match is None:
        raise ValueError(f"not a date: {text!r}")
    day, clock, fraction, zone = match.groups()
    return f"{day}T{clock}.{(fraction or '').ljust(7, '0')}{zone or ''}"


def from_nanoseconds(nanoseconds: int) -> str:
    """A file time (nanoseconds since 1970) in round-trip format, to Windows' 100 nanoseconds."""
    seconds, ticks = divmod(nanoseconds // 100, _TICKS_PER_SECOND)
    moment = _EPOCH + timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{ticks:07d}Z"


def to_nanoseconds(text: str) -> int:
    """The inverse of :func:`from_nanoseconds`."""
    canonical = normalise(text)
    whole = parse(canonical[:19] + "Z") - _EPOCH
    return (whole.days * 86400 + whole.seconds) * 1_000_000_000 + int(canonical[20:27]) * 100
