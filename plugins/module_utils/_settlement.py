# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""A change of files that was interrupted: found by its manifest, and taken back by the next run.

The old files go back wherever they, or the new ones, still are what the manifest says; a file that somebody else has
changed since is left alone, and told.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._change_set import RuleMove
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import (
    ANY_ERROR,
    Expectation,
    FileCopy,
    FileDelete,
    FileRead,
    FirewallRead,
    FirewallWrite,
    FolderDelete,
    Operation,
    Outcome,
    ServiceStart,
    ServiceStop,
    tolerant,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._server import ServerFacts
from ansible_collections.citrixfleet.licensing.plugins.module_utils._transaction import (
    BACKUPS,
    MANIFEST,
    start_order,
    stop_order,
)

READ_MANIFEST = FileRead("work", MANIFEST)


@dataclasses.dataclass(frozen=True)
class ManifestFile:
    """One file of an interrupted change: SHA-256 before and after, and its copy in the work folder."""

    root: str
    path: str
    old: str
    new: str
    backup: str


@dataclasses.dataclass(frozen=True)
class Interrupted:
    """An interrupted change, as its manifest tells it; ``sha256`` is the manifest's own."""

    sha256: str
    identifier: str
    services: tuple[str, ...]
    running: tuple[str, ...]
    files: tuple[ManifestFile, ...]
    rules: tuple[RuleMove, ...]

    def describe(self) -> str:
        """One clause for messages."""
        paths = ", ".join(file.path for file in self.files) or "no file"
        return f"a change of {paths} that was interrupted ({self.identifier})"

    def reads(self) -> tuple[Operation, ...]:
        """The files as they are now, then the firewall rules where some were to move."""
        ports = tuple(
            sorted({int(port) for rule in self.rules for port in (*rule.before, *rule.after) if port.isdecimal()})
        )
        firewall = (FirewallRead(ports),) if self.rules else ()
        files = (FileRead(file.root, file.path) for file in self.files)
        return tuple(map(tolerant, (*files, *firewall)))


@dataclasses.dataclass(frozen=True)
class Settlement:
    """The batch that takes an interrupted change back, and the files that it leaves alone."""

    operations: tuple[Operation, ...]
    left: tuple[str, ...]


def find_interrupted(outcome: Outcome) -> Interrupted | None:
    """The interrupted change that the read of the manifest tells of, None if there is none.

    :raises LicenseError: the manifest is not one.
    """
    value = outcome.value if outcome.error is None else None
    if not value or not value["exists"]:
        return None
    try:
        document = json.loads(base64.b64decode(value["content"]))
        return Interrupted(
            sha256=value["sha256"],
            identifier=str(document["identifier"]),
            services=tuple(map(str, document["services"])),
            running=tuple(map(str, document["running"])),
            files=tuple(ManifestFile(**file) for file in document["files"]),
            rules=tuple(RuleMove(rule["name"], tuple(rule["old"]), tuple(rule["new"])) for rule in document["rules"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise LicenseError(
            f"The work folder of the server has a {MANIFEST} of an interrupted change that cannot be read ({error}). "
            rf"Nothing was changed. Compare the server's files with the copies beside it, then delete {MANIFEST}."
        ) from error


def settle(change: Interrupted, outcomes: t.Sequence[Outcome], server: ServerFacts, timeout: int) -> Settlement:
    """Plan to take an interrupted change back.

    :param outcomes: of :meth:`Interrupted.reads`, in their order.
    :param timeout: seconds for each stop and start of the services.
    """
    found = [outcome.value["sha256"] if outcome.value else None for outcome in outcomes[: len(change.files)]]
    ours = [
        (file, now)
        for file, now in zip(change.files, found, strict=True)
        if now is not None and now in (file.old, file.new)
    ]
    left = tuple(file.path for file, now in zip(change.files, found, strict=True) if now not in (file.old, file.new))
    running = {service.name.casefold() for service in server.services if service.state == "Running"}
    stop = stop_order(name for name in change.services if name.casefold() in running)
    start = start_order(dict.fromkeys((*(name for name in change.services if name in change.running), *change.running)))
    operations: list[Operation] = [dataclasses.replace(READ_MANIFEST, expect=Expectation({"sha256": change.sha256}))]
    if stop:
        operations.append(ServiceStop(stop, timeout))
    for file, now in ours:
        operations.append(FileCopy("work", file.backup, file.old, file.root, file.path, now))
    operations += _rules_back(change, outcomes)
    if start:
        operations.append(ServiceStart(start, timeout))
    operations.append(FileDelete("work", MANIFEST, change.sha256))
    if not left:
        operations.append(FolderDelete(f"{BACKUPS}\\{change.identifier}", tolerate=(ANY_ERROR,)))
    return Settlement(tuple(operations), left)


def _rules_back(change: Interrupted, outcomes: t.Sequence[Outcome]) -> list[Operation]:
    """The firewall rules that have the new ports get the old ones again."""
    answered = outcomes[len(change.files)].value if change.rules else None
    now = {rule["name"].casefold(): set(rule["local_ports"]) for rule in answered or ()}
    return [
        FirewallWrite(rule.name, rule.before, rule.after)
        for rule in change.rules
        if now.get(rule.name.casefold()) == set(rule.after)
    ]
