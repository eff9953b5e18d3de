# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a change of accounts does, in which order, and what it refuses."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible_collections.citrixfleet.licensing.plugins.module_utils._change_set import ChangeSet
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import Cmdlet, Operation
from ansible_collections.citrixfleet.licensing.plugins.module_utils._server import ServerFacts
from ansible_collections.citrixfleet.licensing.plugins.module_utils._settings.accounts import SECTION

from tests.unit.plugins.readings import OWN_SID, SERVER, cmdlet_error, readings, server

BUILTIN = {
    "Account": r"BUILTIN\Administrators",
    "AccountSid": "S-1-5-32-544",
    "Group": True,
    "Permissions": "Full",
}
OWN = {"Account": r"LS001\ansible", "AccountSid": OWN_SID, "Group": False, "Permissions": "Full"}
ADMINS = {"Account": r"CORP\ctx-admins", "AccountSid": "S-1-5-21-9-1", "Group": True, "Permissions": "Full"}
READERS = {"Account": r"CORP\ctx-readers", "AccountSid": "S-1-5-21-9-2", "Group": True, "Permissions": "ReadOnly"}
GONE = {"Account": r"S-1-5-21-9-66", "AccountSid": "S-1-5-21-9-66", "Group": False, "Permissions": "ReadOnly"}

SIDS = {
    r"CORP\ctx-admins": "S-1-5-21-9-1",
    "ctx-admins@corp.example": "S-1-5-21-9-1",
    "S-1-5-21-9-1": "S-1-5-21-9-1",
    r"corp\CTX-ADMINS": "S-1-5-21-9-1",
    r"CORP\ctx-readers": "S-1-5-21-9-2",
    r"CORP\alice": "S-1-5-21-9-3",
    r"BUILTIN\Administrators": "S-1-5-32-544",
    r"LS001\ansible": OWN_SID,
    r"S-1-5-21-9-66": "S-1-5-21-9-66",
    "S-1-5-32-544": "S-1-5-32-544",
}
NAMES = {sid: name for name, sid in reversed(SIDS.items()) if not name.startswith("S-1-") and "@" not in name}
UNREACHABLE = "OTHER\\eve"


def resolve(name: str) -> dict[str, t.Any]:
    sid = SIDS.get(name)
    error = None
    if sid is None:
        kind = "failed" if name == UNREACHABLE else "not_found"
        error = {"kind": kind, "message": "the domain does not answer", "detail": {}}
    return {"account": name, "sid": sid, "name": NAMES.get(sid or ""), "error": error}


def account(name: str, type: str | None = None, role: str | None = None, state: str = "present") -> dict[str, t.Any]:
    return {"name": name, "type": type, "role": role, "state": state}


def plan(
    current: list[dict[str, t.Any]],
    accounts: list[dict[str, t.Any]],
    exclusive: bool = False,
    allow: tuple[str, ...] = (),
    facts: ServerFacts = SERVER,
    blank: bool = False,
) -> ChangeSet:
    desired = SECTION.desired({"accounts": accounts, "exclusive": exclusive, "allow_removal_of": list(allow)})
    values = {"accounts": current, "names": [resolve(wish.name) for wish in desired.wishes]}
    return SECTION.plan(desired, readings(values, facts, blank))


def said(operations: t.Iterable[Operation]) -> list[str]:
    """Operations in a line each: cmdlet, account, switches."""
    lines = []
    for operation in operations:
        assert isinstance(operation, Cmdlet)
        words = [value if isinstance(value, str) else f"-{name}" for name, value in operation.parameters.items()]
        lines.append(" ".join([operation.name.replace("-LicAdministrator", ""), *words]))
    return lines


def steps(change_set: ChangeSet) -> list[str]:
    return said(step.operation for step in change_set.steps)


def way_back(change_set: ChangeSet) -> list[str]:
    return said(step.undo for step in change_set.steps if step.undo is not None)


