# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""XML 1.0 parsed to a tree in which everything knows where in the text it stands.

A parser of our own, because none at hand keeps what an edit needs: expat tells where a tag begins but not where the
value of an attribute does, resolves references and normalizes values; ElementTree, minidom and lxml write the document
anew, with their own quotes, declaration, spacing and empty elements.

It is stricter than XML: what it accepts is well-formed, and what it does not need is refused. Refused are entities
other than the five predefined ones, and with them every document type declaration that is more than a name (external
entities and entity bombs begin there), and names with characters beyond Latin-1. The time it takes grows with the
length of the document alone: nothing is recursive, and no expression looks at a character again and again.
"""

from __future__ import annotations

import dataclasses
import re

from ansible_collections.citrixfleet.licensing.plugins.module_utils._documents.text import (
    MAXIMUM_PARTS,
    XML_DECLARATION,
    DocumentError,
)

SPACE = " \t\r\n"
NAME = r"[A-Za-z_À-ÖØ-öø-ÿ][-.:A-Za-z0-9_·À-ÖØ-öø-ÿ]*"

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REFERENCE = re.compile(r"&(?:(?P<name>amp|lt|gt|quot|apos)|#0*(?P<decimal>[0-9]{1,7})|#x0*(?P<hex>[0-9a-fA-F]{1,6}));")
_DOCTYPE = re.compile(rf"<!DOCTYPE[ \t\r\n]+{NAME}[ \t\r\n]*>")
_TAG_NAME = re.compile(rf"<(?P<name>{NAME})(?=[ \t\r\n/>])")
_ATTRIBUTE = re.compile(
    rf"[ \t\r\n]+(?P<name>{NAME})[ \t\r\n]*=[ \t\r\n]*(?:\"(?P<double>[^<\"]*)\"|'(?P<single>[^<']*)')"
)
_TAG_END = re.compile(r"[ \t\r\n]*(?P<slash>/?)>")
_END_TAG = re.compile(rf"</(?P<name>{NAME})[ \t\r\n]*>")
_INSTRUCTION = re.compile(rf"<\?(?P<name>{NAME})(?:[ \t\r\n]|(?=\?>))")

_PREDEFINED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}

TEXT = "text"
CDATA = "CDATA"
COMMENT = "comment"
INSTRUCTION = "processing instruction"


@dataclasses.dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute; ``start`` is the offset of the white space before it, the others are those within the quotes."""

    name: str
    start: int
    value_start: int
    value_end: int


@dataclasses.dataclass(frozen=True, slots=True)
class Piece:
    """What an element has between its tags beside elements: text, CDATA (with its marks), comment or instruction."""

    kind: str
    start: int
    end: int


@dataclasses.dataclass(eq=False, slots=True)
class Element:
    """An element.

    ``start`` and ``end`` are the offsets of the whole; ``head_end`` of the end of its first tag; ``tail_start`` of its
    end tag (equal to ``end`` for an empty-element tag, ``<a/>``).
    """

    name: str
    parent: Element | None
    attributes: tuple[Attribute, ...]
    start: int
    head_end: int
    tail_start: int
    end: int
    content: list[Element | Piece] = dataclasses.field(default_factory=list)

    @property
    def is_tag(self) -> bool:
        """Whether it is an empty-element tag."""
        return self.head_end == self.end

    @property
    def elements(self) -> list[Element]:
        """The child elements."""
        return [child for child in self.content if isinstance(child, Element)]


def parse(text: str) -> list[Element]:
    """All elements of a document in its order, the root first.

    :raises DocumentError: the document is not well-formed, or has what is refused.
    """
    return _Parser(text).run()


