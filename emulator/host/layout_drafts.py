# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of shuffled layouts: what all formats share. Their names, words and baits are the emulator's own."""

from __future__ import annotations

import codecs
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

HOST = "%HOST%"
_MARKS = {"utf-8-sig": codecs.BOM_UTF8, "utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}


def likely(rng: Random, percent: int) -> bool:
    return rng.randrange(100) < percent


@dataclass(frozen=True)
class Wish:
    """What is to be found at a place: a text, of which ``pattern`` cuts the value out; None for an absent place.

    ``removable``: the place is absent for one of the setting's values, and must say where it is to be made again.
    """

    setting: str
    text: str | None
    pattern: str | None = None
    removable: bool = False


@dataclass(frozen=True)
class Encoding:
    """How a file's text becomes bytes. ``mixed``: every third line ends otherwise than the others."""

    name: str = "utf-8"
    newline: str = "\r\n"
    mixed: bool = False
    last_newline: bool = True

    def encode(self, lines: list[str]) -> bytes:
        other = {"\r\n": "\n", "\n": "\r\n"}[self.newline]
        ends = [other if self.mixed and number % 3 == 1 else self.newline for number in range(len(lines))]
        if not self.last_newline:
            ends[-1] = ""
        text = "".join(line + end for line, end in zip(lines, ends, strict=True))
        return _MARKS.get(self.name, b"") + text.encode("utf-8" if self.name == "utf-8-sig" else self.name)


def any_encoding(rng: Random, names: Mapping[str, int]) -> Encoding:
    """One of the encodings, by weight, with any line ends."""
    name = rng.choices(list(names), list(names.values()))[0]
    return Encoding(name, rng.choice(("\r\n", "\r\n", "\n")), likely(rng, 20), likely(rng, 80))


@dataclass
class Draft(ABC):
    """A file that is being made. ``file`` is what places call it; ``paths`` are the files below the install folder.

    With ``count`` ``every`` all paths get the same content.
    """

    file: str
    paths: tuple[str, ...]
    encoding: Encoding
    count: str = "one"
    settings: list[str] = field(default_factory=list)

    @abstractmethod
    def put(self, rng: Random, wish: Wish) -> str:
        """Make a place for a value and return its selector."""

    @abstractmethod
    def lines(self) -> list[str]:
        """The file's lines, with :data:`HOST` for the server's full name."""

    def documents(self, host: str) -> dict[str, bytes]:
        content = self.encoding.encode([line.replace(HOST, host) for line in self.lines()])
        return dict.fromkeys(self.paths, content)
