# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Messages encrypted by the log-on's own keys ([MS-WSMV] 2.2.9.1, multipart/encrypted)."""

from __future__ import annotations

import re
import struct

import spnego
from spnego.exceptions import SpnegoError

_PROTOCOL = "application/HTTP-SPNEGO-session-encrypted"
_BOUNDARY = b"--Encrypted Boundary"
_LENGTH = re.compile(rb"Length=(\d+)")
# Clients find this line by its leading tab, which Windows puts before each header of a part.
_OCTETS = b"\tContent-Type: application/octet-stream\r\n"

CONTENT_TYPE = f'multipart/encrypted;protocol="{_PROTOCOL}";boundary="Encrypted Boundary"'


class DecryptionError(Exception):
    """The message was not sealed with this connection's keys."""


def is_encrypted(content_type: str) -> bool:
    return content_type.lower().startswith("multipart/encrypted")


def unseal(context: spnego.ContextProxy, message: bytes) -> bytes:
    """Decrypt a request. Raises DecryptionError."""
    parts = message.split(_BOUNDARY + b"\r\n", 2)
    if len(parts) != 3 or not parts[2].startswith(_OCTETS) or not parts[2].endswith(_BOUNDARY + b"--\r\n"):
        raise DecryptionError("not a message of one encrypted part")
    length = _LENGTH.search(parts[1])
    sealed = parts[2][len(_OCTETS) : -len(_BOUNDARY + b"--\r\n")]
    if length is None or len(sealed) < 4:
        raise DecryptionError("no length")
    signature_length = struct.unpack("<i", sealed[:4])[0]
    signature, data = sealed[4 : 4 + signature_length], sealed[4 + signature_length :]
    try:
        plain = context.unwrap_winrm(signature, data)
    except SpnegoError as error:
        raise DecryptionError(str(error)) from error
    if len(plain) != int(length.group(1)):
        raise DecryptionError("another length than announced")
    return plain


def seal(context: spnego.ContextProxy, message: bytes) -> bytes:
    """Encrypt an answer."""
    sealed = context.wrap_winrm(message)
    return b"".join(
        [
            _BOUNDARY + b"\r\n",
            f"\tContent-Type: {_PROTOCOL}\r\n".encode(),
            f"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length={len(message)}\r\n".encode(),
            _BOUNDARY + b"\r\n",
            _OCTETS,
            struct.pack("<i", len(sealed.header)),
            sealed.header,
            sealed.data,
            _BOUNDARY + b"--\r\n",
        ]
    )
