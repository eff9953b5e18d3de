# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""A support bundle in plain values: what is wished for, where, what was found, and what was made."""

from __future__ import annotations

import dataclasses
import hmac
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.selection import LogLimits, Selection
from ansible_collections.citrixfleet.licensing.plugins.module_utils._server import ServerFacts


@dataclasses.dataclass(frozen=True)
class Wish:
    """What is asked for. ``reserve`` in bytes stays free on the server, ``job_timeout`` in seconds is for the job."""

    limits: LogLimits
    include_private_keys: bool
    pseudonym_key: str | None
    reserve: int
    job_timeout: int

    def fingerprint(self) -> dict[str, t.Any]:
        """What decides the content of a bundle, for the manifest; of the key what does not tell it."""
        key = self.pseudonym_key
        digest = hmac.new(key.encode(), b"citrixfleet.licensing bundle", "sha256").hexdigest()[:16] if key else None
        return {
            "log_days": self.limits.days,
            "log_size": self.limits.size,
            "private_keys": self.include_private_keys,
            "pseudonyms": digest,
        }


@dataclasses.dataclass(frozen=True)
class Surroundings:
    """The controller, as the flow sees it.

    ``owner`` names this run, ``is_gone`` says of an owner's name whether that run is known to have ended.
    ``identifier`` names the job, ``agent_text`` is the agent's text for the job's process. ``report`` shows progress:
    what is done, bytes, and bytes of all.
    """

    owner: str
    identifier: str
    agent_text: str
    is_gone: t.Callable[[str], bool]
    now: t.Callable[[], float]
    sleep: t.Callable[[float], None]
    report: t.Callable[[str, int, int], None]
    reconnect: t.Callable[[], None]


@dataclasses.dataclass(frozen=True)
class Found:
    """What a look at the server told: the server, what would be collected, free bytes, and jobs that nobody wants."""

    server: ServerFacts
    selection: Selection
    free: int | None
    abandoned: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Made:
    """The archive that a job has made: bytes, SHA-256 of the whole, its manifest, and how long it took, in seconds."""

    size: int
    sha256: str
    manifest: t.Mapping[str, t.Any]
    collect_seconds: float = 0.0
    fetch_seconds: float = 0.0


class Sink(t.Protocol):
    """Where the bytes go on the controller."""

    def write(self, content: bytes, /) -> object:
        """Add bytes at the end."""
