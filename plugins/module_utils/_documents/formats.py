# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""The formats of documents, each with the same five functions: check, find, replace, insert, remove.

An edit is a splice of the document's text: every byte outside of it stays as it is. An edited document is read again
before it is given out, so that what was asked is what is found.

To edit and edit back gives the original bytes. Where the value alone cannot tell what they were, it is the same value
in another spelling:

- XML: the part of a value that changed was spelt with other references or line ends than those written here;
- any format: a value with blanks on both sides was emptied and given again, or one blank was all that stood there;
- XML: ``<a ></a>`` was given text or a child, and that taken away (it is ``<a/>`` then).
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._documents import (
    apache,
    license_lines,
    options_file,
    xml_document,
    xml_selector,
    xml_values,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._documents.text import (
    DocumentError,
    Splice,
    Text,
    check_characters,
    decode,
    decode_xml,
)

__all__ = ["FORMATS", "DocumentError", "Format"]

S = t.TypeVar("S")
S_contra = t.TypeVar("S_contra", contravariant=True)


class Found(t.Protocol):
    """A value in a document."""

    @property
    def value(self) -> str:
        """What a reader of the document gets."""

    def replaced_by(self, value: str) -> Splice:
        """The edit that puts another value there. :raises DocumentError: it cannot be put there."""


class Document(t.Protocol[S_contra]):
    """A document that was read; ``S_contra`` is what a selector of its format is parsed to."""

    def find(self, selector: S_contra) -> t.Sequence[Found]:
        """The values, in the document's order."""

    def insert(self, selector: S_contra, value: str) -> t.Sequence[Splice]:
        """The edit that makes a place for a value."""

    def remove(self, selector: S_contra) -> t.Sequence[Splice]:
        """The edit that takes away what is found."""


class Format(t.Protocol):
    """How the profile's places are read and edited. All functions raise :class:`DocumentError`.

    It is raised for a document that cannot be read safely, for what is no selector of the format, and for a value that
    the document, or its place, cannot hold.
    """

    def check(self, selector: str) -> None:
        """Refuse what is no selector of this format."""

    def find(self, content: bytes, selector: str) -> tuple[str, ...]:
        """The values, in the document's order; none where the place is absent."""

    def replace(self, content: bytes, selector: str, values: t.Sequence[str]) -> bytes:
        """The document with new values: one for each that is found.

        :raises ValueError: there are more values or less.
        """

    def insert(self, content: bytes, selector: str, value: str) -> bytes:
        """The document with a value where none is found.

        :raises ValueError: there is one.
        :raises DocumentError: the place to insert it at is not there exactly once.
        """

    def remove(self, content: bytes, selector: str) -> bytes:
        """The document without all that is found."""


@dataclasses.dataclass(frozen=True)
class _Format(t.Generic[S]):
    """A format: how its bytes are decoded, its text is read, and its selectors are parsed.

    ``controls``: the control characters that a value may have.
    """

    decode: t.Callable[[bytes], Text]
    read: t.Callable[[str], Document[S]]
    parse_selector: t.Callable[[str], S]
    controls: str = "\t"

    def check(self, selector: str) -> None:
        self.parse_selector(selector)

    def find(self, content: bytes, selector: str) -> tuple[str, ...]:
        return self._values(self.read(self.decode(content).characters).find(self.parse_selector(selector)))

    def replace(self, content: bytes, selector: str, values: t.Sequence[str]) -> bytes:
        text, parsed = self.decode(content), self.parse_selector(selector)
        found = self.read(text.characters).find(parsed)
        if len(found) != len(values):
            raise ValueError(f"{len(values)} values for {len(found)} places")
        changed = [(each, value) for each, value in zip(found, values, strict=True) if each.value != value]
        for each, _value in changed:
            # What could not be written back is not replaced.
            each.replaced_by(each.value)
        return self._edit(text, parsed, [each.replaced_by(value) for each, value in changed], values)

    def insert(self, content: bytes, selector: str, value: str) -> bytes:
        text, parsed = self.decode(content), self.parse_selector(selector)
        document = self.read(text.characters)
        if document.find(parsed):
            raise ValueError(f"{selector} is there already")
        return self._edit(text, parsed, document.insert(parsed, value), [value])

    def remove(self, content: bytes, selector: str) -> bytes:
        text, parsed = self.decode(content), self.parse_selector(selector)
        return self._edit(text, parsed, self.read(text.characters).remove(parsed), [])

    def _edit(self, text: Text, selector: S, splices: t.Sequence[Splice], values: t.Sequence[str]) -> bytes:
        """The edited document. :raises DocumentError: it would not be read as it is meant."""
        content = text.splice(splices).encode()
        if self._values(self.read(self.decode(content).characters).find(selector)) != tuple(values):
            raise DocumentError("the edited document would not be read as it is meant")
        return content

    def _values(self, found: t.Iterable[Found]) -> tuple[str, ...]:
        values = tuple(each.value for each in found)
        for value in values:
            check_characters(value, self.controls)
        return values


FORMATS: t.Mapping[str, Format] = {
    "xml": _Format(decode_xml, xml_document.XmlDocument, xml_selector.Selector.parse, xml_values.CONTROLS),
    "options_file": _Format(decode, options_file.OptionsFile, options_file.Selector.parse),
    "license_file": _Format(decode, license_lines.LicenseFile, license_lines.Selector.parse),
    "apache": _Format(decode, apache.ApacheConfiguration, apache.Selector.parse),
}
