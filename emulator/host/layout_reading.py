# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a service reads when it starts: the values of its settings, off the places that its layout names.

Well-formed XML through the standard library's parser, lines through regular expressions. Read only: nothing here knows
how to change a file.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from xml.etree import ElementTree
from xml.parsers import expat

from .layout import NO_PROXY, PROXY, Place, Row
from .services import BadConfigurationError

_PORT = re.compile(r"[1-9][0-9]{0,4}")
_HIGHEST_PORT = 65535
_PROXY = re.compile(r"(?:[^\s:/@\[\]]+|\[[0-9A-Fa-f:.]+\]):([0-9]+)")
_STEP = re.compile(r"(//?)(@?)([^/@\[\]]+)((?:\[(?:[0-9]+|@?[^\]=]+=(?:'[^']*'|\"[^\"]*\"))\])*)")
_PREDICATE = re.compile(r"\[(?:([0-9]+)|(@?)([^\]=]+)=(?:'([^']*)'|\"([^\"]*)\"))\]")
_SIGNED = re.compile(rb"[ \t]*(?:INCREMENT|FEATURE|UPGRADE|PACKAGE)\b", re.IGNORECASE)
_STARTUP = "CITRIX_STARTUP.LIC"

Value = int | str
"""A port; ``host:port`` or ``none``; a word."""


class Files(Protocol):
    """The files of one server."""

    def matching(self, place: Place) -> list[bytes]:
        """The contents of the files that a place names, in the order of their names."""


@dataclass(frozen=True)
class FilesBelow:
    """Files in a folder that stands for the install folder."""

    folder: Path

    def matching(self, place: Place) -> list[bytes]:
        *folders, name = _path(place).split("\\")
        folder = self.folder
        for one in folders:
            folder = next(iter(_named(folder, one)), folder / one)
        return [
            file.read_bytes() for file in _named(folder, name) if file.is_file() and not _left_out(place, file.name)
        ]


@dataclass(frozen=True)
class FilesInMemory:
    """Files by their path below the install folder."""

    contents: Mapping[str, bytes]

    def matching(self, place: Place) -> list[bytes]:
        wanted = _pattern(_path(place))
        return [
            content
            for path, content in sorted(self.contents.items())
            if wanted.fullmatch(path) and not _left_out(place, path.rpartition("\\")[2])
        ]


def read_setting(row: Row, files: Files) -> Value:
    """The one value that all places of a setting hold. Raises BadConfigurationError."""
    values = {value for place in row.places for value in _values_at(row, place, files)}
    if len(values) != 1:
        raise BadConfigurationError(f"{row.setting}: {'the places disagree' if values else 'no place has a value'}")
    return values.pop()


def signed_lines(content: bytes) -> bytes:
    """The lines of a license file that a signature covers, with what continues them."""
    kept, continues = [], False
    for line in content.splitlines(keepends=True):
        if continues or _SIGNED.match(line):
            kept.append(line)
            continues = line.rstrip(b"\r\n \t").endswith(b"\\")
    return b"".join(kept)


def _path(place: Place) -> str:
    return f"MyFiles\\{place.file}" if place.root == "myfiles" else place.file


def _has_wildcard(place: Place) -> bool:
    return "*" in place.file or "?" in place.file


def _left_out(place: Place, name: str) -> bool:
    return _has_wildcard(place) and name.upper() == _STARTUP


def _pattern(path: str) -> re.Pattern[str]:
    wild = {"*": r"[^\\]*", "?": r"[^\\]"}
    return re.compile("".join(wild.get(one, re.escape(one)) for one in path), re.IGNORECASE)


def _named(folder: Path, name: str) -> list[Path]:
    wanted = _pattern(name)
    return sorted(entry for entry in folder.iterdir() if wanted.fullmatch(entry.name)) if folder.is_dir() else []


def _values_at(row: Row, place: Place, files: Files) -> Iterator[Value]:
    contents = files.matching(place)
    if not contents and not _has_wildcard(place):
        raise BadConfigurationError(f"{row.setting}: there is no {place.file}")
    found = [_texts(place, content) for content in contents]
    texts = [text for in_file in found for text in in_file]
    if place.count == "one" and len(texts) > 1:
        raise BadConfigurationError(f"{row.setting}: {place.file} has {place.selector} {len(texts)} times")
    for text in texts:
        yield _value(row, place, text)
    missing = not texts if place.count == "one" else not all(found)
    word = row.absent_word()
    if missing and word is not None:
        yield word
    elif missing and not place.insert:
        raise BadConfigurationError(f"{row.setting}: {place.file} has no {place.selector}")


def _value(row: Row, place: Place, text: str) -> Value:
    if place.pattern is not None:
        match = re.fullmatch(place.pattern, text)
        if match is None:
            raise BadConfigurationError(f"{row.setting}: {place.file} says {text!r}, which is not of the form expected")
        text = match["value"]
    word = next((word for word, spellings in row.values.items() if spellings and text in spellings), None)
    if word is not None:
        return word
    if row.setting == PROXY and _is_proxy(text):
        return text
    if not row.values and _is_port(text):
        return int(text)
    raise BadConfigurationError(f"{row.setting}: {place.file} says {text!r}, which is not legal")


