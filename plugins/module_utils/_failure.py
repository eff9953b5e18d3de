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
from ansible_collections.citrixfleet.licensing.plugins.module_utils._describe import WORK_FOLDER, describe, full_path
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import ConnectionLostError, LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._exchange import (
    Answer,
    OperationError,
    Outcome,
    Request,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._explain import explain, explain_services
from ansible_collections.citrixfleet.licensing.plugins.module_utils._manifest import MANIFEST
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import (
    ANY_ERROR,
    Cmdlet,
    FileCopy,
    FileDelete,
    FileWrite,
    FolderDelete,
    Operation,
    ServiceStart,
    ServiceStop,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._reading import Task, Transport, Wishes, read
from ansible_collections.citrixfleet.licensing.plugins.module_utils._server import ServerFacts, Service
from ansible_collections.citrixfleet.licensing.plugins.module_utils._settlement import Interrupted
from ansible_collections.citrixfleet.licensing.plugins.module_utils._transaction import Transaction


@dataclasses.dataclass(frozen=True)
class Failure:
    """An operation that failed, and its error."""

    operation: Operation
    error: OperationError

    def describe(self, server: ServerFacts) -> str:
        """What failed; of several services the one that the error names."""
        operation, name = self.operation, self.error.detail.get("name")
        if isinstance(operation, (ServiceStart, ServiceStop)) and name:
            operation = dataclasses.replace(operation, names=(str(name),))
        return describe(operation, server)

    def tell(self, server: ServerFacts) -> str:
        """What failed, and why."""
        why = explain(self.error, server, self.operation)
        return f"{self.describe(server)} failed: {why if why.endswith(('.', '!', '?')) else f'{why}.'}"


@dataclasses.dataclass(frozen=True)
class Attempt:
    """A batch that failed, with what it was made of; the steps are its first operations."""

    wishes: Wishes
    plans: t.Sequence[ChangeSet]
    steps: t.Sequence[Step]
    transaction: Transaction | None
    request: Request
    answer: Answer

    def tried(self) -> list[tuple[Step, Outcome]]:
        """The steps that ran and are to change the server, ours in the work folder apart; with how they ended."""
        outcomes = self.answer.outcomes[: len(self.steps)]
        return [
            (step, outcome)
            for step, outcome in zip(self.steps, outcomes, strict=True)
            if _changes_server(step.operation) and (outcome.error is None or outcome.error.kind != "skipped")
        ]

    def final(self) -> list[Operation]:
        """What was done and cannot be taken back."""
        return [step.operation for step, outcome in self.tried() if outcome.error is None and step.undo is None]

    def undo_failures(self) -> list[Failure]:
        """The entries of the way back that failed."""
        return [
            Failure(self.request.undo[index].operation, outcome.error)
            for index, outcome in self.answer.undone.items()
            if outcome.error is not None
        ]

    def waits(self) -> bool:
        """Whether the manifest stayed, by which the next run takes back what is left."""
        for index, entry in enumerate(self.request.undo):
            if isinstance(entry.operation, FileDelete) and entry.operation.path == MANIFEST:
                undone = self.answer.undone.get(index)
                written = self.answer.outcomes[entry.after].error is None
                return written and (undone is None or undone.error is not None)
        return False


def find_failure(request: Request, answer: Answer) -> Failure | None:
    """The first failure that was not tolerated."""
    for operation, outcome in zip(request.operations, answer.outcomes, strict=True):
        if outcome.error is not None and not _tolerated(operation, outcome.error):
            return Failure(operation, outcome.error)
    return None


def explain_failure(
    attempt: Attempt, failure: Failure, server: ServerFacts, task: Task, transport: Transport
) -> LicenseError:
    """The error of a failed change: what failed and why, what became of the server, and what to do."""
    if failure.error.kind == "busy":
        return LicenseError(f"{explain(failure.error, server)} Nothing was changed.")
    if not attempt.tried():
        return LicenseError(_line(failure.tell(server), "Nothing was changed.", _left_copies(attempt)))
    final = ", ".join(describe(operation, server) for operation in attempt.final())
    done = f"Done before, and cannot be taken back: {final}." if final else ""
    fate, changed = _fate(attempt, failure, server, task, transport)
    return LicenseError(_line(failure.tell(server), done, *fate, *_found(attempt, server)), changed or bool(final))


def explain_unsettled(
    interrupted: Interrupted, failure: Failure, server: ServerFacts, task: Task, transport: Transport
) -> LicenseError:
    """The error of an interrupted change that could not be taken back."""
    try:
        stopped = _stopped(interrupted.manifest.running, read((), task, transport).server)
    except (LicenseError, ConnectionLostError):
        stopped = []
    return LicenseError(
        _line(
            f"On this server lies {interrupted.describe()}. Taking it back failed.",
            failure.tell(server),
            explain_services(stopped, server),
            _settles_next(rf"{WORK_FOLDER}\{interrupted.manifest.folder}"),
        ),
        changed=True,
    )


def _fate(
    attempt: Attempt, failure: Failure, server: ServerFacts, task: Task, transport: Transport
) -> tuple[list[str], bool]:
    """What became of a change that failed and was taken back by the agent, and what to do.

    Returns sentences, and whether the server is known to be another than before, what is final apart.
    """
    next_run = _settles_next(attempt.transaction.copies) if attempt.transaction and attempt.waits() else ""
    try:
        found = read(attempt.wishes, task, transport)
        now = {
            section.name: section.observe(desired, reading).values
            for (section, desired), reading in zip(attempt.wishes, found.readings, strict=True)
        }
    except (LicenseError, ConnectionLostError) as second:
        undone = _undo_failures(attempt, failure, server, cmdlets=True) or [_REPORTED]
        return [*undone, f"The server could not be read again ({second}).", next_run or _LOOK], bool(next_run)
    left = any(_is_left(plan, values) for plan, values in zip(attempt.plans, now.values(), strict=True))
    undone = _undo_failures(attempt, failure, server, cmdlets=left)
    ran = [service.name for service in server.services if service.state == "Running"]
    services = explain_services(_stopped(ran, found.server), server)
    to_do = next_run or _line(_BY_HAND if left else "", _START if services else "")
    if left:
        rest = f"The changes could not be taken back as a whole; read again, the server has {json.dumps(now)}."
        return [*undone, rest, services, to_do], True
    if to_do:
        same = "Read again, the server has the settings from before the task."
        return [*undone, same, services, to_do], True
    return [_taken_back(attempt), _left_copies(attempt)], False


def _is_left(plan: ChangeSet, now: t.Mapping[str, t.Any]) -> bool:
    """Whether a section has other values than before the change.

    Of a change of files only what it was to change counts: a port that nobody asked for may be another one after a
    restart, for reasons that are not ours.
    """
    return any(now[name] != plan.before[name] for name in (plan.before if plan.steps else plan.values))


_REPORTED = "The agent reports that it took back what can be taken back."
_LOOK = "Look at it before the next run."
_START = "No later run starts what does not run: start it by hand when the cause is gone."
_BY_HAND = "No later run takes this back by itself: run the task again, or set what should hold."


def _settles_next(copies: str) -> str:
    """What the next run does where the manifest stayed."""
    return (
        "Remove the cause, then run the task again: it (or any other task that changes settings) first takes back what "
        f"is left of the change of files, and starts the services. Until then, the old files are in {copies}."
    )


def _taken_back(attempt: Attempt) -> str:
    """The sentence on a server that was read again and has what it had, but for what is final."""
    if attempt.final():
        return "All else was taken back."
    cmdlet_alone = [isinstance(step.operation, Cmdlet) for step, _outcome in attempt.tried()] == [True]
    fate = "Nothing is changed" if cmdlet_alone else "The changes were taken back"
    return f"{fate}: read again, the server is as it was before the task."


def _left_copies(attempt: Attempt) -> str:
    """A sentence on copies that were made, and could not be removed when the change was taken back."""
    left = any(isinstance(failure.operation, FolderDelete) for failure in attempt.undo_failures())
    if not left or attempt.transaction is None:
        return ""
    return f"Copies of the files are left in {attempt.transaction.copies}; the next change of files removes them."


def _found(attempt: Attempt, server: ServerFacts) -> list[str]:
    """A sentence for each file that was not as we had written it any more when it was put back."""
    sentences = []
    for index, outcome in attempt.answer.undone.items():
        copy = attempt.request.undo[index].operation
        if isinstance(copy, FileCopy) and copy.keep and outcome.value and outcome.value["kept"]:
            file, kept = full_path(copy.to_root, copy.to_path, server), full_path("work", copy.keep, server)
            changed = f"{file} had been changed since it was written, by someone else or by a service"
            sentences.append(f"{changed}; that is kept in {kept}.")
    return sentences


def _undo_failures(attempt: Attempt, failure: Failure, server: ServerFacts, cmdlets: bool) -> list[str]:
    """A sentence for each entry of the way back that failed; a reason is told once.

    :param cmdlets: whether those of cmdlets count. What a cmdlet was to take back may not have been done at all: its
        failure counts only if something is left.
    """
    told = [failure]
    sentences = []
    for one in attempt.undo_failures():
        if isinstance(one.operation, Cmdlet) and not cmdlets:
            continue
        what = one.describe(server)
        alike = [other.describe(server) for other in told if other.error == one.error]
        if not alike:
            sentences.append(f"Taking it back failed in part. {one.tell(server)}")
        elif what in alike:
            sentences.append("Taking it back failed in part, for the same reason.")
        else:
            sentences.append(f"Taking it back failed in part, for the same reason: {what}.")
        told.append(one)
    return sentences


def _stopped(names: t.Iterable[str], server: ServerFacts) -> list[Service]:
    """Those of the services that do not run."""
    found = (server.service(name) for name in names)
    return [service for service in found if service is not None and service.state != "Running"]


def _changes_server(operation: Operation) -> bool:
    """Whether an operation changes more than what is ours in the work folder."""
    if isinstance(operation, FileCopy):
        return operation.to_root != "work"
    if isinstance(operation, (FileWrite, FileDelete)):
        return operation.root != "work"
    return not operation.reads and not isinstance(operation, FolderDelete)


def _tolerated(operation: Operation, error: OperationError) -> bool:
    names = {error.kind, error.status, ANY_ERROR}
    return any(name in names for name in operation.tolerate)


def _line(*sentences: str) -> str:
    return " ".join(filter(None, sentences))