@pytest.mark.parametrize(
    ("current", "accounts", "expected"),
    [
        pytest.param([BUILTIN, ADMINS], [account(r"CORP\ctx-admins", "group", "administrator")], [], id="in sync"),
        pytest.param(
            [BUILTIN, ADMINS], [account("ctx-admins@corp.example", "group", "administrator")], [], id="other spelling"
        ),
        pytest.param([BUILTIN, ADMINS], [account("S-1-5-21-9-1")], [], id="by SID, rest left open"),
        pytest.param([BUILTIN, ADMINS], [account(r"corp\CTX-ADMINS", "group")], [], id="other case"),
        pytest.param([BUILTIN], [account(r"CORP\alice", state="absent")], [], id="absent already"),
        pytest.param([BUILTIN], [account(r"CORP\nobody", state="absent")], [], id="unknown account absent"),
        pytest.param(
            [BUILTIN],
            [account("ctx-admins@corp.example", "group", "administrator")],
            [r"New CORP\ctx-admins -Group"],
            id="add a group",
        ),
        pytest.param(
            [BUILTIN], [account(r"CORP\alice", "user", "user")], [r"New CORP\alice -ReadOnly"], id="add a user"
        ),
        pytest.param(
            [BUILTIN, READERS],
            [account(r"CORP\ctx-readers", role="administrator")],
            ["Set S-1-5-21-9-2 -Group"],
            id="promote",
        ),
        pytest.param(
            [BUILTIN, ADMINS],
            [account(r"CORP\ctx-admins", role="user")],
            ["Get", "Set S-1-5-21-9-1 -Group -ReadOnly"],
            id="demote",
        ),
        pytest.param(
            [ADMINS],
            [account(r"CORP\ctx-admins", "user")],
            ["Set S-1-5-21-9-1"],
            id="other kind of the only administrator, without removing it",
        ),
        pytest.param(
            [BUILTIN, ADMINS],
            [account(r"CORP\ctx-admins", state="absent")],
            ["Get", "Remove S-1-5-21-9-1"],
            id="remove",
        ),
        pytest.param(
            [BUILTIN, GONE], [account("S-1-5-21-9-66", state="absent")], ["Get", "Remove S-1-5-21-9-66"], id="orphan"
        ),
        pytest.param(
            [BUILTIN, ADMINS],
            [
                account(r"CORP\ctx-admins", state="absent"),
                account(r"CORP\alice", "user", "administrator"),
            ],
            [r"New CORP\alice", "Get", "Remove S-1-5-21-9-1"],
            id="add and read back before remove",
        ),
    ],
)
def test_what_is_done_and_in_which_order(
    current: list[dict[str, t.Any]], accounts: list[dict[str, t.Any]], expected: list[str]
) -> None:
    assert steps(plan(current, accounts)) == expected


def test_exclusive_removes_the_others_but_not_the_protected_ones() -> None:
    change_set = plan(
        [BUILTIN, OWN, ADMINS, READERS], [account(r"CORP\alice", "user", "administrator")], exclusive=True
    )
    assert steps(change_set) == [r"New CORP\alice", "Get", "Remove S-1-5-21-9-1", "Remove S-1-5-21-9-2"]
    assert [(item["name"], item["reason"]) for item in change_set.actions["kept"]] == [
        (r"BUILTIN\Administrators", "builtin_administrators"),
        (r"LS001\ansible", "connected_account"),
    ]


def test_exclusive_removes_protected_accounts_that_may_go() -> None:
    change_set = plan(
        [BUILTIN, OWN],
        [account(r"CORP\alice", "user", "administrator")],
        exclusive=True,
        allow=("builtin_administrators", "connected_account"),
    )
    assert steps(change_set) == [r"New CORP\alice", "Get", "Remove S-1-5-32-544", f"Remove {OWN_SID}"]


def test_every_change_has_a_way_back() -> None:
    change_set = plan(
        [BUILTIN, ADMINS, READERS],
        [
            account(r"CORP\alice", "user", "administrator"),
            account(r"CORP\ctx-admins", state="absent"),
            account(r"CORP\ctx-readers", role="administrator"),
        ],
    )
    assert way_back(change_set) == [
        "Remove S-1-5-21-9-3",
        "Set S-1-5-21-9-2 -Group -ReadOnly",
        r"New CORP\ctx-admins -Group",
    ]


def test_the_false_account_error_is_tolerated_and_the_proof_asks_for_the_account() -> None:
    change_set = plan([BUILTIN], [account(r"CORP\alice", "user", "administrator")])
    assert change_set.steps[0].operation.tolerate == ("ActiveDirectoryAccountResolutionFailed",)
    proof = change_set.verify["accounts"].expect
    assert proof is not None
    assert proof.includes == ({"AccountSid": "S-1-5-21-9-3", "Group": False, "Permissions": "Full"},)


def test_an_empty_list_reads_as_empty() -> None:
    values = {"accounts": cmdlet_error("NoUsers"), "names": [resolve(r"CORP\alice")]}
    desired = SECTION.desired({"accounts": [account(r"CORP\alice", "user", "administrator")]})
    change_set = SECTION.plan(desired, readings(values))
    assert change_set.before == {"accounts": []}
    assert steps(change_set) == [r"New CORP\alice"]


def test_without_a_license_server_the_plan_is_to_add() -> None:
    change_set = plan([], [account(r"CORP\alice", "user", "administrator")], blank=True)
    assert change_set.before == {"accounts": []}
    assert [item["name"] for item in change_set.after["accounts"]] == [r"CORP\alice"]


