# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The accounts of the emulated world: one domain, and a few local accounts on each server."""

from __future__ import annotations

from .accounts import ADMINISTRATORS_SID, Account

DOMAIN, DOMAIN_DNS = "CORP", "corp.example"
UNREACHABLE_DOMAIN = "OTHER"
DOMAIN_SID = "S-1-5-21-3623811015-3361044348-30300820"
_USERS_RID = 513  # well known: Domain Users
_DOMAIN_USERS = f"{DOMAIN_SID}-{_USERS_RID}"

# name, relative identifier, relative identifiers of further groups. svc-ansible administers the servers.
_USERS: tuple[tuple[str, int, tuple[int, ...]], ...] = (
    ("alice", 1101, (1601,)),
    ("bob", 1102, (1602,)),
    ("carol", 1103, (1603,)),
    ("o'brien", 1104, ()),
    ("Jörg Müller", 1105, ()),
    ("日本", 1106, ()),
    ("$(calc)", 1107, ()),
    ("a b", 1108, ()),
    ("svc-ansible", 1201, ()),
)
_GROUPS = (("Domain Users", _USERS_RID), ("ctx-admins", 1601), ("ctx-readers", 1602), ("helpdesk", 1603))

# An account that is gone: its identifier is well-formed, belongs to the domain, and has no name any more.
DEPARTED = f"{DOMAIN}\\departed"

SERVICE_ACCOUNT = f"{DOMAIN}\\svc-ansible"


def domain_accounts() -> list[Account]:
    """Users and groups of CORP."""
    users = [
        Account(
            f"{DOMAIN}\\{name}",
            f"{DOMAIN_SID}-{rid}",
            f"{name}@{DOMAIN_DNS}",
            member_of=(_DOMAIN_USERS, *(f"{DOMAIN_SID}-{group}" for group in groups), *_local_groups(name)),
        )
        for name, rid, groups in _USERS
    ]
    groups = [
        Account(f"{DOMAIN}\\{name}", f"{DOMAIN_SID}-{rid}", f"{name}@{DOMAIN_DNS}", group=True) for name, rid in _GROUPS
    ]
    return users + groups


def _local_groups(name: str) -> tuple[str, ...]:
    return (ADMINISTRATORS_SID,) if name == "svc-ansible" else ()


def local_accounts(computer: str, number: int) -> list[Account]:
    """The local accounts of the server with that number."""
    machine = f"S-1-5-21-1004336348-1177238915-{682003329 + number}"
    administrators = (ADMINISTRATORS_SID,)
    return [
        Account(f"{computer}\\Administrator", f"{machine}-500", member_of=administrators),
        Account(f"{computer}\\installer", f"{machine}-1000", member_of=administrators),
        Account(f"{computer}\\ansible", f"{machine}-1001", member_of=administrators),
        Account(f"{computer}\\auditor", f"{machine}-1002"),
        Account(f"{computer}\\license-operators", f"{machine}-1003", group=True),
    ]
