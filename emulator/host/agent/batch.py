# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a batch runs: in order, under the mutex if it changes anything, undone on the spot if it fails."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from ..errors import OperationError
from ..machine import Machine
from .context import Batch, Job
from .expect import is_met, without_content
from .operations import OPERATIONS
from .request import Operation, Request, RequestError, parse

Result = dict[str, Any]
_LOOKING_AGAIN = 1.0  # seconds


def answer(machine: Machine, text: str) -> str:
    """The one answer line for a request: ASCII JSON, without a line end."""
    try:
        request = parse(text)
    except RequestError as error:
        return _line({"v": 1, "failed": True, "msg": str(error), "results": [], "undone": []})
    return _line(_document(machine, request))


def _document(machine: Machine, request: Request, job: Job | None = None) -> dict[str, Any]:
    results, undone = _run(machine, request, job)
    return {"v": 1, "failed": False, "results": results, "undone": undone}


def _line(document: Mapping[str, Any]) -> str:
    # DEL is ASCII, but not among the characters that the contract lets through.
    return json.dumps(document, ensure_ascii=True, separators=(",", ":")).replace("\x7f", "\\u007f")


def _run(machine: Machine, request: Request, job: Job | None) -> tuple[list[Result], list[Result]]:
    if not request.changes or machine.shell.refusal() is not None:
        return _run_batch(machine, request, job)
    if not _take_mutex(machine, request.lock_timeout):
        busy = OperationError("busy", "Another batch on this host holds the mutex Global\\citrixfleet.licensing.")
        skipped = [_skipped() for _operation in request.operations[1:]]
        return [_failed(busy), *skipped], []
    try:
        return _run_batch(machine, request, job)
    finally:
        machine.mutex.release()


def _take_mutex(machine: Machine, lock_timeout: float) -> bool:
    held_elsewhere = machine.troubles.lock_wait(lock_timeout)
    if held_elsewhere is not None:
        machine.clock.sleep(held_elsewhere)
        return False
    return machine.mutex.acquire(timeout=lock_timeout)


def _run_batch(machine: Machine, request: Request, job: Job | None) -> tuple[list[Result], list[Result]]:
    batch = Batch(machine, request.admin_address, lambda inner, its_job: _document(machine, inner, its_job), job)
    results: list[Result] = []
    for operation in request.operations:
        result = _attempt(batch, operation)
        results.append(result)
        if not result["ok"] and not _tolerated(operation, result["error"]):
            skipped = [_skipped() for _operation in request.operations[len(results) :]]
            return results + skipped, _undo(batch, request.undo, results)
    return results, []


def _undo(batch: Batch, entries: Sequence[Operation], results: Sequence[Result]) -> list[Result]:
    undone: list[Result] = []
    all_well = True
    for index, operation in enumerate(entries):
        if _takes_back(operation, results) and (not operation.if_undone or all_well):
            result = _attempt(batch, operation)
            undone.append({**result, "index": index})
            # What a cmdlet sets is not among what a record is kept of.
            all_well = all_well and (result["ok"] or operation.name == "cmdlet")
    return undone


def _takes_back(operation: Operation, results: Sequence[Result]) -> bool:
    if operation.after is None:
        return True
    attempted = operation.after < len(results)
    return attempted and (not operation.if_done or bool(results[operation.after]["ok"]))


def _attempt(batch: Batch, operation: Operation) -> Result:
    reason = batch.machine.shell.refusal()
    if reason is not None and operation.name != "server":
        message = "This shell is not 64-bit Windows PowerShell 5.1."
        return _failed(OperationError("unsupported_shell", message, reason=reason))
    if operation.reads:
        batch.check()
        return _result(batch, operation)
    with _guard(batch.machine, operation):
        batch.begin_changing(shared=not operation.owns)
        result = _result(batch, operation)
        batch.step()
        return result


def _guard(machine: Machine, operation: Operation) -> contextlib.AbstractContextManager[object]:
    # What changes only its own takes the guard for as long as it must: it may run for minutes, and the host lives on.
    return contextlib.nullcontext() if operation.owns else machine.guard


def _result(batch: Batch, operation: Operation) -> Result:
    try:
        value = _perform(batch, operation)
        if not _is_as_expected(operation, value):
            raise OperationError("expect", "The value is not as expected.", found=without_content(value))
        return {"ok": True, "value": value}
    except OperationError as failure:
        return _failed(failure)
    except (OSError, UnicodeError) as error:
        # A name that this computer's file system cannot hold, or a fault of its own.
        return _failed(OperationError("failed", str(error), exception="System.IO.IOException"))


def _perform(batch: Batch, operation: Operation) -> Any:
    """The operation's value; a reading one with a ``timeout`` is performed until that is over or it is as expected."""
    machine, perform = batch.machine, OPERATIONS[operation.name]
    with _guard(machine, operation):
        value = perform(batch, operation.fields)
    if not operation.reads or "timeout" not in operation.fields:
        return value
    deadline = machine.clock.now() + timedelta(seconds=operation.fields["timeout"])
    while not _is_as_expected(operation, value) and (left := (deadline - machine.clock.now()).total_seconds()) > 0:
        machine.clock.sleep(min(_LOOKING_AGAIN, left))
        with machine.guard:
            value = perform(batch, operation.fields)
    return value


def _is_as_expected(operation: Operation, value: Any) -> bool:
    return operation.expect is None or is_met(operation.expect, value)


def _tolerated(operation: Operation, error: Mapping[str, Any]) -> bool:
    names = {"*", error["kind"], error["detail"].get("status")}
    return any(name in names for name in operation.tolerate)


def _failed(failure: OperationError) -> Result:
    return {"ok": False, "error": failure.document()}


def _skipped() -> Result:
    return _failed(OperationError("skipped", "An operation before this one failed."))