@pytest.mark.parametrize(
    ("current", "accounts", "options", "message"),
    [
        pytest.param([BUILTIN], [account(r"CORP\nobody", "user", "user")], {}, "no account", id="unknown account"),
        pytest.param(
            [BUILTIN],
            [account(UNREACHABLE, "user", "user")],
            {},
            "could not be looked up",
            id="domain that does not answer",
        ),
        pytest.param(
            [BUILTIN],
            [account(UNREACHABLE, state="absent")],
            {},
            "could not be looked up",
            id="absent, and the domain does not answer",
        ),
        pytest.param([BUILTIN], [account(r"CORP\alice")], {}, "type and role", id="new account without type"),
        pytest.param([BUILTIN, GONE], [account("S-1-5-21-9-67", "user", "user")], {}, "no account", id="SID of nobody"),
        pytest.param(
            [ADMINS], [account(r"CORP\ctx-admins", state="absent")], {}, "No administrator would be left", id="last one"
        ),
        pytest.param(
            [ADMINS],
            [account(r"CORP\ctx-admins", role="user")],
            {},
            "No administrator would be left",
            id="last demoted",
        ),
        pytest.param(
            [BUILTIN, ADMINS],
            [account(r"BUILTIN\Administrators", state="absent")],
            {},
            "allow_removal_of",
            id="builtin administrators",
        ),
        pytest.param(
            [BUILTIN, ADMINS],
            [account(r"BUILTIN\Administrators", role="user")],
            {},
            "allow_removal_of",
            id="builtin administrators demoted",
        ),
        pytest.param(
            [BUILTIN, ADMINS], [account("S-1-5-32-544", "user")], {}, "change of type", id="builtin as a user"
        ),
        pytest.param(
            [ADMINS, OWN], [account(r"LS001\ansible", state="absent")], {}, "allow_removal_of", id="the task's account"
        ),
        pytest.param(
            [ADMINS, BUILTIN],
            [account(r"BUILTIN\Administrators", state="absent")],
            {"allow": ("builtin_administrators",)},
            "would no longer administer",
            id="the group that the task's account administers through",
        ),
        pytest.param(
            [BUILTIN],
            [account(r"CORP\ctx-admins", "group", "user"), account("ctx-admins@corp.example", "group", "user")],
            {},
            "listed twice",
            id="one account in two spellings",
        ),
    ],
)
def test_what_only_the_server_can_tell_is_refused_before_a_change(
    current: list[dict[str, t.Any]], accounts: list[dict[str, t.Any]], options: dict[str, t.Any], message: str
) -> None:
    with pytest.raises(LicenseError, match=message):
        plan(current, accounts, **options)


@pytest.mark.parametrize("wish", [account(r"CORP\alice", "user", "user"), account(r"CORP\alice", state="absent")])
def test_check_mode_without_a_license_server_guards_nobody(wish: dict[str, t.Any]) -> None:
    assert plan([], [wish], blank=True).before == {"accounts": []}


def test_through_admin_address_local_groups_of_the_host_do_not_count_as_access() -> None:
    elsewhere = SERVER.seen_from_elsewhere("v11.17.2.0 build 53100")
    facts = dataclasses.replace(elsewhere, user_groups=elsewhere.user_groups | {ADMINS["AccountSid"]})
    with pytest.raises(LicenseError, match="would no longer administer"):
        plan([BUILTIN, ADMINS], [account(r"CORP\ctx-admins", state="absent")], facts=facts)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"accounts": [account("", "user", "user")]}, "not the name of an account"),
        ({"accounts": [account("  ", "user", "user")]}, "not the name of an account"),
        ({"accounts": [account("CORP\\a\nb", "user", "user")]}, "control character"),
        ({"accounts": [account("CORP\alice", "user", "user")]}, "double the backslash"),
        ({"accounts": [account("CORP\\a\\b", "user", "user")]}, "not the name of an account"),
        ({"accounts": [account("a" * 257, "user", "user")]}, "not the name of an account"),
        ({"accounts": [account("CORP\\a"), account("corp\\A")]}, "more than once"),
        ({"accounts": [account("CORP\\a", state="absent")], "exclusive": True}, "exclusive needs"),
        ({"accounts": [], "exclusive": True}, "exclusive needs"),
    ],
)
def test_bad_input_is_refused_before_anything_is_sent(options: dict[str, t.Any], message: str) -> None:
    with pytest.raises(LicenseError, match=message):
        SECTION.desired(options)


def test_names_with_quotes_and_script_are_passed_on_as_they_are() -> None:
    name = r"CORP\o'brien $(calc) 日本"
    desired = SECTION.desired({"accounts": [account(name, "user", "user")]})
    assert SECTION.reads(desired)["names"].to_json()["accounts"] == [name]


def test_an_unknown_permission_is_not_guessed() -> None:
    with pytest.raises(LicenseError, match="unknown permission 'Partial'"):
        plan([{**ADMINS, "Permissions": "Partial"}], [])


def test_a_log_on_without_rights_on_the_license_server_may_still_be_the_one_that_adds() -> None:
    facts = server(user_groups=frozenset())
    assert steps(plan([ADMINS], [account(r"CORP\alice", "user", "user")], facts=facts)) == [r"New CORP\alice -ReadOnly"]
