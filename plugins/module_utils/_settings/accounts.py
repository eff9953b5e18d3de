# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""Accounts: which users and groups may administer or read the License Server (page: tab Account).

Accounts are compared by SID. Nothing is removed or demoted before everything that is to be added or promoted is there
and has been read back; at least one administrator always stays.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._change_set import (
    ChangeSet,
    Observation,
    Readings,
    Step,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._exchange import parse_error
from ansible_collections.citrixfleet.licensing.plugins.module_utils._explain import explain
from ansible_collections.citrixfleet.licensing.plugins.module_utils._interfaces import snapin
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import (
    AccountResolve,
    Expectation,
    Operation,
    Properties,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._server import ServerFacts

BUILTIN_ADMINISTRATORS = "S-1-5-32-544"

BUILTIN = "builtin_administrators"
CONNECTED = "connected_account"

ACCOUNT_OPTIONS: dict[str, t.Any] = {
    "name": {"type": "str", "required": True},
    "type": {"type": "str", "choices": ["user", "group"]},
    "role": {"type": "str", "choices": ["administrator", "user"]},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}

_SID = re.compile(r"S-1-\d+(-\d+)+", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LONGEST_NAME = 256
_SPELLINGS = r"Write DOMAIN\name, name@domain, COMPUTER\name, .\name or a SID."


@dataclasses.dataclass(frozen=True)
class Wish:
    """One account as it was asked for; ``group`` and ``role`` are None where they were left open."""

    name: str
    group: bool | None
    role: str | None
    present: bool


@dataclasses.dataclass(frozen=True)
class Desired:
    """The accounts asked for, and what may go.

    ``exclusive``: accounts that are not asked for are removed. ``removable``: which of the two protected administrators
    may be removed or demoted.
    """

    wishes: tuple[Wish, ...]
    exclusive: bool
    removable: frozenset[str]


@dataclasses.dataclass(frozen=True)
class Account:
    """One account of the License Server; ``role`` is ``administrator`` or ``user``."""

    sid: str
    name: str
    group: bool
    role: str

    @property
    def is_administrator(self) -> bool:
        """Whether the account has full permission."""
        return self.role == "administrator"

    def state(self) -> dict[str, str]:
        """The account in the words of the module's options."""
        return {"name": self.name, "sid": self.sid, "type": "group" if self.group else "user", "role": self.role}

    def wanted(self) -> Properties:
        """The account as Get-LicAdministrator must print it."""
        return {"AccountSid": self.sid, "Group": self.group, "Permissions": snapin.PERMISSIONS[self.role]}


Accounts = t.Mapping[str, Account]


_OPTIONS: t.Mapping[str, t.Any] = {
    "accounts": {"type": "list", "elements": "dict", "options": ACCOUNT_OPTIONS},
    "exclusive": {"type": "bool", "default": False},
    "allow_removal_of": {"type": "list", "elements": "str", "choices": [BUILTIN, CONNECTED], "default": []},
}


class _Section:
    name = "accounts"
    needs_server = True
    options = _OPTIONS

    def desired(self, options: t.Mapping[str, t.Any]) -> Desired:
        """See :class:`Section`; refuses illegal and repeated names, and an exclusive list without an account."""
        wishes = tuple(_wish(account) for account in options.get("accounts") or ())
        names = [wish.name.casefold() for wish in wishes]
        repeated = sorted({wish.name for wish in wishes if names.count(wish.name.casefold()) > 1})
        if repeated:
            raise LicenseError(f"The account {repeated[0]!r} is listed more than once.")
        exclusive = bool(options.get("exclusive"))
        if exclusive and not any(wish.present for wish in wishes):
            raise LicenseError("exclusive needs at least one account with state=present; nothing else would be left.")
        return Desired(wishes, exclusive, frozenset(options.get("allow_removal_of") or ()))

    def reads(self, desired: Desired) -> dict[str, Operation]:
        """The accounts of the server, and the SIDs of the names that were asked for."""
        reads: dict[str, Operation] = {"accounts": snapin.read_accounts()}
        if desired.wishes:
            reads["names"] = AccountResolve(tuple(wish.name for wish in desired.wishes))
        return reads

    def observe(self, desired: Desired, readings: Readings) -> Observation:
        """See :class:`Section`."""
        return Observation({"accounts": listing(read_state(readings))})

    def plan(self, desired: Desired, readings: Readings) -> ChangeSet:
        """See :class:`Section`; refuses unknown accounts, and plans that would lock somebody out who must stay."""
        current = read_state(readings)
        resolved = _resolve(desired.wishes, readings, current)
        after, kept = _after(desired, current, resolved, readings.server)
        steps = _steps(current, after)
        if steps and not readings.blank:
            _guard(desired, current, after, readings.server)
        return ChangeSet(
            before={"accounts": listing(current)},
            after={"accounts": listing(after)},
            steps=steps,
            verify={"accounts": snapin.read_accounts(_expectation(current, after))} if steps else {},
            actions={"kept": kept},
        )


SECTION = _Section()


def read_state(readings: Readings) -> dict[str, Account]:
    """The accounts that Get-LicAdministrator printed, by SID; none where no License Server is installed yet."""
    accounts: dict[str, Account] = {}
    if readings.blank:
        return accounts
    for item in readings.value("accounts", empty_status=snapin.NO_ACCOUNTS):
        permissions = str(item["Permissions"])
        sid = str(item["AccountSid"]).upper()
        role = snapin.ROLES.get(permissions.casefold())
        if role is None:
            raise LicenseError(f"The License Server gives {item['Account']} the unknown permission {permissions!r}.")
        accounts[sid] = Account(sid, str(item["Account"]), bool(item["Group"]), role)
    return accounts


def _wish(options: t.Mapping[str, t.Any]) -> Wish:
    name = options["name"]
    if _CONTROL.search(name):
        raise LicenseError(
            f"{name!r} is not the name of an account: it has a control character. Ad-hoc arguments of the form "
            r"key=value turn \a, \b, \n and others into one: double the backslash (CORP\\alice), or use JSON."
        )
    if not name.strip() or len(name) > _LONGEST_NAME or name.count("\\") > 1:
        raise LicenseError(f"{name!r} is not the name of an account. {_SPELLINGS}")
    kind = options.get("type")
    return Wish(name, None if kind is None else kind == "group", options.get("role"), options["state"] == "present")


def listing(accounts: Accounts) -> list[dict[str, str]]:
    """The accounts for a result, sorted by name."""
    return [account.state() for account in sorted(accounts.values(), key=lambda item: item.name.casefold())]


@dataclasses.dataclass(frozen=True)
class _Resolved:
    """What Windows makes of a name; ``sid`` is None for an unknown account that is to be absent anyway."""

    sid: str | None
    name: str | None


def _resolve(wishes: tuple[Wish, ...], readings: Readings, current: Accounts) -> list[_Resolved]:
    if not wishes:
        return []
    resolved = [
        _resolve_one(wish, item, current, readings.server)
        for wish, item in zip(wishes, readings.value("names"), strict=True)
    ]
    sids = [item.sid for item in resolved if item.sid]
    for wish, item in zip(wishes, resolved, strict=True):
        if item.sid and sids.count(item.sid) > 1:
            raise LicenseError(f"{wish.name!r} is listed twice: two of the names are the account {item.sid}.")
    return resolved


def _resolve_one(wish: Wish, item: t.Mapping[str, t.Any], current: Accounts, server: ServerFacts) -> _Resolved:
    if item["error"] is None:
        return _Resolved(str(item["sid"]).upper(), item["name"])
    listed = next((account for account in current.values() if account.name.casefold() == wish.name.casefold()), None)
    if listed is not None and not wish.present:
        return _Resolved(listed.sid, listed.name)
    error = parse_error(item["error"])
    if error.kind == "not_found":
        if not wish.present:
            return _Resolved(None, None)
        raise LicenseError(f"There is no account {wish.name!r}; nothing was changed. {_SPELLINGS}")
    raise LicenseError(f"The account {wish.name!r} could not be looked up. {explain(error, server)}")


def _after(
    desired: Desired, current: Accounts, resolved: list[_Resolved], server: ServerFacts
) -> tuple[dict[str, Account], list[dict[str, str]]]:
    """The accounts as they are to be, and the protected ones that ``exclusive`` would have removed."""
    after = dict(current)
    for wish, found in zip(desired.wishes, resolved, strict=True):
        if found.sid is None:
            continue
        if wish.present:
            after[found.sid] = _present(wish, found, current.get(found.sid))
        else:
            after.pop(found.sid, None)
    if not desired.exclusive:
        return after, []
    listed = {found.sid for wish, found in zip(desired.wishes, resolved, strict=True) if wish.present}
    kept = []
    for sid, account in current.items():
        if sid in listed or sid not in after:
            continue
        reason = _protection(account, desired, server)
        if reason is None:
            del after[sid]
        else:
            kept.append({**account.state(), "reason": reason})
    return after, kept


def _present(wish: Wish, found: _Resolved, existing: Account | None) -> Account:
    sid = t.cast(str, found.sid)
    if existing is not None:
        group = existing.group if wish.group is None else wish.group
        return Account(sid, existing.name, group, wish.role or existing.role)
    if wish.group is None or wish.role is None:
        raise LicenseError(f"{wish.name!r} is not on the list yet: type and role are needed to add it.")
    if found.name is None:
        raise LicenseError(f"{wish.name!r} has no name any more, so it cannot be added.")
    return Account(sid, found.name, wish.group, wish.role)


def _protection(account: Account, desired: Desired, server: ServerFacts) -> str | None:
    """Which protected administrator an account is, unless it may go; None for any other."""
    if not account.is_administrator:
        return None
    if account.sid == BUILTIN_ADMINISTRATORS and BUILTIN not in desired.removable:
        return BUILTIN
    if account.sid == server.user_sid and CONNECTED not in desired.removable:
        return CONNECTED
    return None


def _guard(desired: Desired, current: Accounts, after: Accounts, server: ServerFacts) -> None:
    """Refuse a plan that would lock everybody, a protected administrator, or the task's own account out."""
    if not any(account.is_administrator for account in after.values()):
        raise LicenseError("No administrator would be left on the License Server; nothing was changed.")
    for account in current.values():
        reason = _protection(account, desired, server)
        left = after.get(account.sid)
        if reason is not None and (left is None or not left.is_administrator or left.group != account.group):
            raise LicenseError(
                f"{account.name} is protected from removal, demotion and change of type; nothing was changed. "
                f"If that is meant, add {reason} to allow_removal_of."
            )
    own = {server.user_sid, *server.user_groups}
    if CONNECTED not in desired.removable and _administers(own, current) and not _administers(own, after):
        raise LicenseError(
            f"{server.user}, the account of this task, would no longer administer the License Server; nothing was "
            f"changed. List it or one of its groups as administrator, or add {CONNECTED} to allow_removal_of."
        )


def _administers(sids: t.Collection[str | None], accounts: Accounts) -> bool:
    return any(account.is_administrator and account.sid in sids for account in accounts.values())


def _steps(current: Accounts, after: Accounts) -> tuple[Step, ...]:
    """Add, promote, read back, and only then demote and remove."""
    gains = [Step(_add(account), snapin.remove_account(sid)) for sid, account in after.items() if sid not in current]
    losses: list[Step] = []
    for sid, account in after.items():
        old = current.get(sid)
        if old is not None and old != account:
            (gains if account.is_administrator else losses).append(Step(_change(account), _change(old)))
    losses.extend(Step(snapin.remove_account(sid), _add(old)) for sid, old in current.items() if sid not in after)
    if not losses:
        return tuple(gains)
    there = [account.wanted() for account in after.values() if account.is_administrator]
    return (*gains, Step(snapin.read_accounts(Expectation(includes=tuple(there)))), *losses)


def _add(account: Account) -> Operation:
    return snapin.add_account(account.name, account.group, account.role)


def _change(account: Account) -> Operation:
    return snapin.change_account(account.sid, account.group, account.role)


def _expectation(current: Accounts, after: Accounts) -> Expectation:
    touched = [account.wanted() for sid, account in after.items() if current.get(sid) != account]
    gone: list[Properties] = [{"AccountSid": sid} for sid in current if sid not in after]
    return Expectation(includes=tuple(touched), excludes=tuple(gone))
