# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Log-on of one connection: Basic for each request, NTLM (bare or inside SPNEGO) once for the connection."""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import struct
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import spnego
from spnego.exceptions import SpnegoError

# pyspnego's acceptor finds its accounts only through the environment, which belongs to the whole process.
_environment = threading.Lock()


@dataclass(frozen=True)
class LoggedOn:
    """The account, spelt as in the credentials, and what the answer must carry to end the client's negotiation."""

    user: str
    headers: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Challenge:
    """Not logged on, or not yet: the answer is 401 with these headers."""

    headers: Sequence[tuple[str, str]]


class Accounts:
    """The accounts of one server, found under every spelling a client may use.

    ``ansible`` is also ``LS001\\ansible`` and ``.\\ansible``; ``CORP\\name`` is itself alone. ``file`` is where they
    are written for pyspnego, in the form DOMAIN:USER:PASSWORD. Raises ValueError for a colon or a line end in them.
    """

    def __init__(self, credentials: Mapping[str, str], computer: str, file: Path) -> None:
        self.file = file
        self._passwords = dict(credentials)
        self._users: dict[str, str] = {}
        lines = []
        for user, password in credentials.items():
            if any(character in user + password for character in ":\r\n"):
                raise ValueError(f"user name or password of {user!r} holds a colon or a line end")
            domain, separator, name = user.rpartition("\\")
            for spelling in [domain] if separator else ["", ".", computer]:
                self._users[f"{spelling}\\{name}".lstrip("\\").casefold()] = user
                lines.append(f"{spelling}:{name}:{password}\n")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text("".join(lines), encoding="utf-8")

    def user(self, spelling: str) -> str | None:
        """The account as the credentials spell it, or None."""
        return self._users.get(spelling.casefold())

    def accepts(self, user: str, password: str) -> bool:
        return hmac.compare_digest(self._passwords[user].encode(), password.encode())


class Authenticator:
    """The state of one connection. ``context`` has the keys for message encryption once NTLM has logged on."""

    def __init__(self, accounts: Accounts, basic: bool) -> None:
        self._accounts = accounts
        self._basic = basic
        self._negotiated: LoggedOn | None = None
        self._context: spnego.ContextProxy | None = None

    @property
    def context(self) -> spnego.ContextProxy | None:
        return self._context if self._negotiated is not None else None

    def log_on(self, authorization: str | None) -> LoggedOn | Challenge:
        """Take one request's Authorization header; without one, the connection's log-on counts."""
        if not authorization:
            return LoggedOn(self._negotiated.user) if self._negotiated else self.challenge()
        scheme, _separator, parameter = authorization.partition(" ")
        try:
            token = base64.b64decode(parameter.strip(), validate=True)
        except binascii.Error:
            return self.challenge()
        if scheme.lower() == "basic" and self._basic:
            return self._log_on_basic(token)
        if scheme.lower() in ("negotiate", "ntlm"):
            return self._log_on_negotiate(scheme, token)
        return self.challenge()

    def challenge(self) -> Challenge:
        """The answer to a request without a good log-on."""
        offered = [("WWW-Authenticate", "Negotiate")]
        if self._basic:
            offered.append(("WWW-Authenticate", 'Basic realm="WSMAN"'))
        return Challenge(offered)

    def _log_on_basic(self, token: bytes) -> LoggedOn | Challenge:
        # RFC 7617 leaves the encoding open: some clients send UTF-8, requests sends Latin-1.
        for encoding in ("utf-8", "latin-1"):
            name, _separator, password = token.decode(encoding, "replace").partition(":")
            user = self._accounts.user(name)
            if user is not None and self._accounts.accepts(user, password):
                return LoggedOn(user)
        return self.challenge()

    def _log_on_negotiate(self, scheme: str, token: bytes) -> LoggedOn | Challenge:
        if self._context is None or self._negotiated is not None:
            self._negotiated = None
            # Windows takes an NTLM message under Negotiate as it stands, without SPNEGO around it.
            self._context = self._acceptor("ntlm" if token.startswith(b"NTLMSSP\0") else "negotiate")
        context = self._context
        try:
            answer = self._step(context, token)
        except (SpnegoError, ValueError, struct.error):
            self._context = None
            return self.challenge()
        headers = [("WWW-Authenticate", f"{scheme} {base64.b64encode(answer).decode()}")] if answer else []
        if not context.complete:
            return Challenge(headers)
        user = self._accounts.user(context.client_principal or "")
        if user is None:
            self._context = None
            return self.challenge()
        self._negotiated = LoggedOn(user, headers)
        return self._negotiated

    def _acceptor(self, protocol: str) -> spnego.ContextProxy:
        with _environment:
            os.environ["NTLM_USER_FILE"] = str(self._accounts.file)
            options = spnego.NegotiateOptions.use_ntlm if protocol == "ntlm" else spnego.NegotiateOptions.use_negotiate
            return spnego.server(protocol=protocol, options=options)

    def _step(self, context: spnego.ContextProxy, token: bytes) -> bytes | None:
        with _environment:
            os.environ["NTLM_USER_FILE"] = str(self._accounts.file)
            return context.step(token)
