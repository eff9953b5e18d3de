# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""XML files of shuffled layouts: nested, quoted, prefixed and padded in every way that XML allows, with baits."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from xml.sax.saxutils import escape

from .layout_drafts import Draft, Wish, likely

_ROOTS = ("configuration", "lmadmin", "Configurations", "settings", "Emulator.Settings")
_SECTIONS = ("server", "daemon", "network", "web", "console", "options", "service", "endpoint", "licensing", "client")
_LEAVES = {
    "license_server_port": ("port", "Port", "licensePort"),
    "vendor_daemon_port": ("port", "Port", "vendorPort"),
    "web_services_port": ("port", "Port", "listen"),
    "proxy": ("Proxy", "proxy", "outbound"),
    "supplemental_grace_period": ("grace", "SupplementalGrace", "enabled"),
    "display_language": ("Locale", "lang", "language"),
}
_NAMES = ("CITRIX", "main", "São Paulo", "a/b", "primary")
_BAIT = "1"
_PREFIX = "emu"
_DASH = "\N{EN DASH}"  # in windows-1252, and not in iso-8859-1


@dataclass
class Node:
    """An element. ``text`` is XML already; ``empty`` writes it as one tag when there is nothing in it.

    ``places`` are the names that are spoken for, of places that are absent, too.
    """

    tag: str
    attributes: list[tuple[str, str]] = field(default_factory=list)
    children: list[Node | str] = field(default_factory=list)
    text: str | None = None
    empty: bool = True
    places: set[str] = field(default_factory=set)

    def elements(self) -> list[Node]:
        return [child for child in self.children if isinstance(child, Node)]


