# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accounts of the host and of its domain: names, principals and security identifiers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .errors import OperationError

ADMINISTRATORS_SID = "S-1-5-32-544"
SYSTEM_SID = "S-1-5-18"
_SID = re.compile(r"S-1-\d{1,15}(-\d{1,10}){1,15}", re.IGNORECASE)


@dataclass(frozen=True)
class Account:
    """One account. ``name`` is ``DOMAIN\\name``; ``principal`` is ``name@domain``, None for a local account."""

    name: str
    sid: str
    principal: str | None = None
    group: bool = False
    member_of: tuple[str, ...] = ()


# Well-known identifiers of Windows itself.
WELL_KNOWN = (
    Account("Everyone", "S-1-1-0", group=True),
    Account("NT AUTHORITY\\NETWORK", "S-1-5-2", group=True),
    Account("NT AUTHORITY\\INTERACTIVE", "S-1-5-4", group=True),
    Account("NT AUTHORITY\\Authenticated Users", "S-1-5-11", group=True),
    Account("NT AUTHORITY\\SYSTEM", SYSTEM_SID, member_of=(ADMINISTRATORS_SID,)),
    Account("NT AUTHORITY\\LOCAL SERVICE", "S-1-5-19"),
    Account("NT AUTHORITY\\NETWORK SERVICE", "S-1-5-20"),
    Account("BUILTIN\\Administrators", ADMINISTRATORS_SID, group=True),
    Account("BUILTIN\\Users", "S-1-5-32-545", group=True),
)


class Directory:
    """Every account that this host can translate, and the domains whose controllers do not answer."""

    def __init__(
        self,
        computer: str,
        accounts: Sequence[Account],
        domain: str | None = None,
        unreachable_domains: Sequence[str] = (),
    ) -> None:
        self._computer = computer
        self._domain = domain
        self._accounts = [*accounts, *(known for known in WELL_KNOWN if all(a.sid != known.sid for a in accounts))]
        self._unreachable = {name.upper() for name in unreachable_domains}

    def by_sid(self, sid: str) -> Account | None:
        """The account behind an identifier, None if no name is left of it or nobody can be asked."""
        for account in self._accounts:
            if account.sid.upper() == sid.upper():
                return None if self._domain_of(account) in self._unreachable else account
        return None

    def by_name(self, text: str) -> Account:
        """The account that a spelling means: ``DOMAIN\\name``, ``name@domain``, ``.\\name``, ``name``.

        OperationError ``not_found`` if there is none, ``failed`` if its domain cannot be asked.
        """
        if "\\" not in text and "@" in text:
            return self._by_principal(text)
        domain, _backslash, name = text.rpartition("\\")
        if domain:
            return self._qualified(self._computer if domain == "." else domain, name, text)
        for candidate in ("BUILTIN", "NT AUTHORITY", self._computer, self._domain):
            account = self._find(f"{candidate}\\{name}") if candidate else None
            if account and self._domain_of(account) not in self._unreachable:
                return account
        unqualified = self._find(name)
        if unqualified is None:
            raise _not_found(text)
        return unqualified

    def _qualified(self, domain: str, name: str, text: str) -> Account:
        if domain.upper() in self._unreachable:
            raise _unreachable(text)
        account = self._find(f"{domain}\\{name}")
        if account is None:
            raise _not_found(text)
        return account

    def _by_principal(self, text: str) -> Account:
        domain = text.rpartition("@")[2].upper()
        if domain in self._unreachable or domain.split(".")[0] in self._unreachable:
            raise _unreachable(text)
        for account in self._accounts:
            if account.principal and account.principal.upper() == text.upper():
                if self._domain_of(account) in self._unreachable:
                    raise _unreachable(text)
                return account
        name, _at, domain = text.rpartition("@")
        down_level = self._find(f"{domain}\\{name}")
        if down_level is None:
            raise _not_found(text)
        return down_level

    def _find(self, name: str) -> Account | None:
        return next((account for account in self._accounts if account.name.upper() == name.upper()), None)

    def _domain_of(self, account: Account) -> str:
        return account.name.rpartition("\\")[0].upper()


def is_sid(text: str) -> bool:
    """Whether a text is a well-formed security identifier."""
    return _SID.fullmatch(text) is not None


def _not_found(account: str) -> OperationError:
    return OperationError("not_found", f"No account has the name {account}.", name=account)


def _unreachable(account: str) -> OperationError:
    return OperationError(
        "failed",
        f"The domain of {account} could not be asked: no domain controller answered.",
        exception="System.SystemException",
    )