def _is_port(text: str) -> bool:
    return _PORT.fullmatch(text) is not None and int(text) <= _HIGHEST_PORT


def _is_proxy(text: str) -> bool:
    match = _PROXY.fullmatch(text)
    return match is not None and _is_port(match.group(1)) and text != NO_PROXY


def _texts(place: Place, content: bytes) -> list[str]:
    if place.format == "xml":
        return _in_xml(content, place.selector)
    text = _decode(content)
    if place.format == "options_file":
        return _in_options(text, place.selector)
    if place.format == "license_file":
        return _in_license(text, place.selector)
    return _in_apache(text, place.selector)


def _decode(content: bytes) -> str:
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace")
    return content.decode("latin-1")


def _lines(text: str) -> list[str]:
    """The lines, each with what continues it after a backslash."""
    return re.sub(r"\\[ \t]*\r?\n", " ", text).replace("\r\n", "\n").split("\n")


def _in_options(text: str, selector: str) -> list[str]:
    words = selector.removesuffix("=").split()
    rest = r"[ \t]*=(.*)" if selector.endswith("=") else r"(|[ \t].*)"
    line = re.compile(r"[ \t]*" + r"[ \t]+".join(re.escape(word) for word in words) + rest)
    matches = (line.fullmatch(one.rstrip("\r")) for one in text.split("\n"))
    return [match.group(1).strip() for match in matches if match]


def _in_license(text: str, selector: str) -> list[str]:
    if selector == "SERVER port":
        line = re.compile(r"[ \t]*SERVER[ \t]+\S+[ \t]+\S+[ \t]+([0-9]+)[ \t]*", re.IGNORECASE)
    elif selector == "VENDOR CITRIX options":
        line = re.compile(r"[ \t]*VENDOR[ \t]+CITRIX\b.*[ \t]options=(\"[^\"]*\"|\S+).*", re.IGNORECASE)
    else:
        line = re.compile(r"[ \t]*VENDOR[ \t]+CITRIX\b.*[ \t]port=(\S+).*", re.IGNORECASE)
    matches = (line.fullmatch(one) for one in _lines(text))
    return [match.group(1) for match in matches if match]


def _in_apache(text: str, selector: str) -> list[str]:
    anywhere, wanted = selector.startswith("//"), selector.lstrip("/").lower().split("/")
    found: list[str] = []
    sections: list[str] = []
    for line in _lines(text):
        match = re.fullmatch(r"[ \t]*(</?)?([A-Za-z]\w*)(.*?)(>?)[ \t]*", line)
        if match is None:
            continue
        bracket, name, rest, _end = match.groups()
        if bracket == "</":
            _leave(sections, name.lower())
            continue
        path = [*sections, name.lower()]
        if path == wanted or (anywhere and path[-len(wanted) :] == wanted):
            found.append(rest.strip())
        if bracket:
            sections.append(name.lower())
    if sections:
        raise BadConfigurationError(f"the section {sections[-1]} is not closed")
    return found


def _leave(sections: list[str], name: str) -> None:
    if not sections or sections.pop() != name:
        raise BadConfigurationError(f"the section {name} is closed and was not open")


def _in_xml(content: bytes, selector: str) -> list[str]:
    nodes = [_document(content)]
    for step in _STEP.finditer(selector):
        slashes, attribute, name, predicates = step.groups()
        if slashes == "//":
            nodes = [inner for node in nodes for inner in node.iter()]
        if attribute:
            return [node.attrib[name] for node in nodes if name in node.attrib]
        nodes = [child for node in nodes for child in _children(node, name, predicates)]
    return ["".join(node.itertext()).strip() for node in nodes]


def _document(content: bytes) -> ElementTree.Element:
    """An element whose only child is the root. Names are as the file spells them, prefix included."""
    builder = ElementTree.TreeBuilder()
    parser = expat.ParserCreate()
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    builder.start("document", {})
    try:
        ElementTree.fromstring(content)  # knows of namespaces, which the parser above does not
        parser.Parse(content, True)
    except (ElementTree.ParseError, expat.ExpatError, ValueError, LookupError) as error:
        raise BadConfigurationError(f"not well-formed: {error}") from error
    builder.end("document")
    return builder.close()


def _children(parent: ElementTree.Element, name: str, predicates: str) -> list[ElementTree.Element]:
    found = [child for child in parent if name in ("*", child.tag)]
    for position, attribute, key, single, double in _PREDICATE.findall(predicates):
        wanted = single or double
        if position:
            found = found[int(position) - 1 : int(position)]
        elif attribute:
            found = [one for one in found if one.get(key) == wanted]
        else:
            found = [one for one in found if wanted in _child_texts(one, key)]
    return found


def _child_texts(parent: ElementTree.Element, name: str) -> list[str]:
    return ["".join(child.itertext()).strip() for child in parent if child.tag == name]
