# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A layout from a seed: for each setting a spelling, some places, the files they are in, and who must restart.

Everything here is the emulator's own choice; the point is that nobody can guess it.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from .layout import NO_PROXY, PROXY, READ_AT_START, Layout, LicenseLines, Place, Row
from .layout_drafts import HOST, Draft, Encoding, Wish, any_encoding, likely
from .layout_text import ApacheDraft, OptionsDraft
from .layout_xml import XmlDraft
from .machine import LICENSE_SERVICE, WEB_SERVICE

_PORTS = {"license_server_port": "27000", "vendor_daemon_port": "7279", "web_services_port": "8083"}
_IN_LICENSES = {"license_server_port": "SERVER port", "vendor_daemon_port": "VENDOR CITRIX port"}
_PLAIN = (("{}", None), ("{}", None), ("{}", None))
_PORT_TEXTS = (
    *_PLAIN,
    ("0.0.0.0:{}", r".*:(?P<value>\d+)"),
    ("[::]:{}", r"\[::\]:(?P<value>\d+)"),
    (HOST + ":{}", r"[^:]+:(?P<value>[0-9]+)"),
    ("tcp/{};keep-alive", r"tcp/(?P<value>\d+);keep-alive"),
)
_LISTEN_TEXTS = (
    *_PLAIN,
    ("0.0.0.0:{}", r".*:(?P<value>\d+)"),
    ("[::]:{} https", r"\[::\]:(?P<value>\d+) https"),
    (HOST + ":{}", r"[^:]+:(?P<value>[0-9]+)"),
)
_GRACE = (("1", "0"), ("true", "false"), ("ON", "OFF"), ("enabled", "disabled"), ("yes", "no"))
_LANGUAGES = {
    "chinese_simplified": ("zh-CN", "Chinese (Simplified)", "2052", "zh"),
    "english": ("en", "English", "1033", "en-US"),
    "french": ("fr", "French", "1036", "fr-FR"),
    "german": ("de", "German", "1031", "de-DE"),
    "japanese": ("ja", "Japanese", "1041", "ja-JP"),
    "spanish": ("es", "Spanish", "3082", "es-ES"),
}
_XML_ENCODINGS = {"utf-8": 4, "utf-8-sig": 3, "utf-16-le": 2, "utf-16-be": 2, "iso-8859-1": 2, "windows-1252": 2}
_TEXT_ENCODINGS = {"utf-8": 3, "utf-8-sig": 2}
_OWN_TEXT_ENCODINGS = {**_TEXT_ENCODINGS, "utf-16-le": 1, "utf-16-be": 1}
_APACHE = "WebServicesForLicensing\\Apache\\conf"
_CEIP_LINE = "#EMULATOR CEIP=Diag"  # what options_file.py looks for
_BAITS = ("VENDOR CITRIX PORT=9999 \\", "\tVENDOR CITRIX options=CITRIX.opt port=9999 \\", "SERVER bait ANY 9999 \\")


@dataclass(frozen=True)
class Spelling:
    """How a setting is written, and its text on a fresh server, None for an absent place.

    ``removable``: an absent place is one of its values.
    """

    text: str | None
    values: Mapping[str, tuple[str, ...] | None] = field(default_factory=dict)
    removable: bool = False


def shuffled_layout(seed: int) -> Layout:
    """The layout of a seed, always the same."""
    return _Shuffle(Random(f"emulator layout {seed}")).layout(seed)