def resolve(raw: str) -> str:
    """The character of a reference that is legal (``&lt;``, ``&#58;``)."""
    match = _REFERENCE.fullmatch(raw)
    if match is None:
        raise ValueError(f"{raw} is no reference")
    if match["name"]:
        return _PREDEFINED[match["name"]]
    return chr(int(match["decimal"]) if match["decimal"] else int(match["hex"], 16))


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.elements: list[Element] = []
        self.open: list[Element] = []
        self.has_type = False

    def run(self) -> list[Element]:
        illegal = _ILLEGAL.search(self.text)
        if illegal is not None:
            raise self._error("a character that XML does not allow, or that is none in its encoding", illegal.start())
        if self.text.count("<") > MAXIMUM_PARTS:
            raise DocumentError(f"it has more than {MAXIMUM_PARTS} tags")
        declaration = XML_DECLARATION.match(self.text)
        self.position = declaration.end() if declaration else 0
        while self.position < len(self.text):
            if self.text[self.position] == "<":
                self._markup()
            else:
                self._take_text()
        if self.open or not self.elements:
            raise self._error(f"the element {self.open[-1].name} has no end" if self.open else "no element")
        return self.elements

    def _markup(self) -> None:
        start = self.position
        if self.text.startswith("</", start):
            self._end_tag()
        elif self.text.startswith("<!--", start):
            self._comment()
        elif self.text.startswith("<![CDATA[", start) and self.open:
            self._add(CDATA, self._find("]]>", start + len("<![CDATA["), "the CDATA section has no end"))
        elif self.text.startswith("<!", start):
            self._document_type()
        elif self.text.startswith("<?", start):
            self._instruction()
        else:
            self._start_tag()

    def _take_text(self) -> None:
        start = self.position
        found = self.text.find("<", start)
        end = len(self.text) if found < 0 else found
        if not self.open and self.text[start:end].strip(SPACE):
            raise self._error("text outside of the root element")
        if self.text.find("]]>", start, end) >= 0:
            raise self._error("]]> in text")
        self._check_references(start, end)
        self._add(TEXT, end)

    def _comment(self) -> None:
        end = self._find("--", self.position + len("<!--"), "the comment has no end")
        if not self.text.startswith(">", end):
            raise self._error("-- in a comment")
        self._add(COMMENT, end + 1)

    def _instruction(self) -> None:
        match = _INSTRUCTION.match(self.text, self.position)
        if match is None or match["name"].lower() == "xml" or ":" in match["name"]:
            raise self._error("no legal processing instruction or XML declaration")
        self._add(INSTRUCTION, self._find("?>", match.end(), "the processing instruction has no end"))

    def _document_type(self) -> None:
        match = _DOCTYPE.match(self.text, self.position)
        if match is None or self.elements or self.has_type:
            raise self._error(
                "a document type declaration that is more than a name, or CDATA outside of the root element"
            )
        self.has_type = True
        self.position = match.end()

    def _start_tag(self) -> None:
        start = self.position
        name = _TAG_NAME.match(self.text, start)
        if name is None:
            raise self._error("a < that begins no tag")
        if self.elements and not self.open:
            raise self._error("a second root element")
        position, attributes = self._attributes(name.end())
        end = _TAG_END.match(self.text, position)
        if end is None:
            raise self._error(f"the tag {name['name']} has no legal end")
        parent = self.open[-1] if self.open else None
        self.position = end.end()
        element = Element(name["name"], parent, attributes, start, self.position, self.position, self.position)
        self.elements.append(element)
        if parent is not None:
            parent.content.append(element)
        if not end["slash"]:
            self.open.append(element)

    def _attributes(self, position: int) -> tuple[int, tuple[Attribute, ...]]:
        attributes: dict[str, Attribute] = {}
        while (match := _ATTRIBUTE.match(self.text, position)) is not None:
            group = "double" if match["double"] is not None else "single"
            if match["name"] in attributes:
                raise self._error(f"the attribute {match['name']} twice")
            self._check_references(match.start(group), match.end(group))
            attributes[match["name"]] = Attribute(match["name"], match.start(), match.start(group), match.end(group))
            position = match.end()
        return position, tuple(attributes.values())

    def _end_tag(self) -> None:
        match = _END_TAG.match(self.text, self.position)
        if match is None or not self.open or self.open[-1].name != match["name"]:
            raise self._error("an end tag that ends nothing")
        element = self.open.pop()
        element.tail_start = self.position
        self.position = element.end = match.end()

    def _check_references(self, start: int, end: int) -> None:
        while (start := self.text.find("&", start, end)) >= 0:
            match = _REFERENCE.match(self.text, start, end)
            if match is None:
                raise self._error("a reference that is none of the five predefined entities and no character", start)
            code = int(match["decimal"] or "32") if not match["hex"] else int(match["hex"], 16)
            if code > 0x10FFFF or _ILLEGAL.match(chr(code)):
                raise self._error("a reference to a character that XML does not allow", start)
            start = match.end()

    def _add(self, kind: str, end: int) -> None:
        if self.open:
            self.open[-1].content.append(Piece(kind, self.position, end))
        self.position = end

    def _find(self, mark: str, start: int, otherwise: str) -> int:
        """The offset behind the next such mark."""
        found = self.text.find(mark, start)
        if found < 0:
            raise self._error(otherwise)
        return found + len(mark)

    def _error(self, what: str, offset: int | None = None) -> DocumentError:
        line = self.text.count("\n", 0, self.position if offset is None else offset) + 1
        return DocumentError(f"it is no XML that can be edited safely: {what}, in line {line}")
