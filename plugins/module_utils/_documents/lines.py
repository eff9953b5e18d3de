# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""Documents of lines: where lines begin, end and go on.

Lines end in LF or CR LF (any number of CR, as broken conversions leave them), or in CR where the document has no LF. A
CR elsewhere is refused: programs differ on whether it ends a line.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._documents.text import (
    BLANKS,
    MAXIMUM_PARTS,
    DocumentError,
    Splice,
    check_characters,
)

#: Of a document that has none yet; the files belong to Windows.
_LINE_END = "\r\n"
#: Windows' text mode ends a file at the second; programs written in C end a string at the first.
_ENDS_OF_FILE = "\0\x1a"


@dataclasses.dataclass(frozen=True)
class Continuation:
    """How lines go on: after a backslash that ends the line, or with ``blanks`` has only blanks behind it.

    ``comments``: whether a comment goes on too. Where it does not, a line behind such a comment is doubtful.
    """

    blanks: bool
    comments: bool

    def goes_on(self, line: str) -> bool:
        """Whether a physical line is continued by the next."""
        return (line.rstrip(BLANKS) if self.blanks else line).endswith("\\")


@dataclasses.dataclass(frozen=True, slots=True)
class PhysicalLine:
    """Offsets: the first character, the end of the characters, and the first character of the next line."""

    start: int
    end: int
    next: int


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """A line with all that continues it.

    ``text`` has the characters from ``start`` to ``end``, with blanks in the place of each backslash and line end
    within, so that offsets stay what they are. ``is_doubtful``: some program may take it for a part of a line before.
    """

    parts: tuple[PhysicalLine, ...]
    text: str
    is_comment: bool
    is_doubtful: bool

    @property
    def start(self) -> int:
        """Offset of the first character."""
        return self.parts[0].start

    @property
    def end(self) -> int:
        """Offset behind the last character, before the line end."""
        return self.parts[-1].end

    @property
    def next(self) -> int:
        """Offset of the next line."""
        return self.parts[-1].next

    def part_at(self, offset: int) -> PhysicalLine:
        """The physical line in which an offset is."""
        return next(part for part in self.parts if offset <= part.end)

    def refuse_break(self, start: int, end: int) -> None:
        """:raises DocumentError: the line is continued between two offsets."""
        if self.part_at(start) is not self.part_at(end):
            raise DocumentError("the value goes over several lines")

    def refuse_doubt(self) -> None:
        """:raises DocumentError: the line is doubtful."""
        if self.is_doubtful:
            raise DocumentError("a line before it ends in a backslash, and it is not clear whether that goes on here")


def physical_lines(text: str) -> list[PhysicalLine]:
    """The lines of a document, without continuations; the last one may be empty.

    :raises DocumentError: a CR stands within a line, or there are too many lines.
    """
    separator = "\n" if "\n" in text else "\r"
    if text.count(separator) > MAXIMUM_PARTS:
        raise DocumentError(f"it has more than {MAXIMUM_PARTS} lines")
    lines, start = [], 0
    while start <= len(text):
        found = text.find(separator, start)
        following = len(text) + 1 if found < 0 else found + 1
        whole = text[start : len(text) if found < 0 else found]
        characters = whole.rstrip("\r") if found >= 0 else whole
        if "\r" in characters:
            raise DocumentError("it has carriage returns within lines, and it is not clear where those end")
        lines.append(PhysicalLine(start, start + len(characters), min(following, len(text))))
        start = following
    return lines


def logical_lines(text: str, continuation: Continuation) -> list[Line]:
    """The lines of a document, each with all that continues it.

    :raises DocumentError: a CR stands within a line.
    """
    lines: list[Line] = []
    parts: list[PhysicalLine] = []
    is_doubtful = False
    for part in physical_lines(text):
        parts.append(part)
        goes_on = continuation.goes_on(text[part.start : part.end])
        if goes_on and (continuation.comments or not _is_comment(text, parts[0])):
            continue
        lines.append(_line(text, parts, is_doubtful))
        if not continuation.comments:
            # A comment or empty line where a continuation is due: some programs skip it and go on with the next one.
            is_unclear = _is_comment(text, part) or not text[part.start : part.end].strip(BLANKS)
            is_doubtful = is_unclear and (goes_on or is_doubtful or len(parts) > 1)
        parts = []
    if parts:
        lines.append(_line(text, parts, is_doubtful))
    return lines


