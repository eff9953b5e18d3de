# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""Values in XML documents: of attributes, and the texts of elements.

A value is written with ``&``, ``<``, ``>`` and its own quote as the predefined entities, and in CDATA as it is. The
characters that a new value shares with the old one, at its beginning and end, stay as they are spelt. ``<a/>`` that is
given text becomes ``<a >text</a>``, its slash a blank, so that it is ``<a/>`` again when the text is taken away.
"""

from __future__ import annotations

import dataclasses
import itertools
import re

from ansible_collections.citrixfleet.licensing.plugins.module_utils._documents import xml_tree
from ansible_collections.citrixfleet.licensing.plugins.module_utils._documents.text import (
    DocumentError,
    Splice,
    check_characters,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._documents.xml_tree import (
    CDATA,
    SPACE,
    TEXT,
    Attribute,
    Element,
    Piece,
)

#: The control characters that XML allows.
CONTROLS = "\t\n\r"

_CDATA_START, _CDATA_END = "<![CDATA[", "]]>"
_UNIT = re.compile(r"&[^;]*;|\r\n|[\s\S]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
_ATTRIBUTE_ENTITIES = {**_ENTITIES, "\t": "&#9;", "\n": "&#10;"}
_QUOTES = {'"': "&quot;", "'": "&apos;"}
ATTRIBUTE = "attribute"


@dataclasses.dataclass(frozen=True)
class Spelling:
    """How values are spelt in one place: in text, CDATA, or an attribute with its quote; ``line_end`` for U+000A."""

    kind: str
    quote: str = ""
    line_end: str = "\n"

    def units(self, raw: str) -> list[tuple[str, str]]:
        """The units of a text as it stands (characters, references, line ends), each with what a reader gets."""
        if self.kind == CDATA:
            return [(unit, "\n" if unit.startswith("\r") else unit) for unit in re.findall(r"\r\n|[\s\S]", raw)]
        return [(unit, self._read(unit)) for unit in _UNIT.findall(raw)]

    def read(self, raw: str) -> str:
        """What a reader gets of a text as it stands."""
        if not any(character in raw for character in "&\r\n\t"):
            return raw
        return "".join(read for _unit, read in self.units(raw))

    def write(self, value: str) -> str:
        """A value as it is to stand there. :raises DocumentError: it cannot."""
        check_characters(value, CONTROLS)
        if any(character in value for character in "\ufffe\uffff"):
            raise DocumentError("the value has a character that XML does not allow")
        if self.kind == CDATA:
            if _CDATA_END in value or "\r" in value:
                raise DocumentError("the value has characters that cannot stand in CDATA")
            return value.replace("\n", self.line_end)
        entities = _ENTITIES if self.kind == TEXT else {**_ATTRIBUTE_ENTITIES, self.quote: _QUOTES[self.quote]}
        return "".join(entities.get(character, character) for character in value).replace("\n", self.line_end)

    def rewrite(self, raw: str, value: str) -> str:
        """A new value, spelt as the old text where both are the same at the beginning and the end."""
        units = self.units(raw)
        old = "".join(read for _unit, read in units)
        first = _shared(old, value)
        last = _shared(old[first:][::-1], value[first:][::-1])
        kept = [unit for unit, _read in units]
        end = len(kept) - last
        new = "".join(kept[:first]) + self.write(value[first : len(value) - last]) + "".join(kept[end:])
        # Two kept ends may make something else where they meet.
        is_legal = self.kind == ATTRIBUTE or _CDATA_END not in new
        return new if is_legal and self.read(new) == value else self.write(value)

    def _read(self, unit: str) -> str:
        if unit.startswith("&"):
            return xml_tree.resolve(unit)
        if self.kind == ATTRIBUTE and unit[0] in SPACE:
            return " "
        return "\n" if unit.startswith("\r") else unit


def _shared(first: str, second: str) -> int:
    """How many characters two texts have in common at their beginning."""
    length = min(len(first), len(second))
    return next((index for index in range(length) if first[index] != second[index]), length)


@dataclasses.dataclass(frozen=True)
class AttributeValue:
    """The value of one attribute; ``text`` is the document's."""

    text: str
    attribute: Attribute

    @property
    def value(self) -> str:
        """What a reader gets, references resolved and white space normalized."""
        return self._spelling.read(self._raw)

    def replaced_by(self, value: str) -> Splice:
        """:raises DocumentError: an attribute cannot hold the value."""
        start, end = self.attribute.value_start, self.attribute.value_end
        return Splice(start, end, self._spelling.rewrite(self._raw, value))

    @property
    def _raw(self) -> str:
        return self.text[self.attribute.value_start : self.attribute.value_end]

    @property
    def _spelling(self) -> Spelling:
        return Spelling(ATTRIBUTE, self.text[self.attribute.value_end])


