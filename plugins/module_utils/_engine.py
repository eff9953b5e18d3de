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
    Difference,
    Readings,
    Step,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._describe import describe, describe_place
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._exchange import OperationError, Request, Undo
from ansible_collections.citrixfleet.licensing.plugins.module_utils._explain import explain
from ansible_collections.citrixfleet.licensing.plugins.module_utils._failure import (
    Attempt,
    explain_failure,
    explain_unsettled,
    find_failure,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import Operation, Server, tolerant
from ansible_collections.citrixfleet.licensing.plugins.module_utils._reading import (
    Found,
    ReadBatch,
    Task,
    Transport,
    Wishes,
    read,
    split_by_group,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._server import ServerFacts, parse_server
from ansible_collections.citrixfleet.licensing.plugins.module_utils._settlement import find_interrupted, settle
from ansible_collections.citrixfleet.licensing.plugins.module_utils._transaction import (
    Limits,
    Transaction,
    plan_transaction,
)


@dataclasses.dataclass(frozen=True)
class SectionResult:
    """What one section found, changed or would change, in plain values; ``beside``: what else the diff shows."""

    name: str
    before: t.Mapping[str, t.Any]
    after: t.Mapping[str, t.Any]
    notes: t.Mapping[str, t.Any]
    beside: tuple[Difference, ...] = ()


@dataclasses.dataclass(frozen=True)
class Result:
    """The outcome of a task.

    ``backup``: the folder of the old files in the work folder, None where none changed. ``beside``: what the diff shows
    that is of no section.
    """

    changed: bool
    server: ServerFacts
    sections: tuple[SectionResult, ...]
    warnings: tuple[str, ...]
    backup: str | None = None
    beside: tuple[Difference, ...] = ()


def run_task(task: Task, transport: Transport) -> Result:
    """Bring the server to the desired state of all sections, or say what that would take.

    :raises LicenseError: bad input, a server that cannot be asked, or a change that did not come true (and was taken
        back).
    """
    wishes = [(section, section.desired(options)) for section, options in task.sections]
    found = read(wishes, task, transport)
    settled = Settled(found)
    try:
        settled = _settle_first(wishes, found, task, transport)
        return _decide(wishes, settled, task, transport)
    except LicenseError as error:
        taken_back = settled.changed and not task.check_mode
        said = f"{' '.join(settled.warnings)} After that: {error}" if taken_back else str(error)
        raise LicenseError(f"{said} [{describe_place(found.server)}]", error.changed or taken_back) from error


@dataclasses.dataclass(frozen=True)
class Settled:
    """What a task found after an interrupted change was taken back; ``changed``: it was, or in check mode would be."""

    found: Found
    warnings: tuple[str, ...] = ()
    changed: bool = False


def _settle_first(wishes: Wishes, found: Found, task: Task, transport: Transport) -> Settled:
    """Take back a change that was interrupted, and read again."""
    try:
        interrupted = find_interrupted(found.manifest)
    except LicenseError as error:
        if task.settles:
            raise
        return Settled(found, (str(error),))
    if interrupted is None:
        return Settled(found)
    what = interrupted.describe()
    if task.check_mode or not task.settles:
        doubt = "unless another run is at it right now, the next one that may change something takes it back first."
        return Settled(found, (f"On this server lies {what}; {doubt}",), changed=task.settles)
    reads = interrupted.reads()
    outcomes = dict(zip(reads, transport.send(Request(tuple(reads.values()))).outcomes, strict=True))
    settlement = settle(interrupted, outcomes, found.server, (task.limits or Limits()).service_timeout)
    failure = find_failure(settlement.request, transport.send(settlement.request))
    if failure is not None and failure.error.kind == "busy":
        raise LicenseError(f"{explain(failure.error, found.server)} Nothing was changed.")
    if failure is not None and failure.error.kind != "expect":
        raise explain_unsettled(interrupted, failure, found.server, task, transport)
    again = read(wishes, task, transport)
    if failure is not None:  # The manifest is not as it was: another run has settled it in the meantime.
        return Settled(again)
    files = ", ".join(settlement.left)
    left = f" Left as found, changed by someone else since or without a copy: {files}." if files else ""
    return Settled(again, (f"First taken back: {what}.{left}",), changed=True)


def _decide(wishes: Wishes, settled: Settled, task: Task, transport: Transport) -> Result:
    """Plan, and apply unless this is check mode."""
    found = settled.found
    warnings = (*settled.warnings, *_missing_server(found, task))
    plans = [section.plan(desired, reading) for (section, desired), reading in zip(wishes, found.readings, strict=True)]
    changed = any(plan.changed for plan in plans)
    transaction = _transaction(plans, found, task)
    applied = changed and not task.check_mode
    server, readings = found.server, found.readings
    if applied:
        server, readings = _apply(wishes, plans, transaction, found, task, transport)
    sections = []
    try:
        for (section, desired), plan, reading in zip(wishes, plans, readings, strict=True):
            seen = section.observe(desired, reading)
            after = seen.values if applied else plan.after
            notes = {**seen.notes, **plan.actions}
            sections.append(
                SectionResult(section.name, plan.before, after, notes, (*plan.beside, *_final(plan, found.server)))
            )
    except LicenseError as error:
        if not applied:
            raise
        raise LicenseError(f"The changes were made, but not all could be read back: {error}", changed=True) from error
    kept = transaction.kept_folder if transaction and applied else None
    moved = _require_outcome(plans, sections, kept) if applied else ()
    return Result(
        changed=changed or settled.changed,
        server=server,
        sections=tuple(sections),
        warnings=(*warnings, *(warning for plan in plans if plan.changed for warning in plan.warnings), *moved),
        backup=kept,
        beside=_SETTLED if settled.changed else (),
    )


_SETTLED = (Difference("interrupted change", "left by another run", "taken back"),)


def _final(plan: ChangeSet, server: ServerFacts) -> tuple[Difference, ...]:
    """What cannot be taken back, for the diff."""
    lines = [describe(step.operation, server) for step in plan.final_steps]
    return (Difference("cannot be taken back", None, lines),) if lines else ()


def _require_outcome(
    plans: t.Sequence[ChangeSet], sections: t.Sequence[SectionResult], kept: str | None
) -> tuple[str, ...]:
    """Judge what the server reads after its files were written and proved.

    Returns a warning for what was not asked for and is another value since its services were started: a file that
    somebody had changed before, or a port that the server chooses by itself.

    :param kept: where the old files are, None where they are not kept.
    :raises LicenseError: what was asked for did not come true.
    """
    warnings = []
    for plan, section in zip(plans, sections, strict=True):
        other = {name: value for name, value in section.after.items() if value != plan.after[name]}
        if plan.rewrite is None or not other:
            continue
        if not other.keys().isdisjoint(plan.values):
            files = f" The old files are in {kept}." if kept else ""
            raise LicenseError(
                f"The files were changed, but {section.name} now reads {json.dumps(section.after)} and not "
                f"{json.dumps(plan.after)}.{files}",
                changed=True,
            )
        old = {name: plan.before[name] for name in other}
        warnings.append(
            f"Since its services were started, the server has {json.dumps(other)} in {section.name}, where it had "
            f"{json.dumps(old)} before: not by this change."
        )
    return tuple(warnings)


def _missing_server(found: Found, task: Task) -> tuple[str, ...]:
    """In check mode a warning, else an error, where a section needs a License Server and there is none."""
    if not any(reading.blank for reading in found.readings):
        return ()
    reason = explain(OperationError("not_installed", "", {}), found.server)
    if not task.check_mode:
        raise LicenseError(f"{reason} Nothing was changed.")
    return (f"{reason} Shown is what would be set on a License Server on which nothing is set.",)


def _transaction(plans: t.Sequence[ChangeSet], found: Found, task: Task) -> Transaction | None:
    """The file changes of all sections as one, None if there are none.

    :raises LicenseError: the work folder of the server is not ours; nothing was changed.
    """
    rewrites = [plan.rewrite for plan in plans if plan.rewrite is not None]
    if not rewrites:
        return None
    for outcome in (found.manifest, found.backups):
        if outcome.error is not None and outcome.error.kind == "work_folder":
            raise LicenseError(f"{explain(outcome.error, found.server)} Nothing was changed.")
    return plan_transaction(rewrites, found.server, task.limits or Limits())


def _apply(
    wishes: Wishes,
    plans: t.Sequence[ChangeSet],
    transaction: Transaction | None,
    found: Found,
    task: Task,
    transport: Transport,
) -> tuple[ServerFacts, tuple[Readings, ...]]:
    """One batch: the changes, then the reads of what changes again, and all taken back if one of them fails.

    Files come first: what the cmdlets set is then taken back while Web Services for Licensing run, and a renewal,
    which cannot be taken back, is installed once all else is proved. Returns the server, which has other processes and
    maybe ports once its services were restarted, and readings for all sections; those of a section that does not change
    stay as they were.
    """
    steps = [
        *(transaction.opening() if transaction else ()),
        *(step for plan in plans for step in plan.steps),
        *(step for plan in plans for step in plan.final_steps),
    ]
    sections = [
        _proofs(plan, section.reads(desired)) if plan.changed else {}
        for (section, desired), plan in zip(wishes, plans, strict=True)
    ]
    groups: list[dict[str, Operation]] = [{"server": tolerant(Server())} if transaction else {}, *sections]
    batch = ReadBatch([operation for reads in groups for operation in reads.values()], task)
    copies = [item["path"] for item in found.backups.value or ()]
    closing = transaction.closing(copies) if transaction else ()
    operations = (*(step.operation for step in steps), *batch.operations, *closing)
    request = Request(operations, _undo(steps), task.admin_address)
    answer = transport.send(request)
    failure = find_failure(request, answer)
    if failure is not None:
        attempt = Attempt(wishes, plans, steps, transaction, request, answer)
        raise explain_failure(attempt, failure, found.server, task, transport)
    reads = answer.outcomes[len(steps) : len(steps) + len(batch.operations)]
    host, *outcomes = split_by_group(groups, batch.outcomes(reads))
    facts = host["server"].value if host else None
    server = parse_server(facts) if facts else found.server
    return server, tuple(
        Readings(server, False, now) if plan.changed else reading
        for plan, reading, now in zip(plans, found.readings, outcomes, strict=True)
    )


def _proofs(plan: ChangeSet, reads: t.Mapping[str, Operation]) -> dict[str, Operation]:
    """The reads of a section as they are repeated after the change: those that prove it, and the others."""
    return {label: plan.verify.get(label) or tolerant(operation) for label, operation in reads.items()}


def _undo(steps: t.Sequence[Step]) -> tuple[Undo, ...]:
    """The way back, last change first."""
    return tuple(
        Undo(step.undo, number, step.if_done, step.if_undone)
        for number, step in reversed(list(enumerate(steps)))
        if step.undo is not None
    )