@dataclass(frozen=True)
class Style:
    """How a file is written: one level's blanks, the quote, blanks around an equals sign and before a tag's end."""

    indent: str
    quote: str
    equals: str
    before_end: str
    declaration: str | None

    @staticmethod
    def any(rng: Random, encoding: str) -> Style:
        declared = {"utf-8-sig": "utf-8", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16"}.get(encoding, encoding)
        needed = encoding in ("iso-8859-1", "windows-1252")
        return Style(
            indent=rng.choice(("  ", "\t", "    ", "")),
            quote=rng.choice(('"', '"', "'")),
            equals=rng.choice(("=", "=", "=", " = ")),
            before_end=rng.choice(("", "", " ")),
            declaration=f'<?xml version="1.0" encoding="{declared}"?>' if needed or likely(rng, 75) else None,
        )


@dataclass
class XmlDraft(Draft):
    """An XML file. ``prefixed``: some of its names have a prefix."""

    root: Node = field(default_factory=lambda: Node("settings"))
    style: Style = field(default_factory=lambda: Style("  ", '"', "=", "", None))
    prefixed: bool = False
    containers: list[tuple[Node, str]] = field(default_factory=list)
    note: str = f"The emulator's own file {_DASH} not Citrix's: São Paulo, Zürich"

    def furnish(self, rng: Random) -> XmlDraft:
        """Choose how the file looks."""
        self.root.tag = rng.choice(_ROOTS)
        self.style = Style.any(rng, self.encoding.name)
        self.prefixed = likely(rng, 30)
        if self.encoding.name == "iso-8859-1":
            self.note = self.note.replace(_DASH, "-")
        if self.prefixed:
            self.root.tag = f"{_PREFIX}:{self.root.tag}"
            self.root.attributes.append((f"xmlns:{_PREFIX}", "urn:emulator:layout"))
        elif likely(rng, 25):
            self.root.attributes.append(("xmlns", "urn:emulator:layout"))
        if likely(rng, 40):
            self.root.children.append("<notes><![CDATA[<port>1</port> & <Proxy>bait:1</Proxy>]]> &amp; &#233;</notes>")
        return self

    def put(self, rng: Random, wish: Wish) -> str:
        self.settings.append(wish.setting)
        if wish.text is not None and not wish.removable and likely(rng, 15):
            return self._put_anywhere(rng, wish)
        parent, selector = self._container(rng)
        return f"{selector}/{self._leaf(rng, parent, wish)}"

    def _container(self, rng: Random) -> tuple[Node, str]:
        """An element for a place, one that holds a place already now and then, and the selector that leads to it."""
        if self.containers and likely(rng, 30):
            return rng.choice(self.containers)
        parent, selector = self.root, rng.choice(("/*", f"/{self.root.tag}", f"/{self.root.tag}"))
        for _level in range(rng.choice((0, 1, 1, 2, 3))):
            parent, step = self._section(rng, parent)
            selector += f"/{step}"
        self.containers.append((parent, selector))
        return parent, selector

    def lines(self) -> list[str]:
        head = [] if self.style.declaration is None else [self.style.declaration]
        rendered = [part for line in self._render(self.root, 0) for part in line.split("\n")]
        return [*head, f"<!-- {self.note} -->", *rendered]

    def _put_anywhere(self, rng: Random, wish: Wish) -> str:
        """An element with a name that nothing else in the file has, so that it can be looked for everywhere."""
        camel = "".join(word.capitalize() for word in wish.setting.split("_"))
        name = f"{camel}{self.settings.count(wish.setting)}"
        parent = self.root
        for _level in range(rng.choice((0, 1, 2))):
            parent, _step = self._section(rng, parent)
        element = Node(name, text=_written(rng, wish.text or ""), empty=likely(rng, 50))
        if likely(rng, 50):
            parent.children.append(element)
            return f"//{name}"
        element.text = None
        element.attributes.append(("value", _escaped(rng, wish.text or "")))
        parent.children.append(element)
        return f"//{name}/@value"

    def _section(self, rng: Random, parent: Node) -> tuple[Node, str]:
        """A new section, and the step that leads to it and to no other."""
        used = {element.tag for element in parent.elements()}
        tag = next(tag for tag in self._tags(rng) if tag not in used)
        section = Node(tag, empty=likely(rng, 70))
        kind = rng.choice(("plain", "plain", "attribute", "child", "position"))
        others = [] if kind == "plain" else [Node(tag) for _number in range(rng.choice((1, 2)))]
        place = rng.randrange(len(others) + 1)
        together = [*others[:place], section, *others[place:]]
        parent.children += together
        if kind == "position":
            return section, f"{tag}[{place + 1}]"
        if kind == "plain":
            return section, tag
        key, name = rng.choice(("name", "id", "kind")), rng.choice(_NAMES)
        for number, node in enumerate(together):
            _label(node, kind, key, name if node is section else f"other{number}")
        return section, f"{tag}[{'@' if kind == 'attribute' else ''}{key}='{name}']"

    def _tags(self, rng: Random) -> list[str]:
        tags = rng.sample(_SECTIONS, len(_SECTIONS))
        if self.prefixed and likely(rng, 60):
            tags = [f"{_PREFIX}:{tag}" for tag in tags]
        return [*tags, *(f"{tag}{number}" for number in range(10) for tag in tags)]

    def _leaf(self, rng: Random, parent: Node, wish: Wish) -> str:
        used = parent.places | {element.tag for element in parent.elements()} | set(dict(parent.attributes))
        words = _LEAVES[wish.setting]
        prefix = f"{_PREFIX}:" if self.prefixed and likely(rng, 40) else ""
        names = [prefix + word for word in (*words, *(f"{words[0]}{number}" for number in range(10)))]
        name = next(name for name in names if name not in used)
        parent.places.add(name)
        if likely(rng, 40):
            parent.children.append(f"<!-- <{name}>{_BAIT}</{name}> -->")
        attribute = likely(rng, 45)
        self._bait(rng, parent, name, attribute)
        if attribute:
            if wish.text is not None:
                parent.attributes.insert(rng.randrange(len(parent.attributes) + 1), (name, _escaped(rng, wish.text)))
            return f"@{name}"
        if wish.text is not None:
            element = Node(name, text=_written(rng, wish.text), empty=likely(rng, 50))
            if likely(rng, 20):
                element.attributes.append(("unit", "a &gt; b"))
            parent.children.insert(rng.randrange(len(parent.children) + 1), element)
        return name

    def _bait(self, rng: Random, parent: Node, name: str, attribute: bool) -> None:
        """The same place in the sections beside this one that have its name."""
        for other in _beside(self.root, parent):
            if other.tag != parent.tag or not likely(rng, 70):
                continue
            if attribute and name not in dict(other.attributes):
                other.attributes.append((name, _BAIT))
            elif not attribute:
                other.children.append(Node(name, text=_BAIT))

    def _render(self, node: Node, level: int) -> list[str]:
        blanks, style = self.style.indent * level, self.style
        attributes = "".join(f" {name}{style.equals}{self._quoted(value)}" for name, value in node.attributes)
        start = f"{blanks}<{node.tag}{attributes}{style.before_end}"
        if not node.children:
            if not node.text and node.empty:
                return [f"{start}/>"]
            return [f"{start}>{node.text or ''}</{node.tag}{style.before_end}>"]
        inner = style.indent * (level + 1)
        lines = [f"{start}>"]
        for child in node.children:
            lines += [inner + child] if isinstance(child, str) else self._render(child, level + 1)
        return [*lines, f"{blanks}</{node.tag}{style.before_end}>"]

    def _quoted(self, value: str) -> str:
        return f"{self.style.quote}{value}{self.style.quote}"


def _label(node: Node, kind: str, key: str, name: str) -> None:
    if kind == "attribute":
        node.attributes.append((key, name))
    else:
        node.children.insert(0, Node(key, text=name))


def _beside(node: Node, wanted: Node) -> list[Node]:
    """The other children of the parent of an element."""
    children = node.elements()
    if any(child is wanted for child in children):
        return [child for child in children if child is not wanted]
    return [found for child in children for found in _beside(child, wanted)]


def _escaped(rng: Random, text: str) -> str:
    safe = escape(text, {'"': "&quot;", "'": "&apos;"})
    return safe.replace(":", "&#58;", 1) if likely(rng, 30) else safe


def _written(rng: Random, text: str) -> str:
    """A text within an element: as it is, between blanks, in a CDATA section, or with a character reference."""
    kind = rng.choice(("plain", "plain", "plain", "blanks", "cdata"))
    if kind == "cdata" and text:
        return f"<![CDATA[{text}]]>"
    if kind == "blanks" and text:
        before, after = rng.choice((("  ", " "), ("\n    ", "\n  "), ("\t", "")))
        return before + _escaped(rng, text) + after
    return _escaped(rng, text)
