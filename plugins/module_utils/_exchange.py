# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""What is said to the agent and what it answers: one request, one answer.

The contract itself is docs/agent-contract.md.
"""

from __future__ import annotations

import dataclasses
import json
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import AGENT, Json, Operation

CONTRACT_VERSION = 1


@dataclasses.dataclass(frozen=True)
class Undo:
    """An operation to run if the batch stops on a failure, once operation number ``after`` was attempted.

    ``if_done``: only if that operation succeeded. ``if_undone``: only if all entries before it succeeded.
    """

    operation: Operation
    after: int
    if_done: bool = False
    if_undone: bool = False

    def to_json(self) -> dict[str, Json]:
        """The entry of ``undo``, where the contract allows neither ``expect`` nor ``tolerate``."""
        conditions = {name: True for name in ("if_done", "if_undone") if getattr(self, name)}
        plain = dataclasses.replace(self.operation, expect=None, tolerate=())
        return {**plain.to_json(), "after": self.after, **conditions}


@dataclasses.dataclass(frozen=True)
class Request:
    """One batch."""

    operations: tuple[Operation, ...]
    undo: tuple[Undo, ...] = ()
    admin_address: str | None = None

    @property
    def reads(self) -> bool:
        """Whether the batch leaves the host as it is."""
        return all(operation.reads for operation in self.operations)

    @property
    def agent(self) -> str:
        """The agent's text that has all of the operations; none has changes and jobs together."""
        operations = (*self.operations, *(entry.operation for entry in self.undo))
        return next((operation.AGENT for operation in operations if operation.AGENT != AGENT), AGENT)

    def to_text(self) -> str:
        """The ``request`` argument of the private module: compact ASCII JSON."""
        return json.dumps(self.to_json(), separators=(",", ":"))

    def to_json(self) -> dict[str, Json]:
        """The request as an object, which is also what a job is given."""
        document: dict[str, Json] = {"v": CONTRACT_VERSION, "ops": [item.to_json() for item in self.operations]}
        if self.undo:
            document["undo"] = [item.to_json() for item in self.undo]
        if self.admin_address is not None:
            document["admin_address"] = self.admin_address
        return document


@dataclasses.dataclass(frozen=True)
class OperationError:
    """Why an operation failed: a ``kind`` of the contract's table, one line, and facts."""

    kind: str
    message: str
    detail: t.Mapping[str, t.Any]

    @property
    def status(self) -> str | None:
        """Name of the ``LicensingAdminStatus`` of a failed cmdlet, or None."""
        return self.detail.get("status")


@dataclasses.dataclass(frozen=True)
class Outcome:
    """The result of one operation: a value, or an error."""

    value: t.Any = None
    error: OperationError | None = None


@dataclasses.dataclass(frozen=True)
class Answer:
    """The results in the order of the operations, and those of the undo entries that ran, by the entry's number."""

    outcomes: tuple[Outcome, ...]
    undone: t.Mapping[int, Outcome] = dataclasses.field(default_factory=dict)


class ContractError(Exception):
    """The answer is not one of this contract; the text says what it is instead."""


def parse_answer(document: t.Mapping[str, t.Any], expected: int) -> Answer:
    """Read an answer.

    :param document: the JSON object that the agent printed.
    :param expected: number of operations of the request.
    :raises ContractError: a refused request, another version, or a result missing.
    """
    results = document.get("results")
    if document.get("failed") or document.get("v") != CONTRACT_VERSION or not isinstance(results, list):
        raise ContractError(str(document.get("msg") or document.get("module_stderr") or "no answer of the agent"))
    if len(results) != expected:
        raise ContractError(f"{len(results)} results for {expected} operations")
    try:
        return Answer(
            outcomes=tuple(_outcome(result) for result in results),
            undone={int(result["index"]): _outcome(result) for result in document.get("undone") or ()},
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ContractError(f"a result that is not one of the contract ({error})") from error


def parse_error(document: t.Mapping[str, t.Any]) -> OperationError:
    """Read one ``error`` object of an answer."""
    return OperationError(
        kind=str(document.get("kind", "failed")),
        message=str(document.get("message", "")),
        detail=document.get("detail") or {},
    )


def _outcome(result: t.Mapping[str, t.Any]) -> Outcome:
    if result.get("ok") is True:
        return Outcome(value=result.get("value"))
    return Outcome(error=parse_error(result.get("error") or {}))
