# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""XML documents: values found, and places for them made and taken away."""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._documents.text import BLANKS, DocumentError, Splice
from ansible_collections.citrixfleet.licensing.plugins.module_utils._documents.xml_selector import Selector
from ansible_collections.citrixfleet.licensing.plugins.module_utils._documents.xml_tree import (
    SPACE,
    TEXT,
    Attribute,
    Element,
    Piece,
    parse,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._documents.xml_values import (
    ATTRIBUTE,
    AttributeValue,
    ElementText,
    Spelling,
    empty,
    fill,
    line_end,
)

#: Of the first child of an element, below that of its parent.
_INDENTATION = "  "


@dataclasses.dataclass(frozen=True)
class XmlDocument:
    """One document that is well-formed."""

    content: str

    @functools.cached_property
    def elements(self) -> list[Element]:
        """All elements in order, the root first. :raises DocumentError: the document is not well-formed, or refused."""
        return parse(self.content)

    def find(self, selector: Selector) -> list[AttributeValue] | list[ElementText]:
        """The attributes or elements to which the selector leads."""
        elements = selector.elements(self.elements, self)
        if selector.attribute is None:
            return [ElementText(self.content, element) for element in elements]
        attributes = [_attribute(element, selector.attribute) for element in elements]
        return [AttributeValue(self.content, attribute) for attribute in attributes if attribute is not None]

    def insert(self, selector: Selector, value: str) -> list[Splice]:
        """An attribute behind the last one of its element; an element behind the last child, and indented like it.

        :raises DocumentError: the element to put it in is not there exactly once, or holds text.
        """
        place = selector.parent()
        if place is None:
            raise DocumentError("the selector does not say in which element to insert what")
        way, name = place
        parents = way.elements(self.elements, self)
        if len(parents) != 1:
            raise DocumentError(f"there are {len(parents)} elements, where something is to be inserted into one")
        self._refuse_unknown_prefix(parents[0], name)
        insert = self._insert_element if selector.attribute is None else self._insert_attribute
        return [insert(parents[0], name, value)]

    def remove(self, selector: Selector) -> list[Splice]:
        """Attributes and elements with the white space before them."""
        elements = selector.elements(self.elements, self)
        if selector.attribute is not None:
            attributes = [_attribute(element, selector.attribute) for element in elements]
            return [Splice(each.start, each.value_end + 1, "") for each in attributes if each is not None]
        splices: list[Splice] = []
        for parent in {id(element.parent): element.parent for element in elements}.values():
            if parent is None:
                raise DocumentError("the root element cannot be removed")
            splices += self._remove_children(parent, {id(element) for element in elements})
        return _outermost(splices)

    def attribute(self, element: Element, name: str) -> str | None:
        """An attribute's value; None if there is none."""
        attribute = _attribute(element, name)
        return None if attribute is None else AttributeValue(self.content, attribute).value

    def text(self, element: Element) -> str | None:
        """An element's text without the blanks around it; None where it is not in one place."""
        try:
            return ElementText(self.content, element).value
        except DocumentError:
            return None

    def _insert_attribute(self, element: Element, name: str, value: str) -> Splice:
        last = element.attributes[-1] if element.attributes else None
        if last is None:
            offset, space, quote = element.start + len("<") + len(element.name), " ", '"'
        else:
            offset, quote = last.value_end + 1, self.content[last.value_end]
            space = self._space_from(last.start)
        written = Spelling(ATTRIBUTE, quote).write(value)
        return Splice(offset, offset, f"{space}{name}={quote}{written}{quote}")

    def _insert_element(self, parent: Element, name: str, value: str) -> Splice:
        if ElementText(self.content, parent).value:
            raise DocumentError(f"the element {parent.name} holds text, and nothing can be inserted into it")
        written = Spelling(TEXT, line_end=line_end(self.content)).write(value)
        child = f"<{name}>{written}</{name}>"
        others = [node for node in parent.content if isinstance(node, Piece) and node.kind != TEXT]
        last = (parent.elements or others or [None])[-1]
        if last is not None:
            return Splice(last.end, last.end, self._space_before(parent, last) + child)
        if parent.is_tag:
            return fill(self.content, parent, child)
        inside = self.content[parent.head_end : parent.tail_start]
        lines = inside.rstrip(BLANKS)
        is_indented = lines.endswith(("\n", "\r"))
        space = line_end(inside) + inside[len(lines) :] + _INDENTATION if is_indented else ""
        return Splice(parent.head_end, parent.head_end, space + child)

    def _remove_children(self, parent: Element, removed: set[int]) -> t.Iterator[Splice]:
        previous: Element | Piece | None = None
        for node in parent.content:
            if id(node) in removed:
                is_spaced = isinstance(previous, Piece) and self._is_space(previous)
                start = previous.start if previous is not None and is_spaced else node.start
                is_all = (start, node.end) == (parent.head_end, parent.tail_start)
                yield empty(self.content, parent) if is_all else Splice(start, node.end, "")
            previous = node

    def _space_before(self, parent: Element, node: Element | Piece) -> str:
        index = next(index for index, each in enumerate(parent.content) if each is node)
        before = parent.content[index - 1] if index else None
        if isinstance(before, Piece) and self._is_space(before):
            return self.content[before.start : before.end]
        return ""

    def _space_from(self, offset: int) -> str:
        rest = self.content[offset : offset + 1024]
        return rest[: len(rest) - len(rest.lstrip(SPACE))]

    def _is_space(self, piece: Piece) -> bool:
        return piece.kind == TEXT and not self.content[piece.start : piece.end].strip(SPACE)

    def _refuse_unknown_prefix(self, element: Element, name: str) -> None:
        """:raises DocumentError: the name has a prefix that is not declared there."""
        prefix, colon, _local = name.partition(":")
        around: Element | None = element
        while colon and prefix != "xml" and around is not None:
            if _attribute(around, f"xmlns:{prefix}") is not None:
                return
            around = around.parent
        if colon and prefix != "xml":
            raise DocumentError(f"the prefix {prefix} is not declared where {name} is to be inserted")


def _attribute(element: Element, name: str) -> Attribute | None:
    return next((attribute for attribute in element.attributes if attribute.name == name), None)


def _outermost(splices: t.Iterable[Splice]) -> list[Splice]:
    """Those that are not within another."""
    kept: list[Splice] = []
    for splice in sorted(splices, key=lambda each: (each.start, -each.end)):
        if not kept or splice.start >= kept[-1].end:
            kept.append(splice)
    return kept
