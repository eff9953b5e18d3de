# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files changed as one: the order of the steps and of the way back, and what an interrupted change leaves to do."""

from __future__ import annotations

import base64
import typing as t

import pytest
from ansible_collections.citrixfleet.licensing.plugins.module_utils._change_set import Listening, Rewrite, RuleMove
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._exchange import OperationError, Outcome
from ansible_collections.citrixfleet.licensing.plugins.module_utils._interfaces.document import FileEdit, ServerFile
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import (
    FileCopy,
    FileWrite,
    Operation,
    ServiceStart,
    ServiceStop,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._profile import Place
from ansible_collections.citrixfleet.licensing.plugins.module_utils._server import Service
from ansible_collections.citrixfleet.licensing.plugins.module_utils._settlement import find_interrupted, settle
from ansible_collections.citrixfleet.licensing.plugins.module_utils._transaction import (
    Limits,
    Transaction,
    plan_transaction,
)

from tests.unit.plugins.readings import server

LICENSING, WEB = "Citrix Licensing", "CitrixWebServicesforLicensing"
OPTIONS = ServerFile("myfiles", "CITRIX.opt", b"A 1\r\nB 1\r\n")


def edit(keyword: str, text: str, file: ServerFile = OPTIONS) -> FileEdit:
    return FileEdit(file, Place("myfiles", file.path, "options_file", keyword), text)


def transaction(*rewrites: Rewrite, backups: int = 5) -> Transaction:
    running = tuple(Service(name, name, "Running", "Auto", 1, None, None) for name in (LICENSING, WEB))
    return plan_transaction(rewrites, server(services=running), Limits(60, backups))


ONE = Rewrite(
    edits=(edit("A", "2"),),
    restart=(WEB, LICENSING),
    listening=(Listening("lmadmin", 27000), Listening("httpd", 8083)),
    moves={27000: 27001},
    rules=(RuleMove("rule", ("27000",), ("27001",)),),
)


def test_steps_come_in_the_order_that_can_always_be_taken_back() -> None:
    steps = transaction(ONE).opening()
    assert [step.operation.OP for step in steps] == [
        "file.copy",
        "file.write",
        "firewall.write",
        "service.stop",
        "file.write",
        "service.start",
        "port.owners",
        "file.read",
    ]
    assert [step.undo.OP if step.undo else None for step in steps] == [
        "folder.delete",
        "file.delete",
        "firewall.write",
        "service.start",
        "file.copy",
        "service.stop",
        None,
        None,
    ]


def test_services_stop_and_start_in_citrix_own_order_whatever_the_rows_say() -> None:
    operations = [step.operation for step in transaction(ONE).opening()]
    assert [item.names for item in operations if isinstance(item, ServiceStop)] == [(WEB, LICENSING)]
    assert [item.names for item in operations if isinstance(item, ServiceStart)] == [(LICENSING, WEB)]


def test_what_listened_has_to_listen_again_on_its_new_port() -> None:
    (proof,) = [step.operation for step in transaction(ONE).opening() if step.operation.OP == "port.owners"]
    assert proof.to_json()["expect"] == {"includes": [{"process": "httpd"}, {"process": "lmadmin", "port": 27001}]}


def test_edits_of_several_sections_in_one_file_are_one_write() -> None:
    other = Rewrite(edits=(edit("B", "2", ServerFile("install", r"myfiles\citrix.OPT", OPTIONS.content)),), restart=())
    merged = transaction(ONE, other)
    assert [change.content for change in merged.files] == [b"A 2\r\nB 2\r\n"]


def test_names_that_windows_tells_apart_are_two_files() -> None:
    edits = (edit("A", "2", ServerFile("myfiles", path, OPTIONS.content)) for path in ("straße.opt", "strasse.opt"))
    assert len(transaction(Rewrite(tuple(edits), ())).files) == 2


def test_a_file_that_stays_as_it_is_is_not_written() -> None:
    assert transaction(Rewrite(edits=(edit("A", "1"),), restart=(LICENSING,))).files == ()


def test_without_services_nothing_is_stopped_and_nothing_is_waited_for() -> None:
    steps = transaction(Rewrite((edit("A", "2"),), (), (Listening("httpd", 8083),))).opening()
    assert not {"service.stop", "service.start", "port.owners"} & {step.operation.OP for step in steps}


def test_a_value_that_the_document_cannot_hold_is_refused() -> None:
    with pytest.raises(LicenseError, match="Nothing was changed"):
        transaction(Rewrite((edit("A", "1\r\nB 2"),), ()))


@pytest.mark.parametrize(
    ("backups", "earlier", "deleted"),
    [
        (5, ["20260101", "20260102"], []),
        (2, ["20260101", "20260102"], ["20260101"]),
        (1, ["20260101", "20990102"], ["20990102", "20260101"]),
        (0, ["20260101"], ["20261124T0900000000000Z", "20260101"]),
    ],
)
def test_the_oldest_copies_go(backups: int, earlier: list[str], deleted: list[str]) -> None:
    copies = [rf"backup\{name}\{file}" for name in earlier for file in ("0-CITRIX.opt", "manifest.json")]
    closing = transaction(ONE, backups=backups).closing(copies)
    assert [item.to_json()["path"] for item in closing if item.OP == "folder.delete"] == [
        rf"backup\{name}" for name in deleted
    ]


def test_copies_that_a_dead_run_left_without_a_manifest_go_first() -> None:
    closing = transaction(ONE).closing([r"backup\20260101\0-CITRIX.opt"])
    assert [item.to_json()["path"] for item in closing if item.OP == "folder.delete"] == [r"backup\20260101"]


def interrupted() -> t.Any:
    manifest = transaction(ONE).manifest.to_json()
    value = {"exists": True, "sha256": "ab", "content": base64.b64encode(manifest).decode()}
    found = find_interrupted(Outcome(value=value))
    assert found is not None
    return found


def outcomes(
    now: str | None, temporary: str | None = None, copy: str | None = "old", rules: t.Sequence[str] = ("27001",)
) -> dict[str, Outcome]:
    (change,) = transaction(ONE).files
    digests = {"old": change.file.sha256, "new": change.new_sha256}
    found = {"now": now, "temporary": temporary, "copy": copy}
    files = {
        f"{name} CITRIX.opt": Outcome(value={"sha256": digests.get(text or "", text)}) for name, text in found.items()
    }
    return {**files, "rules": Outcome(value=[{"name": "RULE", "local_ports": list(rules)}])}


def operations(found: dict[str, Outcome], state: str = "Stopped") -> list[Operation]:
    services = tuple(Service(name, name, state, "Auto", None, None, None) for name in (LICENSING, WEB))
    return list(settle(interrupted(), found, server(services=services), 60).request.operations)


def test_a_settlement_reads_what_it_needs() -> None:
    assert set(interrupted().reads()) == set(outcomes("old"))


def names(found: dict[str, Outcome], state: str = "Stopped") -> list[str]:
    return [item.OP for item in operations(found, state)]


def test_an_interrupted_change_is_taken_back_and_the_services_start() -> None:
    expected = ["file.read", "file.copy", "firewall.write", "service.start", "file.delete", "folder.delete"]
    assert names(outcomes("new")) == expected
    (copy,) = [item for item in operations(outcomes("new")) if isinstance(item, FileCopy)]
    (change,) = transaction(ONE).files
    assert (copy.sha256, copy.replaces) == (change.file.sha256, change.new_sha256)


def test_services_that_run_on_the_new_files_stop_first_and_start_whatever_happens() -> None:
    assert names(outcomes("new"), "Running")[:3] == ["file.read", "service.stop", "file.copy"]
    running = tuple(Service(name, name, "Running", "Auto", 1, None, None) for name in (LICENSING, WEB))
    undo = settle(interrupted(), outcomes("new"), server(services=running), 60).request.undo
    assert [entry.operation for entry in undo] == [ServiceStart((LICENSING, WEB), 60)]


def test_files_that_are_old_still_stop_nothing() -> None:
    assert names(outcomes("old"), "Running") == [
        "file.read",
        "firewall.write",
        "service.start",
        "file.delete",
        "folder.delete",
    ]


def test_what_a_write_left_beside_a_file_goes() -> None:
    deleted = [item.to_json() for item in operations(outcomes("old", temporary="ab")) if item.OP == "file.delete"]
    assert deleted[0]["path"] == "CITRIX.opt.citrixfleet.tmp"


@pytest.mark.parametrize(
    "found",
    [outcomes("somebody else's"), outcomes(None), outcomes("new", copy=None), outcomes("new", copy="damaged")],
    ids=["changed since", "gone", "no copy", "another copy"],
)
def test_a_file_that_cannot_go_back_is_left_alone_and_the_copies_stay(found: dict[str, Outcome]) -> None:
    assert names(found, "Running") == ["file.read", "firewall.write", "service.start", "file.copy", "file.delete"]
    assert settle(interrupted(), found, server(), 60).left == ("CITRIX.opt",)


@pytest.mark.parametrize("label", ["now CITRIX.opt", "copy CITRIX.opt", "rules"])
def test_what_cannot_be_looked_at_settles_nothing(label: str) -> None:
    denied = Outcome(error=OperationError("access_denied", "", {"path": "CITRIX.opt"}))
    with pytest.raises(LicenseError, match="waits to be taken back"):
        operations({**outcomes("new"), label: denied})


def test_a_service_that_is_gone_is_not_started() -> None:
    only = (Service(LICENSING, LICENSING, "Running", "Auto", 1, None, None),)
    request = settle(interrupted(), outcomes("new"), server(services=only), 60).request
    assert {name for item in request.operations for name in getattr(item, "names", ())} == {LICENSING}


def test_a_rule_that_did_not_move_yet_stays() -> None:
    assert "firewall.write" not in names(outcomes("old", rules=["27000"]))


def test_every_write_names_the_hash_that_was_read() -> None:
    writes = [step.operation for step in transaction(ONE).opening() if isinstance(step.operation, FileWrite)]
    assert [item.replaces for item in writes] == [None, OPTIONS.sha256]