@dataclasses.dataclass(frozen=True)
class RestOfLine:
    """A value that is the rest of its line, behind what names it, without the blanks around it.

    ``room`` and ``limit`` are the offsets, in ``line.text``, between which it stands; ``needs_blank``: a blank must be
    before it; ``joint`` is what readers get for the end of a line that goes on; ``check`` raises DocumentError for a
    value that the line cannot hold.

    An empty value that is given text has it behind all blanks. Blanks around a value that is emptied stay, but for the
    one blank that was needed.
    """

    document: str
    line: Line
    room: int
    limit: int
    needs_blank: bool
    joint: str
    check: t.Callable[[str], None]

    @property
    def value(self) -> str:
        """The text, read over the ends of lines that go on."""
        start, end = self._span()
        first, last = self.line.part_at(start), self.line.part_at(end)
        if first is last:
            return self.document[start:end]
        pieces = []
        for part in self.line.parts:
            piece = self.document[max(part.start, start) : min(part.end, end)]
            if first.start <= part.start < last.start:
                piece = piece.rstrip(BLANKS).removesuffix("\\")
            pieces.append(piece.strip(BLANKS) if self.joint else piece)
        return self.joint.join(piece for piece in pieces if piece)

    def replaced_by(self, value: str) -> Splice:
        """:raises DocumentError: the line cannot hold the value, or the old one goes over several lines."""
        self.check(value)
        start, end = self._span()
        self.line.refuse_break(start, end)
        name_end, limit = self.line.start + self.room, self.line.start + self.limit
        if value and self.needs_blank and start == name_end:
            return Splice(start, end, f" {value}")
        has_one_blank = self.document[name_end:start] == " " and end == limit
        if not value and self.needs_blank and has_one_blank:
            return Splice(name_end, end, "")
        return Splice(start, end, value)

    def _span(self) -> tuple[int, int]:
        """The value's offsets in the document."""
        room = self.line.text[self.room : self.limit]
        start = self.line.start + self.limit - len(room.lstrip(BLANKS))
        return start, max(self.line.start + self.room + len(room.rstrip(BLANKS)), start)


def check_line_value(value: str) -> None:
    """Refuse what no line can hold as the end of it.

    :raises DocumentError: control characters, blanks at an end, a backslash at the end.
    """
    check_characters(value, BLANKS)
    if value != value.strip(BLANKS):
        raise DocumentError("the value begins or ends in a blank")
    if value.endswith("\\"):
        raise DocumentError("the value ends in a backslash, which would continue the line")


def append_line(document: str, line: str, continuation: Continuation) -> Splice:
    """A new last line; where the last one has no line end, the new one has none either.

    :raises DocumentError: the last line goes on, or the document has a character behind which programs may not read.
    """
    if any(character in document for character in _ENDS_OF_FILE):
        raise DocumentError("it has a character that ends files, and a line behind it may not be read")
    lines = physical_lines(document)
    line_end = document[lines[-2].end : lines[-2].next] if len(lines) > 1 else _LINE_END
    is_ended = lines[-1].start == lines[-1].end
    last = lines[-2] if is_ended and len(lines) > 1 else lines[-1]
    if continuation.goes_on(document[last.start : last.end]):
        raise DocumentError("its last line ends in a backslash, and would go on in one behind it")
    return Splice(len(document), len(document), line + line_end if is_ended else line_end + line)


def insert_line(document: str, before: Line, line: str) -> Splice:
    """A new line before one that is not the first, with the line end of the line before it."""
    previous = next(each for each in physical_lines(document) if each.next == before.start)
    return Splice(before.start, before.start, line + document[previous.end : previous.next])


def remove_lines(document: str, lines: t.Sequence[Line]) -> list[Splice]:
    """Whole lines, in order, taken away: each with its line end, and a last one that has none with that before it."""
    splices = [Splice(line.start, line.next, "") for line in lines]
    if splices and lines[-1].end == len(document):
        start = len(document)
        for splice in reversed(splices):
            start = splice.start if splice.end == start else start
        splices += [Splice(each.end, start, "") for each in physical_lines(document) if each.next == start > each.start]
    return splices


def _line(text: str, parts: t.Sequence[PhysicalLine], is_doubtful: bool) -> Line:
    pieces = []
    for part in parts[:-1]:
        before_backslash = text[part.start : part.end].rstrip(BLANKS)[:-1]
        pieces.append(before_backslash.ljust(part.next - part.start))
    pieces.append(text[parts[-1].start : parts[-1].end])
    return Line(tuple(parts), "".join(pieces), _is_comment(text, parts[0]), is_doubtful)


def _is_comment(text: str, line: PhysicalLine) -> bool:
    return text[line.start : line.end].lstrip(BLANKS).startswith("#")
