# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""The one way in which every module works: validate, read, plan, apply, verify.

One call of the agent when nothing has to change, two when something does. The engine knows no setting and no
connection: sections plan, a transport carries.
"""

from __future__ import annotations

import dataclasses
import json
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._change_set import (
    ChangeSet,
    Readings,
    Section,
    Step,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import ConnectionLostError, LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._explain import explain, shell_problem
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import (
    ANY_ERROR,
    AccountResolve,
    Answer,
    Cmdlet,
    Operation,
    OperationError,
    Outcome,
    Request,
    Server,
    Undo,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._server import ServerFacts, parse_server


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

    ``admin_address`` is the URL of Web Services for Licensing, None for the host's own.
    """

    sections: tuple[tuple[Section, t.Mapping[str, t.Any]], ...]
    admin_address: str | None
    check_mode: bool


@dataclasses.dataclass(frozen=True)
class SectionResult:
    """What one section found, changed or would change, in plain values.

    ``final``: the steps that cannot be taken back, a line each.
    """

    name: str
    before: t.Mapping[str, t.Any]
    after: t.Mapping[str, t.Any]
    notes: t.Mapping[str, t.Any]
    final: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Result:
    """The outcome of a task."""

    changed: bool
    server: ServerFacts
    sections: tuple[SectionResult, ...]
    warnings: tuple[str, ...]


_Wishes = t.Sequence[tuple[Section, t.Any]]
_Labels = t.Sequence[tuple[int, str]]


def run_task(task: Task, transport: Transport) -> Result:
    """Bring the server to the desired state of all sections, or say what that would take.

    :raises LicenseError: bad input, a server that cannot be asked, or a change that did not come true (and was taken
        back).
    """
    wishes = [(section, section.desired(options)) for section, options in task.sections]
    server, readings = _read(wishes, task, transport)
    missing = not server.installed and task.admin_address is None
    found = [
        Readings(server, blank=missing and section.needs_server, outcomes=outcomes)
        for (section, _desired), outcomes in zip(wishes, readings, strict=True)
    ]
    try:
        return _decide(wishes, found, server, task, transport)
    except LicenseError as error:
        raise LicenseError(f"{error} [{_place(server)}]", error.changed) from error


def _place(server: ServerFacts) -> str:
    """Host and version, for the end of an error."""
    return f"{server.host}, License Server {server.version_text or 'of unknown version'}"


def _decide(wishes: _Wishes, found: list[Readings], server: ServerFacts, task: Task, transport: Transport) -> Result:
    """Plan, and apply unless this is check mode."""
    warnings = _missing_server(server, found, task)
    plans = [section.plan(desired, reading) for (section, desired), reading in zip(wishes, found, strict=True)]
    changed = any(plan.changed for plan in plans)
    applied = changed and not task.check_mode
    if applied:
        found = _apply(wishes, plans, found, task, transport)
    sections = []
    try:
        for (section, desired), plan, reading in zip(wishes, plans, found, strict=True):
            seen = section.observe(desired, reading)
            after = seen.values if applied else plan.after
            final = tuple(_what(step.operation) for step in plan.final_steps)
            sections.append(SectionResult(section.name, plan.before, after, {**seen.notes, **plan.actions}, final))
    except LicenseError as error:
        if not applied:
            raise
        raise LicenseError(f"The changes were made, but not all could be read back: {error}", changed=True) from error
    return Result(changed, server, tuple(sections), warnings)


def _read(wishes: _Wishes, task: Task, transport: Transport) -> tuple[ServerFacts, list[dict[str, Outcome]]]:
    """One call for everything that the sections need; each read answers for itself."""
    operations: list[Operation] = [Server()]
    if task.admin_address is not None:
        operations.append(Cmdlet("Get-LicServerInfo", select=("SLVersion",)))
    first = len(operations)
    labels: list[tuple[int, str]] = []
    for index, (section, desired) in enumerate(wishes):
        for label, operation in section.reads(desired).items():
            labels.append((index, label))
            operations.append(operation)
    tolerant = tuple(dataclasses.replace(operation, tolerate=(ANY_ERROR,)) for operation in operations)
    sent = _answerable(tolerant, task)
    answer = transport.send(Request(tuple(sent.values()), admin_address=task.admin_address))
    outcomes = _all_outcomes(tolerant, sent, answer.outcomes)
    server = _server(outcomes[:first])
    return server, _by_section(len(wishes), labels, outcomes[first:])


def _answerable(operations: t.Sequence[Operation], task: Task) -> dict[int, Operation]:
    """The operations, by number, that speak of the License Server asked: with an admin_address only the cmdlets do,
    and what tells about the host itself would be another machine's.
    """
    everywhere = (Server, Cmdlet, AccountResolve)
    return {
        number: operation
        for number, operation in enumerate(operations)
        if task.admin_address is None or isinstance(operation, everywhere)
    }


def _all_outcomes(
    operations: t.Sequence[Operation], sent: t.Mapping[int, Operation], outcomes: t.Sequence[Outcome]
) -> list[Outcome]:
    """The outcomes of all operations, those that were not sent included."""
    answered = dict(zip(sent, outcomes, strict=True))
    elsewhere = Outcome(error=OperationError("elsewhere", "", {}))
    return [answered.get(number, elsewhere) for number in range(len(operations))]


