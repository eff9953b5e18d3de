# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests are the JSON of the contract, and whatever is not an answer of the contract is refused."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.citrixfleet.licensing.plugins.module_utils._exchange import (
    ContractError,
    Request,
    Undo,
    parse_answer,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import (
    AccountResolve,
    Cmdlet,
    Expectation,
    FileDelete,
    FileList,
    FileRead,
    FileWrite,
    Operation,
    PortOwners,
    RegistryRead,
    Server,
    ServiceStart,
    ServiceStop,
)


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (Server(), {"op": "server"}),
        (Server(tolerate=("*",)), {"op": "server", "tolerate": ["*"]}),
        (
            Cmdlet(
                "Get-LicAdministrator", select=("Account",), expect=Expectation(includes=({"Account": ("a", "b")},))
            ),
            {
                "op": "cmdlet",
                "name": "Get-LicAdministrator",
                "parameters": {},
                "select": ["Account"],
                "expect": {"includes": [{"Account": ["a", "b"]}]},
            },
        ),
        (FileRead("install", r"LS\a"), {"op": "file.read", "root": "install", "path": r"LS\a"}),
        (FileRead("install", "a", tail=5), {"op": "file.read", "root": "install", "path": "a", "tail": 5}),
        (
            FileList("myfiles", "", pattern="*.lic", content=True),
            {"op": "file.list", "root": "myfiles", "path": "", "pattern": "*.lic", "content": True},
        ),
        (
            FileWrite("myfiles", "a", "QQ==", None),
            {"op": "file.write", "root": "myfiles", "path": "a", "content": "QQ==", "replaces": None},
        ),
        (
            FileDelete("myfiles", "a", "00"),
            {"op": "file.delete", "root": "myfiles", "path": "a", "replaces": "00"},
        ),
        (RegistryRead("SOFTWARE\\x", 32), {"op": "registry.read", "key": "SOFTWARE\\x", "view": 32}),
        (ServiceStop(("a",)), {"op": "service.stop", "names": ["a"]}),
        (ServiceStart(("a",), 5), {"op": "service.start", "names": ["a"], "timeout": 5}),
        (PortOwners(), {"op": "port.owners"}),
        (AccountResolve(("a",)), {"op": "account.resolve", "accounts": ["a"]}),
    ],
)
def test_an_operation_is_written_as_the_contract_says(operation: Operation, expected: dict[str, t.Any]) -> None:
    assert operation.to_json() == expected


def test_a_request_is_ascii_whatever_is_in_it() -> None:
    request = Request(
        (Cmdlet("New-LicAdministrator", {"Account": 'CORP\\"日本" $(x)\n'}),),
        undo=(Undo(Cmdlet("Remove-LicAdministrator", {"AccountSid": "S-1-5-7"}, tolerate=("*",)), after=0),),
        admin_address="https://ls001:8083",
    )
    text = request.to_text()
    assert text.isascii()
    assert "\n" not in text
    document = json.loads(text)
    assert document["ops"][0]["parameters"]["Account"] == 'CORP\\"日本" $(x)\n'
    assert document["undo"] == [
        {
            "op": "cmdlet",
            "name": "Remove-LicAdministrator",
            "parameters": {"AccountSid": "S-1-5-7"},
            "after": 0,
        }
    ]
    assert document["admin_address"] == "https://ls001:8083"


@pytest.mark.parametrize(
    ("operation", "reads"),
    [
        (Cmdlet("Get-LicAdministrator"), True),
        (Cmdlet("Set-LicCEIPOption"), False),
        (FileRead("install", "a"), True),
        (FileWrite("install", "a", "", None), False),
        (FileDelete("install", "a", ""), False),
        (ServiceStop(()), False),
        (ServiceStart(()), False),
    ],
)
def test_a_request_knows_whether_it_changes_the_host(operation: Operation, reads: bool) -> None:
    assert Request((Server(), operation)).reads is reads


def test_an_answer_gives_the_results_in_order() -> None:
    answer = parse_answer(
        {
            "v": 1,
            "failed": False,
            "results": [
                {"ok": True, "value": [1]},
                {"ok": False, "error": {"kind": "cmdlet", "message": "m", "detail": {"status": "NoUsers"}}},
            ],
            "undone": [{"index": 0, "ok": True, "value": []}],
        },
        expected=2,
    )
    assert answer.outcomes[0].value == [1]
    assert answer.outcomes[1].error is not None
    assert answer.outcomes[1].error.status == "NoUsers"
    assert len(answer.undone) == 1


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"v": 1, "failed": True, "msg": "unknown operation", "results": [], "undone": []}, "unknown operation"),
        ({"failed": True, "msg": "the wrapper failed", "rc": 1}, "the wrapper failed"),
        ({"module_stderr": "access denied", "msg": ""}, "access denied"),
        ({"v": 2, "failed": False, "results": [{}], "undone": []}, "no answer of the agent"),
        ({"v": 1, "failed": False, "results": [], "undone": []}, "0 results for 1"),
        ({}, "no answer of the agent"),
    ],
)
def test_anything_else_is_not_taken_for_an_answer(document: dict[str, t.Any], said: str) -> None:
    with pytest.raises(ContractError, match=said):
        parse_answer(document, expected=1)