@dataclasses.dataclass(frozen=True)
class ElementText:
    """The text of one element, without the white space around it; ``text`` is the document's."""

    text: str
    element: Element

    @property
    def value(self) -> str:
        """What a reader gets. :raises DocumentError: there is text before and behind a child element."""
        runs: list[list[str]] = [[]]
        for node in self.element.content:
            if isinstance(node, Element):
                runs.append([])
            elif node.kind in (TEXT, CDATA):
                runs[-1].append(self._read(node))
        texts = [text for text in ("".join(run).strip(SPACE) for run in runs) if text]
        if len(texts) > 1:
            raise DocumentError(f"the element {self.element.name} has text in several places")
        return texts[0] if texts else ""

    def replaced_by(self, value: str) -> Splice:
        """:raises DocumentError: the text is in several pieces, or it cannot hold the value."""
        if value != value.strip(SPACE):
            raise DocumentError("the value begins or ends in white space, which readers may drop")
        if not value and len(self.element.content) > 1:
            raise DocumentError(f"the element {self.element.name} has other content, and its text cannot be emptied")
        piece = self._piece()
        if piece is None:
            return fill(self.text, self.element, Spelling(TEXT, line_end=line_end(self.text)).write(value))
        splice = self._rewrite(piece, value)
        if not value and (splice.start, splice.end) == (self.element.head_end, self.element.tail_start):
            return empty(self.text, self.element)
        return splice

    def _piece(self) -> Piece | None:
        """The piece that the text is in; None if there is nothing at all in the element."""
        element, is_empty = self.element, not self.value
        pieces = [node for node in element.content if isinstance(node, Piece) and node.kind in (TEXT, CDATA)]
        if is_empty and len(pieces) != len(element.content):
            raise DocumentError(f"the element {element.name} has other content, and no text to replace")
        held = pieces if is_empty else [piece for piece in pieces if self._read(piece).strip(SPACE)]
        if len(held) > 1:
            raise DocumentError(f"the text of the element {element.name} is in several pieces")
        return held[0] if held else None

    def _rewrite(self, piece: Piece, value: str) -> Splice:
        spelling = Spelling(piece.kind, line_end=line_end(self.text))
        start, end = inside(piece)
        units = spelling.units(self.text[start:end])
        blank_before = list(itertools.takewhile(_is_blank, units))
        rest = units[len(blank_before) :]
        blank_after = list(itertools.takewhile(_is_blank, reversed(rest)))
        start += sum(len(unit) for unit, _read in blank_before)
        end -= sum(len(unit) for unit, _read in blank_after)
        return Splice(start, end, spelling.rewrite(self.text[start:end], value))

    def _read(self, piece: Piece) -> str:
        start, end = inside(piece)
        return Spelling(piece.kind).read(self.text[start:end])


def inside(piece: Piece) -> tuple[int, int]:
    """The offsets of what a reader gets of a piece, without the marks of CDATA."""
    if piece.kind == CDATA:
        return piece.start + len(_CDATA_START), piece.end - len(_CDATA_END)
    return piece.start, piece.end


def line_end(text: str) -> str:
    """The first line end of a document; LF if it has none."""
    found = text.find("\n")
    if found < 0:
        return "\r" if "\r" in text else "\n"
    return "\r\n" if text.endswith("\r", 0, found) else "\n"


def fill(text: str, element: Element, content: str) -> Splice:
    """Content for an element that has none at all; ``<a/>`` is made ``<a ></a>``."""
    if element.is_tag and content:
        slash = element.head_end - len("/>")
        return Splice(slash, element.end, f" >{content}</{element.name}>")
    return Splice(element.head_end, element.head_end, content)


def empty(text: str, element: Element) -> Splice:
    """An element without its content; ``<a ></a>`` is made ``<a/>``, which it was before it was filled."""
    end_tag = text[element.tail_start : element.end]
    if text.startswith(" >", element.head_end - len(" >")) and end_tag == f"</{element.name}>":
        return Splice(element.head_end - len(" >"), element.end, "/>")
    return Splice(element.head_end, element.tail_start, "")


def _is_blank(unit: tuple[str, str]) -> bool:
    return unit[1] in SPACE