def _server(outcomes: t.Sequence[Outcome]) -> ServerFacts:
    if outcomes[0].error is not None:
        raise LicenseError(f"The host could not be read: {outcomes[0].error.message}")
    server = parse_server(outcomes[0].value)
    problem = shell_problem(server)
    if problem is not None:
        raise LicenseError(f"{problem} Nothing was changed.")
    if len(outcomes) > 1:
        information = outcomes[1].value
        return server.seen_from_elsewhere(information[0]["SLVersion"] if information else None)
    return server


def _by_section(count: int, labels: _Labels, outcomes: t.Sequence[Outcome]) -> list[dict[str, Outcome]]:
    sorted_outcomes: list[dict[str, Outcome]] = [{} for _section in range(count)]
    for (index, label), outcome in zip(labels, outcomes, strict=True):
        sorted_outcomes[index][label] = outcome
    return sorted_outcomes


def _missing_server(server: ServerFacts, found: t.Sequence[Readings], task: Task) -> tuple[str, ...]:
    """In check mode a warning, else an error, where a section needs a License Server and there is none."""
    if not any(reading.blank for reading in found):
        return ()
    reason = explain(OperationError("not_installed", "", {}), server)
    if not task.check_mode:
        raise LicenseError(f"{reason} Nothing was changed.")
    return (f"{reason} Shown is what would be set on a License Server on which nothing is set.",)


def _apply(
    wishes: _Wishes, plans: t.Sequence[ChangeSet], before: t.Sequence[Readings], task: Task, transport: Transport
) -> list[Readings]:
    """One batch: the changes, then the reads of what changes again, and all taken back if one of them fails.

    Returns readings for all sections; those of a section that does not change stay as they were.
    """
    steps = [step for plan in plans for step in plan.steps] + [step for plan in plans for step in plan.final_steps]
    labels: list[tuple[int, str]] = []
    reads: list[Operation] = []
    for index, ((section, desired), plan) in enumerate(zip(wishes, plans, strict=True)):
        for label, read in section.reads(desired).items() if plan.changed else ():
            labels.append((index, label))
            proof = plan.verify.get(label)
            reads.append(proof if proof is not None else dataclasses.replace(read, tolerate=(ANY_ERROR,)))
    operations = _answerable(tuple(reads), task)
    request = Request((*(step.operation for step in steps), *operations.values()), _undo(steps), task.admin_address)
    answer = transport.send(request)
    server = before[0].server
    failure = _failure(request, answer)
    if failure is not None:
        operation, error = failure
        done = zip(steps, answer.outcomes[: len(steps)], strict=True)
        final = [_what(step.operation) for step, outcome in done if _stays(step, outcome)]
        fate, changed = _fate(error, final, wishes, plans, task, transport)
        raise LicenseError(f"{_what(operation)} failed: {_sentence(_why(error, server))} {fate}", changed)
    outcomes = _by_section(len(wishes), labels, _all_outcomes(reads, operations, answer.outcomes[len(steps) :]))
    return [
        Readings(server, False, found) if plan.changed else reading
        for plan, reading, found in zip(plans, before, outcomes, strict=True)
    ]


def _undo(steps: t.Sequence[Step]) -> tuple[Undo, ...]:
    """The way back, last change first."""
    numbered = [(number, step.undo) for number, step in enumerate(steps) if step.undo is not None]
    return tuple(Undo(operation, after=number) for number, operation in reversed(numbered))


def _failure(request: Request, answer: Answer) -> tuple[Operation, OperationError] | None:
    """The first failure that was not tolerated."""
    for operation, outcome in zip(request.operations, answer.outcomes, strict=True):
        if outcome.error is not None and not _tolerated(operation, outcome.error):
            return operation, outcome.error
    return None


def _stays(step: Step, outcome: Outcome) -> bool:
    """Whether a step changed something that cannot be taken back."""
    return outcome.error is None and step.undo is None and not step.operation.reads


def _fate(
    error: OperationError,
    final: t.Sequence[str],
    wishes: _Wishes,
    plans: t.Sequence[ChangeSet],
    task: Task,
    transport: Transport,
) -> tuple[str, bool]:
    """What became of a change that failed and was taken back by the agent: read, not assumed.

    Returns one or two sentences, and whether the server is known to be another than before.
    """
    if error.kind == "busy":
        return "Nothing was changed.", False
    done = f"Done before, and cannot be taken back: {', '.join(final)}. " if final else ""
    try:
        server, outcomes = _read(wishes, task, transport)
        found = [Readings(server, False, outcome) for outcome in outcomes]
        now = {
            section.name: section.observe(desired, reading).values
            for (section, desired), reading in zip(wishes, found, strict=True)
        }
    except (LicenseError, ConnectionLostError) as second:
        return f"{done}The server could not be read again ({second}); look at it before the next run.", bool(final)
    before = {section.name: plan.before for (section, _desired), plan in zip(wishes, plans, strict=True)}
    if now != before:
        rest = f"The changes could not be taken back as a whole; read again, the server has {json.dumps(now)}."
        return f"{done}{rest}", True
    if final:
        return f"{done}All else was taken back.", True
    return "The changes were taken back; read again, the server is as it was before the task.", False


def _tolerated(operation: Operation, error: OperationError) -> bool:
    names = {error.kind, error.status, ANY_ERROR}
    return any(name in names for name in operation.tolerate)


def _what(operation: Operation) -> str:
    if not isinstance(operation, Cmdlet):
        return operation.OP
    words = " ".join(f"-{name} {value}" for name, value in operation.parameters.items())
    return f"{operation.name} {words}".rstrip()


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _why(error: OperationError, server: ServerFacts) -> str:
    if error.kind == "expect":
        return "what was read back is not what was asked for."
    return explain(error, server)
