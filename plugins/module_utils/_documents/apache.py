# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""Configuration of Apache's httpd: the arguments of directives and sections.

Format: Apache HTTP Server documentation, "Configuration Files": one directive a line; a backslash as the very last
character continues a line, also a comment; ``<Section argument>`` to ``</Section>`` enclose directives; names are not
case-sensitive. ``Include`` is not followed.
"""

from __future__ import annotations

import dataclasses
import re

from ansible_collections.citrixfleet.licensing.plugins.module_utils._documents.lines import (
    Continuation,
    Line,
    RestOfLine,
    append_line,
    check_line_value,
    insert_line,
    logical_lines,
    remove_lines,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._documents.text import BLANKS, DocumentError, Splice

_CONTINUATION = Continuation(blanks=False, comments=True)
_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_SELECTOR = re.compile(rf"(?P<anywhere>//|/)?(?P<names>{_NAME}(?:/{_NAME})*)")
_DIRECTIVE = re.compile(r"[ \t]*(?P<name>[^ \t<][^ \t]*)")
_OPENING = re.compile(r"[ \t]*<(?P<name>[^ \t<>/]+)(?=[ \t>])")
_CLOSING = re.compile(r"[ \t]*</(?P<name>[^ \t<>]+)[ \t]*>[ \t]*")
#: The sections of Apache 2.4 and its modules: none of them can be inserted as a directive.
_SECTION = re.compile(
    r"Auth[nz]ProviderAlias|(Directory|Files|Location|Proxy)(Match)?|Else(If)?"
    r"|If(Define|Directive|File|Module|Section|Version)?|Limit(Except)?|Macro|MDomain(Set)?|Require(All|Any|None)|VirtualHost",
    re.IGNORECASE,
)
#: Of the first directive of a section.
_INDENTATION = "    "


@dataclasses.dataclass(frozen=True)
class Selector:
    """The names of sections and, last, of a directive or section; ``anywhere``: below any other sections."""

    names: tuple[str, ...]
    anywhere: bool

    @classmethod
    def parse(cls, selector: str) -> Selector:
        """:raises DocumentError: it is no such names with slashes between."""
        match = _SELECTOR.fullmatch(selector)
        if match is None:
            raise DocumentError("the selector is no directive as in Listen, //Listen or VirtualHost/ServerName")
        return cls(tuple(match["names"].split("/")), match["anywhere"] == "//")

    def leads_to(self, entry: Entry) -> bool:
        """Whether this is the way to an entry."""
        return self._is(self.names, entry)

    def leads_into(self, entry: Entry) -> bool:
        """Whether an entry is the section that this looks in."""
        return entry.is_section and self._is(self.names[:-1], entry)

    def _is(self, names: tuple[str, ...], entry: Entry) -> bool:
        level: Entry | None = entry
        for name in reversed(names):
            if level is None or level.name.lower() != name.lower():
                return False
            level = level.section
        return self.anywhere or level is None


@dataclasses.dataclass(eq=False)
class Entry:
    """A directive or section, and the section that it is in.

    ``start`` and ``end`` are where its arguments are, offsets in ``line.text``. A section has a ``closing`` line, and
    ``last`` is the last line directly in it that is no comment.
    """

    name: str
    section: Entry | None
    line: Line
    start: int
    end: int
    is_section: bool = False
    closing: Line | None = None
    last: Line | None = None

    def arguments(self, document: str) -> RestOfLine:
        """What stands behind the name."""
        return RestOfLine(document, self.line, self.start, self.end, needs_blank=True, joint="", check=self.check_value)

    def check_value(self, value: str) -> None:
        """:raises DocumentError: its arguments cannot be this."""
        check_line_value(value)
        if self.is_section and ">" in value:
            raise DocumentError("the value has a >, which would end the section's head")


@dataclasses.dataclass(frozen=True)
class ApacheConfiguration:
    """One configuration file."""

    text: str

    def find(self, selector: Selector) -> list[RestOfLine]:
        """The arguments of the directives and sections meant, as they are written.

        :raises DocumentError: sections are not balanced, or it is not clear where a line or name ends.
        """
        found = [entry for entry in self._entries() if selector.leads_to(entry)]
        return [entry.arguments(self.text) for entry in found]

    def insert(self, selector: Selector, value: str) -> list[Splice]:
        """A line at the end of its section, indented as the last one there; or at the end of the file."""
        check_line_value(value)
        name = selector.names[-1]
        if _SECTION.fullmatch(name):
            raise DocumentError("a section cannot be inserted")
        line = f"{name} {value}".rstrip(BLANKS)
        if len(selector.names) == 1:
            return [append_line(self.text, line, _CONTINUATION)]
        sections = [entry for entry in self._entries() if selector.leads_into(entry)]
        if len(sections) != 1:
            raise DocumentError(
                f"there are {len(sections)} such sections, where a directive is to be inserted into one"
            )
        closing, last = sections[0].closing, sections[0].last
        if closing is None:
            raise DocumentError("the section has no end")
        indentation = _indentation(last) if last else _indentation(closing) + _INDENTATION
        return [insert_line(self.text, closing, indentation + line)]

    def remove(self, selector: Selector) -> list[Splice]:
        """The lines, with all that continues them. :raises DocumentError: one begins a section."""
        found = [entry for entry in self._entries() if selector.leads_to(entry)]
        if any(entry.is_section for entry in found):
            raise DocumentError("a section's argument cannot be removed")
        return remove_lines(self.text, [entry.line for entry in found])

    def _entries(self) -> list[Entry]:
        """All directives and sections, in order."""
        entries: list[Entry] = []
        open_sections: list[Entry] = []
        for line in logical_lines(self.text, _CONTINUATION):
            self._refuse_escaped_ends(line)
            if line.is_comment or not line.text.strip(BLANKS):
                continue
            closing = _CLOSING.fullmatch(line.text)
            if closing is not None:
                _close(open_sections, closing["name"], line)
            section = open_sections[-1] if open_sections else None
            if section is not None:
                section.last = line
            if closing is None:
                entries.append(self._entry(section, line))
                open_sections += entries[-1:] if entries[-1].is_section else []
        if open_sections:
            raise DocumentError(f"the section {open_sections[-1].name} has no end")
        return entries

    def _entry(self, section: Entry | None, line: Line) -> Entry:
        opening = _OPENING.match(line.text)
        match = opening or _DIRECTIVE.match(line.text)
        end = len(line.text.rstrip(BLANKS))
        if match is None or (opening and not line.text.endswith(">", 0, end)):
            raise DocumentError(f"a section's head or end is not understood ({line.text.strip(BLANKS)[:40]!r})")
        if self._is_broken(line, line.start + match.end()):
            raise DocumentError(f"the name {match['name']} goes over the end of a line")
        return Entry(match["name"], section, line, match.end(), end - 1 if opening else end, is_section=bool(opening))

    def _is_broken(self, line: Line, offset: int) -> bool:
        """Whether what ends at an offset goes on in the next physical line."""
        following = next((part for part in line.parts if part.start > offset), None)
        if following is None or not self.text.startswith("\\", offset):
            return False
        return not self.text.startswith((" ", "\t"), following.start)

    def _refuse_escaped_ends(self, line: Line) -> None:
        """Some versions of Apache take two backslashes at the end of a line for one, and no continuation."""
        if any(self.text.endswith("\\\\", part.start, part.end) for part in line.parts):
            raise DocumentError("a line ends in two backslashes, and it is not clear whether it goes on")


def _close(open_sections: list[Entry], name: str, line: Line) -> None:
    """:raises DocumentError: it is another section that is open, or none."""
    if not open_sections or open_sections[-1].name.lower() != name.lower():
        raise DocumentError(f"the section {name} ends where it was not begun")
    open_sections.pop().closing = line


def _indentation(line: Line) -> str:
    return line.text[: len(line.text) - len(line.text.lstrip(BLANKS))]
