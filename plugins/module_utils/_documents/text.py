# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""Documents as text that can be turned back into the same bytes, and edits as splices of it.

Decoding and encoding again is the identity for every sequence of bytes: what an encoding cannot read is kept as lone
surrogates (the error handlers ``surrogateescape`` and ``surrogatepass``), and the odd last byte of UTF-16 apart.
"""

from __future__ import annotations

import codecs
import dataclasses
import re
import typing as t
import unicodedata

#: Larger ones are refused: no file of the License Server that holds settings comes near it.
MAXIMUM_BYTES = 8 * 1024 * 1024
#: Lines of a document, or tags: what reading one costs the controller is bounded by these, not by its bytes.
MAXIMUM_PARTS = 500_000

BLANKS = " \t"

_MARKS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: The encodings that an XML declaration may name in a file whose bytes are no UTF-16: name in lower case, Python codec.
_XML_ENCODINGS = {"utf-8": "utf-8", "iso-8859-1": "latin-1", "windows-1252": "cp1252", "us-ascii": "ascii"}

_SPACE = r"[ \t\r\n]"
_EQUALS = rf"{_SPACE}*={_SPACE}*"
#: XML 1.0, production 23, for version 1.0 only.
XML_DECLARATION = re.compile(
    rf"<\?xml{_SPACE}+version{_EQUALS}(?:\"1\.0\"|'1\.0')"
    rf"(?:{_SPACE}+encoding{_EQUALS}(?P<quote>[\"'])(?P<encoding>[A-Za-z][A-Za-z0-9._-]*)(?P=quote))?"
    rf"(?:{_SPACE}+standalone{_EQUALS}(?:\"(?:yes|no)\"|'(?:yes|no)'))?{_SPACE}*\?>"
)
_UNDECODED = re.compile("[\udc80-\udcff]")
#: Characters within which a declaration ends; more than any real one has.
_DECLARATION_LENGTH = 1024


class DocumentError(Exception):
    """Why a document, a selector or a value is refused: one clause, on one line."""


@dataclasses.dataclass(frozen=True)
class Splice:
    """The characters from ``start`` to before ``end`` are replaced by ``text``."""

    start: int
    end: int
    text: str


@dataclasses.dataclass(frozen=True)
class Text:
    """A document's characters, and what it takes to have its bytes again.

    ``mark`` is the byte-order mark; ``rest`` the odd last byte of UTF-16.
    """

    characters: str
    codec: str
    mark: bytes = b""
    rest: bytes = b""

    def encode(self) -> bytes:
        """The document's bytes."""
        return self.mark + self.characters.encode(self.codec, _errors(self.codec)) + self.rest

    def splice(self, splices: t.Iterable[Splice]) -> Text:
        """The document with all splices made, which must not overlap.

        :raises DocumentError: the document's encoding lacks a character of a new text.
        """
        codec = self._codec_of_new_text()
        parts, position = [], 0
        for splice in sorted(splices, key=lambda each: (each.start, each.end)):
            try:
                splice.text.encode(codec)
            except UnicodeEncodeError as error:
                character = f"U+{ord(splice.text[error.start]):04X}"
                raise DocumentError(f"the document's encoding does not have the character {character}") from error
            parts += [self.characters[position : splice.start], splice.text]
            position = splice.end
        return dataclasses.replace(self, characters="".join([*parts, self.characters[position:]]))

    def _codec_of_new_text(self) -> str:
        """ASCII where the bytes are not what they were taken for: which encoding they have is then unknown."""
        is_guessed = self.codec == "utf-8" and _UNDECODED.search(self.characters)
        return "ascii" if is_guessed else self.codec


def decode(content: bytes) -> Text:
    """A document of lines: UTF-16 or UTF-8 as its byte-order mark says, otherwise UTF-8.

    :raises DocumentError: it is too large, or UTF-32.
    """
    _check_size(content)
    for mark, codec in _MARKS:
        if content.startswith(mark):
            return _decode(content, codec, mark)
    return _decode(content, "utf-8")


def decode_xml(content: bytes) -> Text:
    """An XML document: its encoding is told by its mark, its first bytes or its declaration (XML 1.0, appendix F).

    :raises DocumentError: it is too large, or its encoding is another than UTF-8, UTF-16, ISO-8859-1, windows-1252 or
        US-ASCII, or its declaration contradicts its bytes.
    """
    _check_size(content)
    text = decode(content)
    if not text.mark and content.startswith((b"<\0", b"\0<")):
        text = _decode(content, "utf-16-le" if content.startswith(b"<") else "utf-16-be")
    if text.rest:
        raise DocumentError("its last character is cut in half")
    declaration = XML_DECLARATION.match(text.characters[:_DECLARATION_LENGTH])
    declared = (declaration["encoding"] or "").lower() if declaration else ""
    if text.codec != "utf-8" or text.mark:
        if declared not in ("", text.codec, "utf-16" if text.codec != "utf-8" else "utf-8"):
            raise DocumentError(f"it declares the encoding {declared} and is {text.codec}")
        return text
    if declared and declared not in _XML_ENCODINGS:
        raise DocumentError(f"it declares the encoding {declared}, which is not supported")
    return _decode(content, _XML_ENCODINGS[declared or "utf-8"])


def check_characters(value: str, allowed: str = "") -> None:
    """Refuse a value with characters that are nothing to read or write.

    :param allowed: control characters that are legal nevertheless.
    :raises DocumentError: it has control characters, line breaks, or bytes that the document's encoding does not know.
    """
    for character in value:
        category = unicodedata.category(character)
        if category == "Cs":
            raise DocumentError("the value has bytes that are no text in the document's encoding")
        if category in ("Cc", "Zl", "Zp") and character not in allowed:
            raise DocumentError(f"the value has a line break or control character (U+{ord(character):04X})")


def _decode(content: bytes, codec: str, mark: bytes = b"") -> Text:
    body = content[len(mark) :]
    cut = len(body) - len(body) % 2 if codec.startswith("utf-16") else len(body)
    return Text(body[:cut].decode(codec, _errors(codec)), codec, mark, body[cut:])


def _errors(codec: str) -> str:
    return "surrogatepass" if codec.startswith("utf-16") else "surrogateescape"


def _check_size(content: bytes) -> None:
    if len(content) > MAXIMUM_BYTES:
        raise DocumentError(f"it is larger than {MAXIMUM_BYTES // 1024 // 1024} MiB")
    if content.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise DocumentError("it is UTF-32, which is not supported")
