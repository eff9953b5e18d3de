# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""FlexNet options files (``CITRIX.opt``): the rest of a line that begins with given words.

Format: FlexNet license administration guide, "Managing the options file": one setting a line, a keyword first; ``#``
begins a comment; a line that ends in a backslash goes on.
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
    logical_lines,
    remove_lines,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._documents.text import (
    BLANKS,
    DocumentError,
    Splice,
    check_characters,
)

_CONTINUATION = Continuation(blanks=True, comments=False)


@dataclasses.dataclass(frozen=True)
class Selector:
    """The first words of a line, compared without regard to case; ``has_equals``: an equals sign follows them.

    Comments are passed over, unless the first word begins with ``#``.
    """

    words: tuple[str, ...]
    has_equals: bool

    @classmethod
    def parse(cls, selector: str) -> Selector:
        """:raises DocumentError: it is no words."""
        check_characters(selector, BLANKS)
        has_equals = selector.endswith("=")
        words = tuple(selector.removesuffix("=").replace("\t", " ").split(" "))
        words = tuple(word for word in words if word)
        if not words or words[0].startswith("=") or words[-1].endswith(("\\", "=")):
            raise DocumentError(
                "the selector is not the first words of a line, as in SETTING, SETTING NAME or SETTING="
            )
        return cls(words, has_equals)

    def pattern(self) -> re.Pattern[str]:
        """What a line begins with."""
        words = r"[ \t]+".join(map(re.escape, self.words))
        return re.compile(rf"[ \t]*{words}" + (r"[ \t]*=" if self.has_equals else r"(?=[ \t]|$)"), re.IGNORECASE)

    def rest_of(self, document: str, line: Line, name_end: int) -> RestOfLine:
        """What stands in a line behind an offset in it."""
        is_blank_needed = not self.has_equals
        return RestOfLine(
            document, line, name_end, len(line.text), needs_blank=is_blank_needed, joint=" ", check=self.check_value
        )

    def line(self, value: str) -> str:
        """A new line."""
        words = " ".join(self.words)
        return f"{words}={value}" if self.has_equals else f"{words} {value}".rstrip(BLANKS)

    def check_value(self, value: str) -> None:
        """:raises DocumentError: the rest of such a line cannot be this."""
        check_line_value(value)
        if "#" in value:
            raise DocumentError("the value has a #, which may begin a comment")
        if value.startswith("=") and not self.has_equals:
            raise DocumentError("the value begins with an equals sign, which belongs to what names it")


@dataclasses.dataclass(frozen=True)
class OptionsFile:
    """One options file."""

    text: str

    def find(self, selector: Selector) -> list[RestOfLine]:
        """The lines that begin with the selector's words.

        :raises DocumentError: it is not clear where one of them begins.
        """
        pattern = selector.pattern()
        found = []
        for line in logical_lines(self.text, _CONTINUATION):
            match = pattern.match(line.text)
            if match is None or (line.is_comment and not selector.words[0].startswith("#")):
                continue
            line.refuse_doubt()
            found.append(selector.rest_of(self.text, line, match.end()))
        return found

    def insert(self, selector: Selector, value: str) -> list[Splice]:
        """A line at the end of the file."""
        selector.check_value(value)
        return [append_line(self.text, selector.line(value), _CONTINUATION)]

    def remove(self, selector: Selector) -> list[Splice]:
        """The lines, with all that continues them."""
        return remove_lines(self.text, [found.line for found in self.find(selector)])
