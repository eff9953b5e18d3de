# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""One call of the agent for everything that the sections of a task need to know."""

from __future__ import annotations

import dataclasses
import json
import typing as t
import urllib.parse

from ansible_collections.citrixfleet.licensing.plugins.module_utils._change_set import Readings, Section
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._exchange import (
    Answer,
    OperationError,
    Outcome,
    Request,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._explain import shell_problem
from ansible_collections.citrixfleet.licensing.plugins.module_utils._manifest import BACKUPS
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import (
    AccountResolve,
    Cmdlet,
    FileList,
    Operation,
    Server,
    tolerant,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._server import ServerFacts, parse_server
from ansible_collections.citrixfleet.licensing.plugins.module_utils._settlement import READ_MANIFEST
from ansible_collections.citrixfleet.licensing.plugins.module_utils._transaction import Limits

#: Sections with what is desired of them.
Wishes: t.TypeAlias = "t.Sequence[tuple[Section, t.Any]]"

_READ_BACKUPS = FileList("work", BACKUPS, recurse=True)

_EVERYWHERE = (Server, Cmdlet, AccountResolve)


class Transport(t.Protocol):
    """Carries one request to the agent and brings its answer back."""

    def send(self, request: Request) -> Answer:
        """Run one batch.

        :raises LicenseError: the agent could not be run, or did not answer in its contract.
        :raises ConnectionLostError: the host cannot be reached, or was lost.
        """


@dataclasses.dataclass(frozen=True)
class Task:
    """One task: the sections with their options, and how to run it.

    ``admin_address`` is the URL of Web Services for Licensing, None for the host's own. ``limits`` are for modules that
    may change files, None for the others. ``settles``: whether an interrupted change of files is taken back first.
    """

    sections: tuple[tuple[Section, t.Mapping[str, t.Any]], ...]
    admin_address: str | None
    check_mode: bool
    limits: Limits | None = None
    settles: bool = True


@dataclasses.dataclass(frozen=True)
class Found:
    """What a task found: the server, the readings of each section, and the work folder's manifest and copies."""

    server: ServerFacts
    readings: tuple[Readings, ...]
    manifest: Outcome
    backups: Outcome


def read(wishes: Wishes, task: Task, transport: Transport) -> Found:
    """Everything that the sections need; each read answers for itself.

    :raises LicenseError: the host itself could not be read.
    """
    own: dict[str, Operation] = {"server": Server(), "manifest": READ_MANIFEST}
    if task.admin_address is not None:
        own["information"] = Cmdlet("Get-LicServerInfo", select=("SLVersion",))
    if task.limits is not None:
        own["backups"] = _READ_BACKUPS
    groups = [own, *(section.reads(desired) for section, desired in wishes)]
    batch = ReadBatch([tolerant(operation) for reads in groups for operation in reads.values()], task)
    answer = transport.send(Request(batch.operations, admin_address=task.admin_address))
    host, *sections = split_by_group(groups, batch.outcomes(answer.outcomes))
    server = read_server(host["server"], "Nothing was changed.")
    if "information" in host:
        told = host["information"].value
        server = server.seen_from_elsewhere(told[0]["SLVersion"] if told else None)
    missing = not server.installed and task.admin_address is None
    readings = tuple(
        Readings(server, blank=missing and section.needs_server, outcomes=found)
        for (section, _desired), found in zip(wishes, sections, strict=True)
    )
    return Found(server, readings, host["manifest"], host.get("backups", Outcome()))


class ReadBatch:
    """Reads as they are sent: those that are alike once, and those that would tell of another host not at all."""

    def __init__(self, operations: t.Sequence[Operation], task: Task) -> None:
        operations = [_addressed(operation, task) for operation in operations]
        self._keys = [json.dumps(operation.to_json(), sort_keys=True) for operation in operations]
        # With an admin_address only the cmdlets speak of the License Server that was asked.
        self._sent = {
            key: operation
            for key, operation in zip(self._keys, operations, strict=True)
            if task.admin_address is None or isinstance(operation, _EVERYWHERE)
        }

    @property
    def operations(self) -> tuple[Operation, ...]:
        """What is sent, in order."""
        return tuple(self._sent.values())

    def outcomes(self, answered: t.Sequence[Outcome]) -> list[Outcome]:
        """The outcome of every read that was asked for, given those of :attr:`operations`."""
        by_key = dict(zip(self._sent, answered, strict=True))
        elsewhere = Outcome(error=OperationError("elsewhere", "", {}))
        return [by_key.get(key, elsewhere) for key in self._keys]


def _addressed(operation: Operation, task: Task) -> Operation:
    """Get-LicLocation takes the server's name and not the admin_address: without it, it would ask this host."""
    if task.admin_address is None or not isinstance(operation, Cmdlet) or operation.name != "Get-LicLocation":
        return operation
    host = str(urllib.parse.urlsplit(task.admin_address).hostname)
    return dataclasses.replace(operation, parameters={"LicenseServerAddress": host, **operation.parameters})


def split_by_group(
    groups: t.Sequence[t.Mapping[str, Operation]], outcomes: t.Sequence[Outcome]
) -> list[dict[str, Outcome]]:
    """Outcomes of the reads of all groups, one after the other, as one mapping by label for each."""
    split = []
    position = 0
    for reads in groups:
        split.append(dict(zip(reads, outcomes[position : position + len(reads)], strict=True)))
        position += len(reads)
    return split


def read_server(facts: Outcome, fate: str) -> ServerFacts:
    """What the operation ``server`` told.

    :param fate: a sentence for the error, on what was left undone.
    :raises LicenseError: it failed, or no other operation can run in the host's shell.
    """
    if facts.error is not None:
        raise LicenseError(f"The host could not be read: {facts.error.message}")
    server = parse_server(facts.value)
    problem = shell_problem(server)
    if problem is not None:
        raise LicenseError(f"{problem} {fate}")
    return server
