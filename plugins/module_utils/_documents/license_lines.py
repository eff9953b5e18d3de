# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""The unsigned lines of license files: ``SERVER`` and ``VENDOR``.

Format: FlexNet license administration guide, "License file format": ``SERVER host hostid [port]`` and ``VENDOR name
[path] [[OPTIONS=]path] [[PORT=]port]``; ``DAEMON`` is the old spelling of ``VENDOR``. Every other line, with all that
continues it, is passed over, whatever it contains: most are signed.
"""

from __future__ import annotations

import dataclasses
import re

from ansible_collections.citrixfleet.licensing.plugins.module_utils._documents.lines import (
    Continuation,
    Line,
    PhysicalLine,
    logical_lines,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._documents.text import (
    BLANKS,
    DocumentError,
    Splice,
    check_characters,
)

_CONTINUATION = Continuation(blanks=True, comments=False)
_SELECTOR = re.compile(
    r"[ \t]*(?:(?P<server>SERVER)|VENDOR[ \t]+(?P<vendor>[^ \t\"\\#=]+))[ \t]+(?P<field>port|options)[ \t]*",
    re.IGNORECASE,
)
_WORD = re.compile(r'(?:[^ \t"]|"[^"]*")+')
_FIELD = re.compile(
    r'(?P<outer>"?)(?:(?P<key>PORT|OPTIONS)=)?(?P<quote>"?)(?P<value>[^"]*)(?P=quote)(?P=outer)', re.IGNORECASE
)
_NUMBER = re.compile("[0-9]+")
_VENDOR_KEYWORDS = ("VENDOR", "DAEMON")
#: The words that begin lines; where one begins a continuation, the backslash may be the end of a path.
_KEYWORDS = {"SERVER", *_VENDOR_KEYWORDS, "USE_SERVER", "INCREMENT", "FEATURE", "PACKAGE", "UPGRADE"}

PORT = "port"
OPTIONS = "options"


@dataclasses.dataclass(frozen=True)
class Selector:
    """A port or the path of the options file; ``vendor`` None: of ``SERVER`` lines. Without regard to case."""

    vendor: str | None
    field: str

    @classmethod
    def parse(cls, selector: str) -> Selector:
        """:raises DocumentError: it is none of ``SERVER port``, ``VENDOR name port``, ``VENDOR name options``."""
        match = _SELECTOR.fullmatch(selector)
        if match is None or (match["server"] and match["field"].lower() != PORT):
            raise DocumentError("the selector is none of SERVER port, VENDOR CITRIX port, VENDOR CITRIX options")
        check_characters(selector, BLANKS)
        return cls(match["vendor"], match["field"].lower())

    def leads_to(self, words: list[Word]) -> bool:
        """Whether a line of these words is one of those meant."""
        keyword = words[0].text.upper() if words else ""
        if self.vendor is None:
            return keyword == "SERVER"
        return keyword in _VENDOR_KEYWORDS and len(words) > 1 and words[1].text.lower() == self.vendor.lower()

    def check_value(self, value: str, *, is_quoted: bool) -> None:
        """:raises DocumentError: the line cannot hold the value."""
        check_characters(value)
        if self.field == PORT and not _NUMBER.fullmatch(value):
            raise DocumentError("the value is no port number")
        if not value or '"' in value or value.endswith("\\") or value.startswith("#"):
            raise DocumentError("the value is no path that a license file can hold")
        if " " in value and not is_quoted:
            raise DocumentError("the value has a blank, and the one that stands there is not in quotes")


@dataclasses.dataclass(frozen=True)
class Word:
    """A word of a line and its offsets in the document."""

    text: str
    start: int
    end: int

    @property
    def field(self) -> re.Match[str]:
        """Its key, quotes and value. :raises DocumentError: it has quotes elsewhere."""
        match = _FIELD.fullmatch(self.text)
        if match is None:
            raise DocumentError("a word of the line has quotes within")
        return match

    @property
    def is_port(self) -> bool:
        """Whether it is a number, or one behind ``PORT=``."""
        key = (self.field["key"] or PORT).lower()
        return key == PORT and bool(_NUMBER.fullmatch(self.field["value"]))


@dataclasses.dataclass(frozen=True)
class WordValue:
    """A value that is a word of a line, or the part of one behind ``PORT=`` or ``OPTIONS=``."""

    selector: Selector
    line: Line
    word: Word
    value: str
    start: int
    is_quoted: bool

    def replaced_by(self, value: str) -> Splice:
        """:raises DocumentError: the line cannot hold the value, or the old one goes over several lines."""
        self.line.refuse_break(self.word.start, self.word.end)
        self.selector.check_value(value, is_quoted=self.is_quoted)
        return Splice(self.start, self.start + len(self.value), value)


@dataclasses.dataclass(frozen=True)
class LicenseFile:
    """One license file."""

    text: str

    def find(self, selector: Selector) -> list[WordValue]:
        """The values in the lines meant. :raises DocumentError: it is not clear where one of these lines begins."""
        found = []
        for line, words in self._lines(selector):
            found += [_value(selector, line, word) for word in _places(selector, words)]
        return found

    def insert(self, selector: Selector, value: str) -> list[Splice]:
        """A word behind the last one of the line: the number in ``SERVER``, ``PORT=`` or ``OPTIONS=`` in ``VENDOR``."""
        selector.check_value(value, is_quoted=True)
        lines = self._lines(selector)
        if len(lines) != 1:
            raise DocumentError(f"there are {len(lines)} such lines, where a value is to be inserted into one")
        _line, words = lines[0]
        if selector.vendor is None and len(words) != 3:
            raise DocumentError("the SERVER line is not SERVER host hostid, to which a port could be added")
        if selector.field == OPTIONS and any(not word.field["key"] and word.is_port for word in words[2:]):
            raise DocumentError("the VENDOR line ends in a port without PORT=, behind which nothing may stand")
        spelling = f'"{value}"' if " " in value else value
        key = "" if selector.vendor is None else f"{selector.field.upper()}="
        return [Splice(words[-1].end, words[-1].end, f" {key}{spelling}")]

    def remove(self, selector: Selector) -> list[Splice]:
        """The words, key and value, with the blanks before them."""
        splices = []
        for found in self.find(selector):
            before = self.text[: found.word.start].rstrip(BLANKS)
            found.line.refuse_break(found.word.start, found.word.end)
            if len(before) <= found.line.part_at(found.word.start).start:
                raise DocumentError("the value stands alone on a line that continues another")
            splices.append(Splice(len(before), found.word.end, ""))
        return splices

    def _lines(self, selector: Selector) -> list[tuple[Line, list[Word]]]:
        found = []
        quotes = 0
        for line in logical_lines(self.text, _CONTINUATION):
            if line.is_comment:
                continue
            # A quote that an earlier line has opened may go on here, as a part of that line, which may be signed.
            is_within, quotes = bool(quotes % 2), quotes + line.text.count('"')
            words = _words(line)
            if not selector.leads_to(words):
                continue
            line.refuse_doubt()
            if is_within or quotes % 2:
                raise DocumentError("a quote in the line, or before it, is not closed")
            first_words = [_first_word(line, part) for part in line.parts[1:]]
            if any(word in _KEYWORDS or word.startswith("#") for word in first_words):
                raise DocumentError("a line ends in a backslash, and it is not clear whether it goes on")
            found.append((line, words))
        return found


def _words(line: Line) -> list[Word]:
    return [Word(each[0], line.start + each.start(), line.start + each.end()) for each in _WORD.finditer(line.text)]


def _first_word(line: Line, part: PhysicalLine) -> str:
    """The word with which a part of a line begins, in upper case."""
    words = line.text[part.start - line.start : part.end - line.start].split(maxsplit=1)
    return words[0].upper() if words else ""


def _places(selector: Selector, words: list[Word]) -> list[Word]:
    """The words of a line that are the field, or have it behind their key."""
    if selector.vendor is None:
        return [word for word in words[3:4] if word.is_port]
    named = [word for word in words[2:] if (word.field["key"] or "").lower() == selector.field]
    positional = [word for word in words[2:] if not word.field["key"]]
    ports = [word for word in positional[-1:] if word.is_port]
    # The first path is the daemon's own.
    paths = positional[1 : len(positional) - len(ports)][:1]
    return sorted([*named, *(ports if selector.field == PORT else paths)], key=lambda word: word.start)


def _value(selector: Selector, line: Line, word: Word) -> WordValue:
    field = word.field
    is_quoted = bool(field["quote"] or field["outer"])
    return WordValue(selector, line, word, field["value"], word.start + field.start("value"), is_quoted)
