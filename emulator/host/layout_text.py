# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options files and Apache configurations of shuffled layouts, with baits."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from .layout_drafts import Draft, Wish, likely

_WORDS = {
    "license_server_port": "EMULATOR_LICENSE_PORT",
    "vendor_daemon_port": "EMULATOR_VENDOR_PORT",
    "web_services_port": "EMULATOR_WEB_PORT",
    "proxy": "EMULATOR_PROXY",
    "supplemental_grace_period": "EMULATOR_GRACE",
    "display_language": "EMULATOR_LANGUAGE",
}


@dataclass
class OptionsDraft(Draft):
    """An options file: one setting a line."""

    content: list[str] = field(
        default_factory=lambda: ["# Options, the emulator's own", "MAX 250 XDT_PLT_UD USER alice"]
    )

    def put(self, rng: Random, wish: Wish) -> str:
        self.settings.append(wish.setting)
        word = f"{_WORDS[wish.setting]}{self.settings.count(wish.setting)}"
        selector = rng.choice((word, f"{word} IS", f"{word}=", f"{word}=", f"#EMULATOR {word}="))
        if wish.text == "" and not selector.endswith("="):
            selector = f"{word}="  # a line without a value is plain only where an equals sign says that there is one
        if likely(rng, 50):
            self._insert(rng, f"# {selector.lstrip('#')} 1")
        if likely(rng, 50):
            self._insert(rng, f"{word}X{selector[len(word) :] if selector.startswith(word) else ''} 1")
        if wish.text is not None:
            self._insert(rng, selector + self._gap(rng, selector) + wish.text + rng.choice(("", "", "", " ")))
        return selector

    def lines(self) -> list[str]:
        return self.content

    def _gap(self, rng: Random, selector: str) -> str:
        return rng.choice(("", "", " ")) if selector.endswith("=") else rng.choice((" ", " ", "\t", "   "))

    def _insert(self, rng: Random, line: str) -> None:
        self.content.insert(rng.randrange(1, len(self.content) + 1), line)


@dataclass
class ApacheDraft(Draft):
    """An Apache configuration. ``content`` is outside of all sections; ``sections`` are sections with their lines."""

    content: list[str] = field(default_factory=list)
    sections: list[tuple[str, list[str]]] = field(default_factory=list)

    def put(self, rng: Random, wish: Wish) -> str:
        self.settings.append(wish.setting)
        first = self.settings.count(wish.setting) == 1
        if wish.setting == "web_services_port" and first and wish.text is not None:
            return self._put_listener(rng, wish)
        return self._put_directive(rng, wish)

    def lines(self) -> list[str]:
        top = [part for line in self.content for part in line.split("\n")]
        return [*top, *(line for head, inner in self.sections for line in _section(head, inner))]

    def _put_listener(self, rng: Random, wish: Wish) -> str:
        kind = rng.choice(("Listen", "//Listen", "VirtualHost", "VirtualHost/ServerName"))
        if kind.endswith("Listen"):
            self._insert(rng, f"Listen {wish.text}")
            self._insert(rng, "# Listen 80")
            self._insert(rng, "#Listen 8084")
            return kind
        if kind == "VirtualHost":
            self.sections.append((f"VirtualHost {wish.text}", ["SSLEngine on", "# <VirtualHost *:80>"]))
        else:
            lines = ["SSLEngine on", f"ServerName {wish.text}", "# ServerName localhost:80"]
            self.sections.append(("VirtualHost _default_", lines))
        return kind

    def _put_directive(self, rng: Random, wish: Wish) -> str:
        name = "".join(word.capitalize() for word in _WORDS[wish.setting].split("_"))
        name = f"{name}{self.settings.count(wish.setting)}"
        line = [] if wish.text is None else [f"{name}{rng.choice((' ', '  ', chr(9)))}{wish.text}"]
        if likely(rng, 50):
            self._insert(rng, f"# {name} 1")
        if likely(rng, 30):
            self._insert(rng, f'LogFormat "%h \\\n{name} 1" emulator')
        kind = rng.choice(("top", "section", "anywhere"))
        if kind == "top" or (kind == "anywhere" and wish.removable):
            self.content += line
            return name
        section = f"IfModule emulator{len(self.sections)}.c"
        if kind == "section" and not self._has("IfModule"):
            self.sections.append((section, ["# within", *line]))
            return f"IfModule/{name}"
        if wish.removable:
            self.content += line
            return name
        self.sections.append((f"Location /emulator{len(self.sections)}", line))
        return f"//{name}"

    def _has(self, section: str) -> bool:
        return any(head.split(maxsplit=1)[0] == section for head, _inner in self.sections)

    def _insert(self, rng: Random, line: str) -> None:
        self.content.insert(rng.randrange(len(self.content) + 1), line)


def _section(head: str, inner: list[str]) -> list[str]:
    return [f"<{head}>", *(f"    {line}" for line in inner), f"</{head.split(maxsplit=1)[0]}>"]
