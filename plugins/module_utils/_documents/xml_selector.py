# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""Selectors of XML: a small part of XPath 1.0, with the same meaning.

``/root/element``, ``//element``, and either with ``/@attribute`` behind. A step is a name as the document spells it,
prefix included, or ``*``, then any number of predicates: ``[2]`` (of those that are left, counted in each parent),
``[@name='x']`` (an attribute's value), ``[name='x']`` (the text of a child, without the white space around it).
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._documents.text import DocumentError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._documents.xml_tree import NAME, Element

_NAME = rf"(?:{NAME}|\*)"
_STEP = re.compile(_NAME)
_ATTRIBUTE = re.compile(rf"/@(?P<name>{NAME})")
_PREDICATE = re.compile(
    rf"\[[ ]*(?:(?P<position>[1-9][0-9]{{0,8}})|(?P<at>@?)(?P<name>{NAME})[ ]*=[ ]*"
    r"(?:'(?P<single>[^']*)'|\"(?P<double>[^\"]*)\"))[ ]*\]"
)
ANY = "*"


class Reader(t.Protocol):
    """What predicates ask of a document."""

    def attribute(self, element: Element, name: str) -> str | None:
        """An attribute's value; None if there is none."""

    def text(self, element: Element) -> str | None:
        """An element's text without blanks around it; None where it is not in one place."""


@dataclasses.dataclass(frozen=True)
class Predicate:
    """``position`` is None for a comparison of an attribute (``is_attribute``) or child with ``value``."""

    position: int | None
    is_attribute: bool
    name: str
    value: str

    def filter(self, elements: list[Element], reader: Reader) -> list[Element]:
        """Those of some children of one parent for which it holds."""
        if self.position is not None:
            return elements[self.position - 1 : self.position]
        return [element for element in elements if self._holds(element, reader)]

    def _holds(self, element: Element, reader: Reader) -> bool:
        if self.is_attribute:
            return reader.attribute(element, self.name) == self.value
        return any(reader.text(child) == self.value for child in element.elements if child.name == self.name)


@dataclasses.dataclass(frozen=True)
class Step:
    """A name, or ``*``, and what must hold."""

    name: str
    predicates: tuple[Predicate, ...]

    def take(self, siblings: t.Iterable[Element], reader: Reader) -> list[Element]:
        """Those of all children of one parent to which the step leads."""
        elements = [element for element in siblings if self.name in (ANY, element.name)]
        for predicate in self.predicates:
            elements = predicate.filter(elements, reader)
        return elements


@dataclasses.dataclass(frozen=True)
class Selector:
    """The way to elements or, with ``attribute``, to that of them; ``anywhere``: the first step is at any depth."""

    steps: tuple[Step, ...]
    anywhere: bool
    attribute: str | None

    @classmethod
    def parse(cls, selector: str) -> Selector:
        """:raises DocumentError: it is none."""
        steps = []
        anywhere = selector.startswith("//")
        position = 1 if anywhere else 0
        while selector.startswith("/", position) and not selector.startswith("/@", position):
            step, position = _parse_step(selector, position + 1)
            steps.append(step)
        attribute = _ATTRIBUTE.fullmatch(selector, position)
        if not steps or (attribute is None and position != len(selector)):
            raise DocumentError(f"the selector is not understood from {selector[position:]!r} on")
        return cls(tuple(steps), anywhere, attribute["name"] if attribute else None)

    def elements(self, document: t.Sequence[Element], reader: Reader) -> list[Element]:
        """The elements to which the steps lead, in the document's order.

        :param document: all elements in the document's order, the root first.
        """
        first, *others = self.steps
        found = first.take(document[:1], reader)
        if self.anywhere:
            for parent in document:
                found += first.take(parent.elements, reader)
        for step in others:
            found = [child for parent in found for child in step.take(parent.elements, reader)]
        return sorted(found, key=lambda element: element.start)

    def parent(self) -> tuple[Selector, str] | None:
        """The way to where the element or attribute would be inserted, and its name; None where there is no such."""
        if self.attribute is not None:
            return dataclasses.replace(self, attribute=None), self.attribute
        *steps, last = self.steps
        if not steps or last.name == ANY or last.predicates:
            return None
        return dataclasses.replace(self, steps=tuple(steps)), last.name


def _parse_step(selector: str, position: int) -> tuple[Step, int]:
    name = _STEP.match(selector, position)
    if name is None:
        raise DocumentError(f"the selector has no legal name at {selector[position:]!r}")
    position = name.end()
    predicates = []
    while (match := _PREDICATE.match(selector, position)) is not None:
        value = match["single"] if match["single"] is not None else match["double"]
        number = int(match["position"]) if match["position"] else None
        predicates.append(Predicate(number, bool(match["at"]), match["name"] or "", value or ""))
        position = match.end()
    return Step(name[0], tuple(predicates)), position