class _Shuffle:
    """One seed's choices, made one after the other."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._drafts: dict[str, Draft] = {}
        self._license_words: set[str] = set()
        self._partly: set[str] = set()

    def layout(self, seed: int) -> Layout:
        settings = [setting for names in READ_AT_START.values() for setting in names]
        rows = {setting: self._row(setting) for setting in self._rng.sample(settings, len(settings))}
        drafts = list(self._drafts.values())
        rewritten = self._rewritten(drafts)
        return Layout(
            seed=seed,
            rows=tuple(_restarting(self._rng, rows[setting], drafts, rewritten) for setting in settings),
            documents=lambda host: {path: text for one in drafts for path, text in one.documents(host).items()},
            license_lines=self._license_lines(),
            rewritten=rewritten,
        )

    def _row(self, setting: str) -> Row:
        rng, spelling = self._rng, _spelling(self._rng, setting)
        count = rng.choices((1, 2, 3), (5, 4, 2))[0]
        places: list[Place] = []
        if setting in _IN_LICENSES and likely(rng, 50):
            places.append(self._license_place(setting, alone=count == 1))
        while len(places) < count:
            may_be_absent = bool(places) and setting in _PORTS and not places[-1].insert and likely(rng, 25)
            places.append(self._place(setting, spelling, may_be_absent))
        return Row(setting, tuple(places), (), spelling.values)

    def _license_place(self, setting: str, alone: bool) -> Place:
        self._license_words.add(setting)
        insert = not alone and likely(self._rng, 60)
        if insert:
            self._partly.add(setting)
        file, root = self._rng.choice((("MyFiles\\*.lic", "install"), ("*.lic", "myfiles")))
        return Place(file, "license_file", _IN_LICENSES[setting], root, "every", insert=insert)

    def _place(self, setting: str, spelling: Spelling, absent: bool) -> Place:
        rng = self._rng
        kind = rng.choices(("xml", "options_file", "apache"), (5, 3, 8 if setting == "web_services_port" else 2))[0]
        if spelling.text == "" and kind == "apache":
            kind = "xml"
        insert = absent or spelling.removable
        draft = self._draft(kind, insert)
        wish = Wish(setting, None, removable=True) if absent else _wish(rng, setting, spelling, kind)
        selector = draft.put(rng, wish)
        file, root = draft.file, "install"
        if file.startswith("MyFiles\\") and likely(rng, 50):
            file, root = file.removeprefix("MyFiles\\"), "myfiles"
        if likely(rng, 15) and _can_be_inserted(selector, wish, draft):
            insert = True
        return Place(file, kind, selector, root, draft.count, wish.pattern, insert)

    def _draft(self, kind: str, insert: bool) -> Draft:
        """A file of a format, one that is there already now and then. Nothing is inserted where a wildcard leads."""
        rng = self._rng
        fitting = [
            draft
            for file, draft in self._drafts.items()
            if _format(draft) == kind and not (insert and ("*" in file or draft.count == "every"))
        ]
        if fitting and likely(rng, 45):
            return rng.choice(fitting)
        for draft in rng.sample(candidates := _candidates(rng, kind, insert), len(candidates)):
            if draft.file not in self._drafts:
                self._drafts[draft.file] = draft
                return draft
        return rng.choice(fitting)

    def _rewritten(self, drafts: list[Draft]) -> dict[str, list[str]]:
        """One file that a service writes anew when it stops; never one that something else writes meanwhile."""
        fitting = [draft for draft in drafts if draft.file != "MyFiles\\CITRIX.opt"]
        if not fitting or not likely(self._rng, 60):
            return {}
        draft = self._rng.choice(fitting)
        service = next(name for name, settings in READ_AT_START.items() if draft.settings[0] in settings)
        return {service: list(draft.paths)}

    def _license_lines(self) -> tuple[LicenseLines, ...]:
        rng = self._rng
        if not self._license_words:
            return (LicenseLines(),)
        return tuple(self._one_license(rng, number) for number in range(3))

    def _one_license(self, rng: Random, number: int) -> LicenseLines:
        server = rng.choice(("SERVER this_host HOSTNAME={host}", "SERVER this_host ANY", "SERVER\t{host}  ANY"))
        vendor = rng.choice(("VENDOR CITRIX", "VENDOR CITRIX options=CITRIX.opt", "vendor  CITRIX"))
        if self._has_port("license_server_port", number):
            server += rng.choice((" ", "\t")) + "{license_server_port}" + rng.choice(("", " "))
        if self._has_port("vendor_daemon_port", number):
            vendor += rng.choice((" PORT=", " port=", "\tPort=")) + "{vendor_daemon_port}"
            vendor += rng.choice(("", "", " options=CITRIX.opt")) if "options" not in vendor else ""
        bait = rng.choice(_BAITS) if likely(rng, 50) else None
        return LicenseLines(server, vendor, rng.choice(("\r\n", "\r\n", "\n")), likely(rng, 20), bait)

    def _has_port(self, setting: str, number: int) -> bool:
        if setting not in self._license_words:
            return False
        return setting not in self._partly or number == 2 or likely(self._rng, 30)


def _spelling(rng: Random, setting: str) -> Spelling:
    if setting in _PORTS:
        return Spelling(_PORTS[setting])
    if setting == PROXY:
        return rng.choice(
            (
                Spelling(None, removable=True),
                Spelling("", {NO_PROXY: ("",)}),
                Spelling("DIRECT", {NO_PROXY: ("DIRECT",)}),
                Spelling(rng.choice(("none", "direct")), {NO_PROXY: ("none", "direct")}),
            )
        )
    words = _grace(rng) if setting == "supplemental_grace_period" else _languages(rng)
    spellings = words["disabled" if setting == "supplemental_grace_period" else "english"]
    text = rng.choice(spellings) if spellings else None
    return Spelling(text, words, removable=None in words.values())


def _grace(rng: Random) -> dict[str, tuple[str, ...] | None]:
    pairs = rng.sample(_GRACE, rng.choice((1, 1, 2, 3)))
    enabled, disabled = (tuple(pair[side] for pair in pairs) for side in (0, 1))
    absent = rng.choice((None, None, "disabled", "enabled"))
    return {
        "enabled": None if absent == "enabled" else enabled,
        "disabled": None if absent == "disabled" else disabled,
    }


def _languages(rng: Random) -> dict[str, tuple[str, ...] | None]:
    columns = rng.sample(range(4), rng.choice((1, 1, 2, 3)))
    words = {word: tuple(texts[column] for column in columns) for word, texts in _LANGUAGES.items()}
    return {**words, "english": None} if likely(rng, 20) else dict(words)


def _wish(rng: Random, setting: str, spelling: Spelling, kind: str) -> Wish:
    text = spelling.text
    if text is None or spelling.removable or setting == PROXY:
        return Wish(setting, text, removable=spelling.removable)
    if setting in _PORTS:
        form, pattern = rng.choice(_LISTEN_TEXTS if kind == "apache" else _PORT_TEXTS)
        return Wish(setting, form.format(text), pattern)
    if likely(rng, 20) and kind != "apache":
        return Wish(setting, f"ui={text};", r"ui=(?P<value>.+);")
    return Wish(setting, text)


def _can_be_inserted(selector: str, wish: Wish, draft: Draft) -> bool:
    """Whether it is plain where, and as what, an absent place would be made."""
    is_plain = selector != "VirtualHost" and "//" not in selector
    return is_plain and wish.pattern is None and "?" not in draft.file


def _format(draft: Draft) -> str:
    return {XmlDraft: "xml", OptionsDraft: "options_file", ApacheDraft: "apache"}[type(draft)]


def _candidates(rng: Random, kind: str, insert: bool) -> list[Draft]:
    if kind == "xml":
        return list(_xml_candidates(rng, insert))
    if kind == "options_file":
        citrix = OptionsDraft("MyFiles\\CITRIX.opt", ("MyFiles\\CITRIX.opt",), any_encoding(rng, _TEXT_ENCODINGS))
        citrix.content += [_CEIP_LINE, "REPORTLOG +report.log"]
        own = "LS\\conf\\emulator.opt"
        return [citrix, OptionsDraft(own, (own,), any_encoding(rng, _OWN_TEXT_ENCODINGS))]
    files = [f"{_APACHE}\\{name}" for name in ("httpd.conf", "extra\\httpd-ssl.conf", "extra\\emulator.conf")]
    drafts: list[Draft] = []
    for file in files:
        lines = ["# The emulator's own", "SSLCertificateFile conf/server.crt", "SSLCertificateKeyFile conf/server.key"]
        drafts.append(ApacheDraft(file, (file,), any_encoding(rng, _TEXT_ENCODINGS), content=lines))
    return drafts


def _xml_candidates(rng: Random, insert: bool) -> list[Draft]:
    known = ("LS\\conf\\server.xml", "WebServicesForLicensing\\SimpleLicenseServiceConfig.xml")
    own = ("MyFiles\\emulator.xml", "WebServicesForLicensing\\emulator-console.xml", "LS\\conf\\emulator\\daemon.xml")
    drafts = [XmlDraft(file, (file,), _xml_encoding(rng)).furnish(rng) for file in (*known, *own)]
    if not insert and likely(rng, 50):
        nodes = tuple(f"LS\\conf\\emulator-node{number}.xml" for number in (1, 2))
        drafts.append(XmlDraft("LS\\conf\\emulator-node?.xml", nodes, _xml_encoding(rng), "every").furnish(rng))
        alone = "WebServicesForLicensing\\emulator-5f3a.xml"
        file = "WebServicesForLicensing\\emulator-????.xml"
        drafts.append(XmlDraft(file, (alone,), _xml_encoding(rng)).furnish(rng))
    return list(drafts)


def _xml_encoding(rng: Random) -> Encoding:
    return any_encoding(rng, _XML_ENCODINGS)


def _restarting(rng: Random, row: Row, drafts: list[Draft], rewritten: Mapping[str, list[str]]) -> Row:
    """The row with the services to restart: who reads it, who rewrites one of its files, and now and then both."""
    needed = {service for service, settings in READ_AT_START.items() if row.setting in settings}
    paths = set(itertools.chain(*(draft.paths for draft in drafts if row.setting in draft.settings)))
    needed |= {service for service, files in rewritten.items() if paths & set(files)}
    if likely(rng, 30):
        needed |= {LICENSE_SERVICE, WEB_SERVICE}
    services = [service for service in (LICENSE_SERVICE, WEB_SERVICE) if service in needed]
    return Row(row.setting, row.places, tuple(services), row.values)
