# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""What belongs in a support bundle: the folders of the settings page, and which of their files are taken.

Source: settings page, "Support Bundle", the table of files of high importance.
"""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.clock import moment
from ansible_collections.citrixfleet.licensing.plugins.module_utils._exchange import Outcome
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import FileList, Operation, tolerant
from ansible_collections.citrixfleet.licensing.plugins.module_utils._server import LICENSE_LOGS, WEB_LOGS

MEBIBYTE = 1024 * 1024


@dataclasses.dataclass(frozen=True)
class Source:
    """One row of the page's table: a folder, or one file of it (``pattern``).

    ``printed`` is what the page prints, where that is not the folder below its root.
    """

    root: str
    folder: str
    pattern: str = "*"
    logs: bool = False
    printed: str | None = None

    @property
    def title(self) -> str:
        """The row in the page's spelling."""
        return self.printed or (self.folder if self.recurse else f"{self.folder}\\{self.pattern}")

    @property
    def recurse(self) -> bool:
        """Whether the whole tree below the folder is meant."""
        return self.pattern == "*"


SOURCES = (
    Source("install", r"LS\conf"),
    Source("install", LICENSE_LOGS, logs=True),
    Source("install", r"LS\resource\cache"),
    Source("install", r"LS\resource\Historical"),
    Source("install", r"LS\resource\usage"),
    # The folder is the one that the registry names.
    Source("myfiles", "", printed=r"LS\MyFiles"),
    Source("install", "WebServicesForLicensing", pattern="SimpleLicenseServiceConfig.xml"),
    Source("install", r"WebServicesForLicensing\Apache\conf"),
    Source("install", WEB_LOGS, logs=True),
)


@dataclasses.dataclass(frozen=True)
class LogLimits:
    """Which logs are taken: those written in the last ``days``, and of these the newest ``size`` bytes; None: all."""

    days: int | None
    size: int | None


@dataclasses.dataclass(frozen=True)
class Member:
    """A file that belongs in the bundle; ``entry`` is its name in the zip."""

    root: str
    path: str
    size: int
    modified: str

    @property
    def entry(self) -> str:
        """As archive.create names it (docs/agent-contract.md)."""
        name = self.path.replace("\\", "/")
        return f"MyFiles/{name}" if self.root == "myfiles" else name


@dataclasses.dataclass(frozen=True)
class LeftOut:
    """A file, or a folder of the table, that is not taken."""

    path: str
    reason: str
    message: str

    def to_json(self) -> dict[str, str]:
        """As manifests and results have it."""
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True)
class Selection:
    """What is taken and what is not."""

    members: tuple[Member, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def size(self) -> int:
        """Bytes of all members, before compression."""
        return sum(member.size for member in self.members)


def list_sources() -> dict[str, Operation]:
    """The reads, by the title of the source."""
    return {
        source.title: tolerant(FileList(source.root, source.folder, pattern=source.pattern, recurse=source.recurse))
        for source in SOURCES
    }


def select(listed: t.Mapping[str, Outcome], limits: LogLimits, clock: str) -> Selection:
    """Choose the files of a bundle.

    :param listed: the answers of :func:`list_sources`, by title.
    :param clock: the server's time, ISO 8601 in UTC.
    """
    left_out = [
        LeftOut(source.title, *_why(listed[source.title])) for source in SOURCES if not listed[source.title].value
    ]
    members: list[Member] = []
    logs: list[Member] = []
    for source in SOURCES:
        for item in listed[source.title].value or ():
            found = Member(source.root, item["path"], item["size"] or 0, item["modified"])
            if item["size"] is None:
                left_out.append(LeftOut(found.entry, "path_too_long", "Windows cannot look into a folder this deep"))
            else:
                (logs if source.logs else members).append(found)
    kept, dropped = _limit(logs, limits, clock)
    return Selection((*members, *kept), (*left_out, *dropped))


def _why(outcome: Outcome) -> tuple[str, str]:
    """Reason and message for a source that has no files."""
    if outcome.error is None:
        return "missing", "there is no such folder or file, or it has nothing in it"
    return outcome.error.kind, outcome.error.message or "it could not be listed"


def missing_sources(entries: t.Collection[str]) -> list[str]:
    """The rows of the page's table, in its spelling, of which nothing is among the names in a zip."""
    names = [name.casefold() for name in entries]
    return [source.title for source in SOURCES if not any(name.startswith(_prefix(source)) for name in names)]


def _prefix(source: Source) -> str:
    if source.root == "myfiles":
        return "myfiles/"
    folder = source.folder.replace("\\", "/").casefold()
    return f"{folder}/" if source.recurse else f"{folder}/{source.pattern.casefold()}"


def _limit(logs: t.Sequence[Member], limits: LogLimits, clock: str) -> tuple[list[Member], list[LeftOut]]:
    """The logs that the limits let through, and the others."""
    kept, dropped = [], []
    room = limits.size
    oldest = _days_before(clock, limits.days) if limits.days is not None and clock else ""
    for log in sorted(logs, key=lambda member: member.modified, reverse=True):
        if log.modified < oldest:
            dropped.append(LeftOut(log.entry, "too_old", f"not written in the last {limits.days} days"))
        elif room is not None and log.size > room:
            dropped.append(LeftOut(log.entry, "size_limit", "it does not fit into the size for logs, the newest first"))
            room = 0
        else:
            kept.append(log)
            room = room - log.size if room is not None else None
    return kept, dropped


def _days_before(clock: str, days: int) -> str:
    """The time some days before another; times of the agent compare as texts."""
    return f"{(moment(clock) - datetime.timedelta(days=days)).isoformat()}.0000000Z"
