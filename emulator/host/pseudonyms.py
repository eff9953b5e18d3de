# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of users and devices in text, replaced by pseudonyms that are the same for the same name and key."""

from __future__ import annotations

import codecs
import functools
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

_EXTENSIONS = (".log", ".txt", ".csv", ".xml", ".opt", ".conf")
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_DIGITS = 10
_REMEMBERED = 10_000  # names: a log has the same ones over and over
GROWTH = 16
"""How many times as long a text becomes at most: the shortest name is ``a@b``."""


def is_text_name(name: str) -> bool:
    """Whether names are replaced in a file of this name. The number of a rotated log is not its extension."""
    before, _dot, last = name.lower().rpartition(".")
    rotated = last.isascii() and last.isdecimal()
    return (before if rotated else name.lower()).endswith(_EXTENSIONS)


@functools.cache
def _name_characters() -> str:
    """The inside of a character class: letters and decimal digits as .NET's regular expressions see them, and ``._-$``.

    .NET sees UTF-16 code units, so that no letter beyond U+FFFF counts.
    """
    plain = (chr(code) for code in range(0x10000))
    named = [one for one in plain if unicodedata.category(one)[0] == "L" or unicodedata.category(one) == "Nd"]
    return "".join(map(re.escape, named)) + r"._\-$"


@dataclass
class Pseudonyms:
    """What replaces names: the key of the hash, and the domains whose names are replaced after ``DOMAIN\\``."""

    key: bytes
    domains: Sequence[str]

    @functools.cached_property
    def of(self) -> Callable[[str], str]:
        """The pseudonym of a user or device, without what stands before it."""
        return functools.lru_cache(_REMEMBERED)(self._hash)

    def _hash(self, name: str) -> str:
        lower = "".join(low if len(low := one.lower()) == 1 else one for one in name)
        return hmac.new(self.key, lower.encode(), hashlib.sha256).hexdigest()[:_DIGITS]

    def rewriter(self) -> Rewriter:
        """For one file."""
        return Rewriter(self, self._pattern, self._held_back)

    @functools.cached_property
    def _pattern(self) -> re.Pattern[str]:
        character = f"[{_name_characters()}]"
        name = f"{character}+"
        at = f"(?P<user>{name})@(?P<device>{name})"
        if not self.domains:
            return re.compile(at)
        longest_first = sorted(map(re.escape, self.domains), key=len, reverse=True)
        domain = f"(?<!{character})(?i:{'|'.join(longest_first)})"
        return re.compile(rf"(?P<place>{domain}\\)?{at}|(?P<domain>{domain}\\)(?P<name>{name})")

    @functools.cached_property
    def _held_back(self) -> frozenset[str]:
        """The characters that may stand in what is replaced."""
        own = {one for domain in self.domains for one in domain.upper() + domain.lower()}
        return frozenset(re.sub(r"\\(.)", r"\1", _name_characters())) | own | frozenset("@\\")


class Rewriter:
    """Replaces the names in one file. ``count`` is how many it has replaced."""

    def __init__(self, pseudonyms: Pseudonyms, pattern: re.Pattern[str], held_back: frozenset[str]) -> None:
        self.count = 0
        self._pseudonyms = pseudonyms
        self._pattern = pattern
        self._held_back = held_back

    def rewrite(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """The file's bytes with the names replaced; blocks of any size, all but the last an even number of bytes."""
        remaining = iter(blocks)
        first = next(remaining, b"")
        mark, encoding = next((one for one in _MARKS if first.startswith(one[0])), (b"", "latin-1"))
        yield mark
        rest = ""
        decoder = codecs.getincrementaldecoder(encoding)(_errors(encoding))
        block: bytes | None = first[len(mark) :]
        while block is not None:
            following = next(remaining, None)
            tail = b""
            if following is None and encoding.startswith("utf-16"):
                block, tail = block[: len(block) & ~1], block[len(block) & ~1 :]
            text = rest + decoder.decode(block, following is None)
            cut = len(text) if following is None else self._cut(text)
            yield self._replaced(text[:cut]).encode(encoding, _errors(encoding)) + tail
            block, rest = following, text[cut:]

    def _cut(self, text: str) -> int:
        """Where a name may begin that goes on in the next block."""
        cut = len(text)
        while cut and text[cut - 1] in self._held_back:
            cut -= 1
        return cut

    def _replaced(self, text: str) -> str:
        return self._pattern.sub(self._replacement, text)

    def _replacement(self, found: re.Match[str]) -> str:
        groups, pseudonyms = found.groupdict(), self._pseudonyms
        if groups["user"] is None:
            self.count += 1
            return f"{groups['domain']}user-{pseudonyms.of(groups['name'])}"
        self.count += 2
        both = f"user-{pseudonyms.of(groups['user'])}@device-{pseudonyms.of(groups['device'])}"
        return (groups.get("place") or "") + both


def _errors(encoding: str) -> str:
    # Bytes that are no text of the encoding come back as they were.
    return {"utf-8": "surrogateescape", "latin-1": "strict"}.get(encoding, "surrogatepass")
