# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""A change that failed: what failed, what became of the rest, and what the server has now. Read, not assumed."""

from __future__ import annotations

import dataclasses
import json
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._change_set import ChangeSet, Step
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import ConnectionLostError, LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._exchange import (
    Answer,
    OperationError,
    Outcome,
    Request,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._explain import explain
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import (
    ANY_ERROR,
    Cmdlet,
    HostChange,
    Operation,
    PortOwners,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._reading import Task, Transport, Wishes, read
from ansible_collections.citrixfleet.licensing.plugins.module_utils._server import ServerFacts


@dataclasses.dataclass(frozen=True)
class Failure:
    """The operation that stopped a batch, and its error."""

    operation: Operation
    error: OperationError


@dataclasses.dataclass(frozen=True)
class Attempt:
    """A batch that failed, with what it was made of; the steps are its first operations."""

    wishes: Wishes
    plans: t.Sequence[ChangeSet]
    steps: t.Sequence[Step]
    request: Request
    answer: Answer


def find_failure(request: Request, answer: Answer) -> Failure | None:
    """The first failure that was not tolerated."""
    for operation, outcome in zip(request.operations, answer.outcomes, strict=True):
        if outcome.error is not None and not _tolerated(operation, outcome.error):
            return Failure(operation, outcome.error)
    return None


def explain_failure(
    attempt: Attempt, failure: Failure, server: ServerFacts, task: Task, transport: Transport
) -> LicenseError:
    """The error of a failed change: what failed and why, and what became of the server."""
    if failure.error.kind == "busy":
        fate, changed = "Nothing was changed.", False
    else:
        fate, changed = _fate(attempt, server, task, transport)
    why = _sentence(_why(failure.error, server, failure.operation))
    return LicenseError(f"{describe_operation(failure.operation)} failed: {why} {fate}", changed)


def describe_operation(operation: Operation) -> str:
    """An operation in a message: a cmdlet as one would type it, else its name and what it is about."""
    if isinstance(operation, Cmdlet):
        words = " ".join(f"-{name} {value}" for name, value in operation.parameters.items())
        return f"{operation.name} {words}".rstrip()
    about = getattr(operation, "path", None) or getattr(operation, "name", None)
    names = getattr(operation, "names", None)
    return " ".join(filter(None, (operation.OP, about or ", ".join(names or ()))))


def _fate(attempt: Attempt, server: ServerFacts, task: Task, transport: Transport) -> tuple[str, bool]:
    """What became of a change that failed and was taken back by the agent.

    Returns some sentences, and whether the server is known to be another than before.
    """
    outcomes = attempt.answer.outcomes[: len(attempt.steps)]
    final = [
        describe_operation(step.operation)
        for step, outcome in zip(attempt.steps, outcomes, strict=True)
        if _stays(step, outcome)
    ]
    done = f"Done before, and cannot be taken back: {', '.join(final)}. " if final else ""
    try:
        found = read(attempt.wishes, task, transport)
        now = {
            section.name: section.observe(desired, reading).values
            for (section, desired), reading in zip(attempt.wishes, found.readings, strict=True)
        }
    except (LicenseError, ConnectionLostError) as second:
        undone = _undo_failures(attempt, server, all_of_them=True)
        unread = f"The server could not be read again ({second}); look at it before the next run."
        return f"{done}{undone}{unread}", bool(final)
    before = {
        section.name: plan.before for (section, _desired), plan in zip(attempt.wishes, attempt.plans, strict=True)
    }
    undone = _undo_failures(attempt, server, all_of_them=now != before)
    if now != before:
        rest = f"The changes could not be taken back as a whole; read again, the server has {json.dumps(now)}."
        return f"{done}{undone}{rest}", True
    if undone:
        return (
            f"{done}{undone}Read again, the server has the settings from before the task. {_services(found.server)}"
            "What is left to do is done by the next run, once the cause is gone.",
            True,
        )
    if final:
        return f"{done}All else was taken back.", True
    return "The changes were taken back; read again, the server is as it was before the task.", False


def _services(server: ServerFacts) -> str:
    """A sentence about the services that should run and do not."""
    down = [service.name for service in server.services if service.start_mode == "Auto" and service.state != "Running"]
    return f"NOT RUNNING: {', '.join(down)}; look at its log, and start it. " if down else ""


def _undo_failures(attempt: Attempt, server: ServerFacts, all_of_them: bool) -> str:
    """A sentence for each entry of the way back that failed.

    What a cmdlet was to take back may not have been done at all: its failure counts only if something is left.
    """
    failed = [
        (attempt.request.undo[index].operation, outcome.error)
        for index, outcome in attempt.answer.undone.items()
        if outcome.error is not None
    ]
    return "".join(
        f"Taking it back failed, too: {describe_operation(operation)}: {_sentence(_why(error, server, operation))} "
        for operation, error in failed
        if all_of_them or isinstance(operation, HostChange)
    )


def _tolerated(operation: Operation, error: OperationError) -> bool:
    names = {error.kind, error.status, ANY_ERROR}
    return any(name in names for name in operation.tolerate)


def _stays(step: Step, outcome: Outcome) -> bool:
    """Whether a step changed something that cannot be taken back."""
    return outcome.error is None and step.undo is None and not step.operation.reads


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _why(error: OperationError, server: ServerFacts, operation: Operation) -> str:
    if error.kind == "expect" and isinstance(operation, PortOwners) and operation.expect is not None:
        wanted = [f"{item['process']} on {item.get('port', 'any port')}" for item in operation.expect.includes]
        return f"after the start not all of these listened: {', '.join(wanted)}."
    if error.kind == "expect":
        return "what was read back is not what was asked for."
    return explain(error, server)
