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
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._exchange import Outcome, Request, Undo
from ansible_collections.citrixfleet.licensing.plugins.module_utils._explain import explain
from ansible_collections.citrixfleet.licensing.plugins.module_utils._manifest import (
    KEPT_MANIFEST,
    MANIFEST,
    Manifest,
    ManifestFile,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import (
    ANY_ERROR,
    ANYTHING,
    Expectation,
    FileCopy,
    FileDelete,
    FileRead,
    FirewallRead,
    FirewallWrite,
    FolderDelete,
    Operation,
    ServiceStart,
    ServiceStop,
    tolerant,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._server import ServerFacts
from ansible_collections.citrixfleet.licensing.plugins.module_utils._transaction import start_order, stop_order

READ_MANIFEST = FileRead("work", MANIFEST)

#: What the agent writes beside a file before it takes the file's place (docs/agent-contract.md).
TEMPORARY_SUFFIX = ".citrixfleet.tmp"


@dataclasses.dataclass(frozen=True)
class Interrupted:
    """An interrupted change, as its manifest tells it; ``sha256`` is the manifest's own."""

    sha256: str
    manifest: Manifest

    def describe(self) -> str:
        """One clause for messages."""
        paths = ", ".join(file.path for file in self.manifest.files) or "no file"
        return f"a change of {paths} that was interrupted, or could not be taken back ({self.manifest.identifier})"

    def reads(self) -> dict[str, Operation]:
        """The files as they are, what a write may have left beside them, the copies, and rules that may have moved."""
        reads: dict[str, Operation] = {}
        for file in self.manifest.files:
            reads[f"now {file.path}"] = FileRead(file.root, file.path)
            reads[f"temporary {file.path}"] = FileRead(file.root, f"{file.path}{TEMPORARY_SUFFIX}")
            reads[f"copy {file.path}"] = FileRead("work", file.backup)
        rules = self.manifest.rules
        if rules:
            ports = {int(port) for rule in rules for port in (*rule.before, *rule.after) if port.isdecimal()}
            reads["rules"] = FirewallRead(tuple(sorted(ports)))
        return {label: tolerant(read) for label, read in reads.items()}


@dataclasses.dataclass(frozen=True)
class Settlement:
    """The batch that takes an interrupted change back, and the files that it leaves alone."""

    request: Request
    left: tuple[str, ...]


def find_interrupted(outcome: Outcome) -> Interrupted | None:
    """The interrupted change that the read of the manifest tells of, None if there is none.

    :raises LicenseError: the manifest is none that this release can read.
    """
    value = outcome.value if outcome.error is None else None
    if not value or not value["exists"]:
        return None
    return Interrupted(value["sha256"], Manifest.parse(base64.b64decode(value["content"])))


def settle(change: Interrupted, outcomes: t.Mapping[str, Outcome], server: ServerFacts, timeout: int) -> Settlement:
    """Plan to take an interrupted change back.

    Files that have their old bytes stay as they are, and services stop only if a file has to go back. Should that fail,
    the services are started all the same.

    :param outcomes: of :meth:`Interrupted.reads`, by label.
    :param timeout: seconds for each stop and start of the services.
    :raises LicenseError: the files or rules could not be looked at; nothing was changed, and the manifest stays.
    """
    for label, read in change.reads().items():
        error = outcomes[label].error
        if error is not None and error.kind != "not_installed":
            raise LicenseError(
                f"On this server lies {change.describe()}. {explain(error, server, read)} Nothing was changed; run the "
                "task again when the cause is gone: the change waits to be taken back."
            )
    manifest = change.manifest
    back = [file for file in manifest.files if _hash(outcomes, "now", file) == file.new]
    restored = [file for file in back if _hash(outcomes, "copy", file) == file.old]
    left = [file.path for file in manifest.files if file not in restored and _hash(outcomes, "now", file) != file.old]
    known = {service.name.casefold() for service in server.services}
    running = {service.name.casefold() for service in server.services if service.state == "Running"}
    stop = stop_order(name for name in manifest.services if restored and name.casefold() in running & known)
    start = start_order(name for name in manifest.running if name.casefold() in known)
    operations: list[Operation] = [dataclasses.replace(READ_MANIFEST, expect=Expectation({"sha256": change.sha256}))]
    undo: list[Undo] = []
    if stop:
        undo.append(Undo(ServiceStart(start, timeout), after=len(operations)))
        operations.append(ServiceStop(stop, timeout))
    operations += [FileCopy("work", file.backup, file.old, file.root, file.path, file.new) for file in restored]
    operations += _sweep(manifest, restored, outcomes)
    operations += _rules_back(manifest, outcomes)
    if start:
        operations.append(ServiceStart(start, timeout))
    operations += _forget(change, keep_copies=bool(left))
    return Settlement(Request(tuple(operations), tuple(undo)), tuple(left))


def _hash(outcomes: t.Mapping[str, Outcome], what: str, file: ManifestFile) -> str | None:
    value = outcomes[f"{what} {file.path}"].value
    digest: str | None = value["sha256"] if value else None
    return digest


def _sweep(
    manifest: Manifest, restored: t.Sequence[ManifestFile], outcomes: t.Mapping[str, Outcome]
) -> list[Operation]:
    """What a write left beside the files; where a file goes back that is overwritten anyway."""
    found = [(file, _hash(outcomes, "temporary", file)) for file in manifest.files if file not in restored]
    return [FileDelete(file.root, f"{file.path}{TEMPORARY_SUFFIX}", digest) for file, digest in found if digest]


def _rules_back(manifest: Manifest, outcomes: t.Mapping[str, Outcome]) -> list[Operation]:
    """The firewall rules that have the new ports get the old ones again."""
    answered = outcomes["rules"].value if manifest.rules else None
    now = {rule["name"].casefold(): set(rule["local_ports"]) for rule in answered or ()}
    return [
        FirewallWrite(rule.name, rule.before, rule.after)
        for rule in manifest.rules
        if now.get(rule.name.casefold()) == set(rule.after)
    ]


def _forget(change: Interrupted, keep_copies: bool) -> tuple[Operation, ...]:
    """The manifest goes; the copies go with it, unless somebody may want to compare them with a file that was left."""
    folder = change.manifest.folder
    forget = FileDelete("work", MANIFEST, change.sha256)
    if keep_copies:
        kept = FileCopy("work", MANIFEST, change.sha256, "work", f"{folder}\\{KEPT_MANIFEST}", ANYTHING)
        return (kept, forget)
    return (forget, FolderDelete(folder, tolerate=(ANY_ERROR,)))
