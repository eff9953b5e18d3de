# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said of a change of files that failed: what and why, once each, what became of it, and what to do now."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.citrixfleet.licensing.plugins.module_utils._change_set import Rewrite
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import ConnectionLostError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._exchange import (
    Answer,
    OperationError,
    Outcome,
    Request,
    Undo,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._explain import explain
from ansible_collections.citrixfleet.licensing.plugins.module_utils._failure import (
    Attempt,
    explain_failure,
    find_failure,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._interfaces.document import FileEdit, ServerFile
from ansible_collections.citrixfleet.licensing.plugins.module_utils._profile import Place
from ansible_collections.citrixfleet.licensing.plugins.module_utils._reading import Task
from ansible_collections.citrixfleet.licensing.plugins.module_utils._server import Service
from ansible_collections.citrixfleet.licensing.plugins.module_utils._transaction import Limits, plan_transaction

from tests.unit.plugins.readings import SERVER_VALUE, server

LICENSING = "Citrix Licensing"
RUNNING = server(services=(Service(LICENSING, LICENSING, "Running", "Auto", 1, None, None),))
OPTIONS = ServerFile("myfiles", "CITRIX.opt", b"A 1\r\n")
CHANGE = plan_transaction(
    [Rewrite((FileEdit(OPTIONS, Place("myfiles", OPTIONS.path, "options_file", "A"), "2"),), (LICENSING,))],
    RUNNING,
    Limits(),
)

#: The steps of the change, and its entries of the way back, which come in the reverse order.
COPY, MANIFEST, STOP, WRITE, START, _PROOF = range(6)
UNDO_START, UNDO_WRITE, UNDO_STOP, UNDO_MANIFEST, UNDO_COPY = range(5)
PATH = r"C:\Program Files (x86)\Citrix\Licensing\MyFiles\CITRIX.opt"
FOLDER = r"%ProgramData%\citrixfleet.licensing\backup\20261124T0900000000000Z"

FULL = OperationError("disk_full", "", {"path": OPTIONS.path})
DENIED = OperationError("access_denied", "", {"path": OPTIONS.path})
DEAD = OperationError("service", f"Cannot start service {LICENSING} on computer '.'.", {"name": LICENSING})
SKIPPED = OperationError("skipped", "", {})

AS_BEFORE = "The changes were taken back: read again, the server is as it was before the task."
SETTINGS = "Read again, the server has the settings from before the task."
DOWN = (
    f"NOT RUNNING: {LICENSING} (Stopped); look for the reason in the Windows event log (System, source Service Control "
    r"Manager) and in the logs in C:\Program Files (x86)\Citrix\Licensing\LS\logs."
)
NEXT = (
    "Remove the cause, then run the task again: it (or any other task that changes settings) first takes back what is "
    f"left of the change of files, and starts the services. Until then, the old files are in {FOLDER}."
)


class After:
    """The server after the change, as it is read again; None: it cannot be."""

    def __init__(self, state: str | None) -> None:
        self._state = state

    def send(self, request: Request) -> Answer:
        if self._state is None:
            raise ConnectionLostError("gone")
        service = {"name": LICENSING, "display_name": LICENSING, "state": self._state, "start_mode": "Auto"}
        value = {**SERVER_VALUE, "services": [{**service, "process_id": 1, "account": None, "start_time": None}]}
        return Answer((Outcome(value=value), *(Outcome() for _other in request.operations[1:])))


def message(
    failed: int, error: OperationError, undo_errors: dict[int, OperationError], state: str | None
) -> tuple[str, bool]:
    """What is said when one step failed and, on the way back, some entries did; whether something changed."""
    steps = CHANGE.opening()
    undo = tuple(
        Undo(step.undo, number, step.if_done, step.if_undone)
        for number, step in reversed(list(enumerate(steps)))
        if step.undo is not None
    )
    request = Request(tuple(step.operation for step in steps), undo)
    errors = (None if number < failed else error if number == failed else SKIPPED for number in range(len(steps)))
    undone = {}
    for index, entry in enumerate(undo):
        wanted = entry.after < failed if entry.if_done else entry.after <= failed
        if wanted and not (entry.if_undone and any(one.error for one in undone.values())):
            undone[index] = Outcome(error=undo_errors.get(index))
    answer = Answer(tuple(Outcome(error=one) for one in errors), undone)
    failure = find_failure(request, answer)
    assert failure is not None
    attempt = Attempt((), (), steps, CHANGE, request, answer)
    told = explain_failure(attempt, failure, RUNNING, Task((), None, check_mode=False), After(state))
    return str(told), told.changed


NO_COPY = f"Copying {PATH} to the backup failed: No space is left on the disk of {PATH}."
NO_WRITE = f"Writing {PATH} failed: No space is left on the disk of {PATH}."
NO_START = f"Starting the service {LICENSING} failed: {DEAD.message}"
COPIES = f"Copies of the files are left in {FOLDER}; the next change of files removes them."
SAME_REASON = "Taking it back failed in part, for the same reason"
UNREAD = "The server could not be read again (gone)."
REPORTED = "The agent reports that it took back what can be taken back."
BUSY = OperationError("busy", "", {})


class Case(t.NamedTuple):
    """A step that fails, entries of the way back that do, the service's state then, and what is said."""

    id: str
    failed: int
    error: OperationError
    undo_errors: dict[int, OperationError]
    state: str | None
    said: tuple[str, ...]
    changed: bool


CASES = (
    Case("nothing was changed yet", COPY, FULL, {}, None, (NO_COPY, "Nothing was changed."), False),
    Case("copies stay", COPY, FULL, {UNDO_COPY: DENIED}, None, (NO_COPY, "Nothing was changed.", COPIES), False),
    Case("another run", COPY, BUSY, {}, None, (explain(BUSY, RUNNING), "Nothing was changed."), False),
    Case("taken back", WRITE, FULL, {}, "Running", (NO_WRITE, AS_BEFORE), False),
    Case("taken back, copies stay", WRITE, FULL, {UNDO_COPY: DENIED}, "Running", (NO_WRITE, AS_BEFORE, COPIES), False),
    Case(
        "the service starts on no files",
        *(START, DEAD, {UNDO_STOP: DEAD}, "Stopped"),
        (NO_START, f"{SAME_REASON}.", SETTINGS, DOWN, NEXT),
        changed=True,
    ),
    Case(
        "a file does not go back",
        *(START, DEAD, {UNDO_WRITE: FULL}, "Running"),
        (
            NO_START,
            f"Taking it back failed in part. Putting {PATH} back failed: No space is left on the disk of {PATH}.",
            *(SETTINGS, NEXT),
        ),
        changed=True,
    ),
    Case(
        "the manifest stays",
        *(WRITE, FULL, {UNDO_MANIFEST: FULL}, "Running"),
        (
            NO_WRITE,
            rf"{SAME_REASON}: Deleting %ProgramData%\citrixfleet.licensing\transaction.json.",
            *(SETTINGS, NEXT),
        ),
        changed=True,
    ),
    Case(
        "the service starts on the old files and dies",
        *(START, DEAD, {}, "Stopped"),
        (NO_START, SETTINGS, DOWN, "No later run starts what does not run: start it by hand when the cause is gone."),
        changed=True,
    ),
    Case(
        "not read again",
        *(START, DEAD, {}, None),
        (NO_START, REPORTED, UNREAD, "Look at it before the next run."),
        changed=False,
    ),
    Case(
        "neither taken back nor read again",
        *(START, DEAD, {UNDO_STOP: DEAD}, None),
        (NO_START, f"{SAME_REASON}.", UNREAD, NEXT),
        changed=True,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_a_failed_change(case: Case) -> None:
    said = message(case.failed, case.error, case.undo_errors, case.state)
    assert said == (" ".join(case.said), case.changed)


def contract_names() -> t.Iterator[str]:
    return (step.operation.OP for step in CHANGE.opening())


@pytest.mark.parametrize("failed", range(6))
def test_no_name_of_the_contract_is_printed(failed: int) -> None:
    text, _changed = message(failed, OperationError("failed", "Broken.", {}), {UNDO_STOP: DEAD}, "Stopped")
    assert not [name for name in (*contract_names(), "(failed)", "(service)", "\n") if name in text]
