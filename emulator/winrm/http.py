# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP/1.1 as WinRM speaks it: one POST with a length, one answer, the connection kept. Bytes in, bytes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

MAX_HEAD_SIZE = 64 * 1024
"""Bytes a request's head may have: an NTLM or Kerberos token is far smaller."""


class BadRequestError(Exception):
    """Bytes that are not a request this server reads; ``status`` is the answer."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


@dataclass(frozen=True)
class Head:
    """Request line and headers; names of headers in lower case. ``content_length`` in bytes."""

    method: str
    path: str
    headers: Mapping[str, str]
    content_length: int


@dataclass(frozen=True)
class Response:
    """An answer. ``headers`` are in addition to Server, Content-Length and Connection."""

    status: HTTPStatus
    body: bytes = b""
    headers: Sequence[tuple[str, str]] = field(default_factory=tuple)
    close: bool = False

    def encode(self) -> bytes:
        lines = [f"HTTP/1.1 {self.status.value} {self.status.phrase}", "Server: Microsoft-HTTPAPI/2.0"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        lines.append(f"Content-Length: {len(self.body)}")
        if self.close:
            lines.append("Connection: close")
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


def parse_head(data: bytes) -> Head:
    """Read a request's head, blank line included. Raises BadRequestError."""
    request_line, *header_lines = data.decode("latin-1").rstrip("\r\n").split("\r\n")
    parts = request_line.split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise BadRequestError(HTTPStatus.BAD_REQUEST)
    headers = {}
    for line in header_lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise BadRequestError(HTTPStatus.BAD_REQUEST)
        headers[name.strip().lower()] = value.strip()
    if "transfer-encoding" in headers:
        raise BadRequestError(HTTPStatus.NOT_IMPLEMENTED)
    length = headers.get("content-length", "0")
    if not length.isdecimal():
        raise BadRequestError(HTTPStatus.BAD_REQUEST)
    return Head(parts[0], parts[1], headers, int(length))
