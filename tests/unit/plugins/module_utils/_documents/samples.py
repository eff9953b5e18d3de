# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documents made at random, each with what is known of it: where the values stand, and what is around them.

A document is a sequence of pieces of text, of which some are values. Whatever an edit gives can so be foretold to the
byte, without any parser: the same pieces with other values.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass, replace
from xml.sax.saxutils import escape

ENCODINGS = {
    "utf-8": b"",
    "utf-8-sig": codecs.BOM_UTF8,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
}


@dataclass(frozen=True)
class Value:
    """A value in a document, and in what it stands: a line, XML text, CDATA, or an attribute with a quote."""

    text: str
    place: str = "line"

    def __str__(self) -> str:
        """As it is spelt there."""
        if self.place in ("line", "CDATA"):
            return self.text
        return escape(self.text, {'"': "&quot;"} if self.place == '"' else {"'": "&apos;"} if self.place == "'" else {})


@dataclass(frozen=True)
class Sample:
    """A document in pieces, its encoding, and the selector that leads to its values.

    ``mark`` is the byte-order mark, ``rest`` the odd last byte of UTF-16, ``signed`` the texts that no edit may change.
    """

    pieces: tuple[str | Value, ...]
    selector: str
    codec: str = "utf-8"
    mark: bytes = b""
    rest: bytes = b""
    signed: tuple[str, ...] = ()

    @property
    def values(self) -> tuple[str, ...]:
        return tuple(piece.text for piece in self.pieces if isinstance(piece, Value))

    @property
    def content(self) -> bytes:
        return self.mark + self.encode("".join(map(str, self.pieces))) + self.rest

    @property
    def is_ascii(self) -> bool:
        """Whether nothing else can be written: the document is in an encoding that nobody knows."""
        return any("\udc80" <= character <= "\udcff" for character in "".join(map(str, self.pieces)))

    def encode(self, text: str) -> bytes:
        codec = "utf-8" if self.codec == "utf-8-sig" else self.codec
        return text.encode(codec, "surrogatepass" if codec.startswith("utf-16") else "surrogateescape")

    def with_values(self, values: Sequence[str]) -> bytes:
        """The bytes of the document with other values, spelt as they are."""
        new = iter(values)
        pieces = [replace(piece, text=next(new)) if isinstance(piece, Value) else piece for piece in self.pieces]
        return replace(self, pieces=tuple(pieces)).content
