# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every seed gives a layout of its own, and a fresh server of each reads its defaults from its own files."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timezone

import pytest
import yaml

from emulator.host.configuration import DEFAULTS
from emulator.host.content import Identity, initial_files
from emulator.host.layout import READ_AT_START, Layout, LicenseLines, Place, Row, default_layout
from emulator.host.layout_reading import FilesInMemory, read_setting
from emulator.host.layout_shuffle import shuffled_layout

SEEDS = range(200)
OFTEN = 20
HOST = "ls001.corp.example"
EXPECTED = {
    "format xml", "format options_file", "format license_file", "format apache",
    "file server.xml", "file SimpleLicenseServiceConfig.xml", "file httpd.conf", "file httpd-ssl.conf",
    "file CITRIX.opt", "file *.lic", "file of the emulator's own",
    "root install", "root myfiles", "count one", "count every", "wildcard and once",
    "insert", "license insert", "license without insert", "absent", "pattern", "0.0.0.0:", "[::]:", "host:",
    "attribute", "element", "depth 2", "depth 3", "depth 4", "depth 5",
    "[@name='x']", "[name='x']", "[2]", "//", "/*", "prefix",
    "comment line selector", "equals sign", "two words", "one word",
    "Listen", "//Listen", "VirtualHost", "VirtualHost/ServerName", "IfModule/",
    "several places", "two places in one file", "two settings in one file", "several files",
    "restart one", "restart both", "rewritten by Citrix Licensing", "rewritten by CitrixWebServicesforLicensing",
    "no proxy: missing", "no proxy: empty", "no proxy: a word", "grace: absent", "grace: present",
    "language: absent", "language: present", "several spellings", "one spelling",
    "utf-8 marked", "utf-8 unmarked", "utf-16-le", "utf-16-be", "iso-8859-1", "windows-1252",
    "CRLF", "LF", "mixed line ends", "no last line end", "single quotes", "double quotes", "blanks around =",
    "value in CDATA", "character reference", "entity", "default namespace",
    "bait in a comment", "bait in CDATA", "bait in another section", "bait in a signed line", "bait Listen",
    "license LF", "license marked",
}  # fmt: skip


def fresh_files(layout: Layout) -> dict[str, bytes]:
    identity = Identity(HOST, "11.17.2.0 build 53100", b"", b"", datetime(2026, 11, 24, tzinfo=timezone.utc))
    return {one.path: one.content for one in initial_files(identity, layout)}


@pytest.mark.parametrize("first", range(0, len(SEEDS), 20))
def test_a_fresh_server_of_any_seed_reads_its_defaults(first: int) -> None:
    for seed in range(first, first + 20):
        layout = shuffled_layout(seed)
        files = FilesInMemory(fresh_files(layout))
        assert {setting: read_setting(layout.row(setting), files) for setting in DEFAULTS} == DEFAULTS, seed


def test_a_fresh_server_of_the_default_layout_reads_its_defaults() -> None:
    files = FilesInMemory(fresh_files(default_layout()))
    assert {row.setting: read_setting(row, files) for row in default_layout().rows} == DEFAULTS


def test_every_kind_occurs_often() -> None:
    counted = Counter(kind for seed in SEEDS for kind in set(kinds(shuffled_layout(seed))))
    assert {kind: counted[kind] for kind in EXPECTED if counted[kind] < OFTEN} == {}


def test_a_seed_always_gives_the_same_layout_and_another_one_another() -> None:
    layouts = [shuffled_layout(seed) for seed in (-1, 0, 1, 10**12)]
    again = [shuffled_layout(seed) for seed in (-1, 0, 1, 10**12)]
    assert [fresh_files(one) for one in again] == [fresh_files(one) for one in layouts]
    assert [one.profile() for one in again] == [one.profile() for one in layouts]
    assert len({re.sub(r"layout -?\d+", "", one.profile()) for one in layouts}) == len(layouts)


@pytest.mark.parametrize("seed", [None, *range(40)])
def test_the_profile_says_where_the_server_looks(seed: int | None) -> None:
    layout = default_layout() if seed is None else shuffled_layout(seed)
    rows = yaml.safe_load(layout.profile())
    assert [row["setting"] for row in rows] == [row.setting for row in layout.rows]
    for document, row in zip(rows, layout.rows, strict=True):
        assert (document["interface"], document["confidence"], document["builds"]) == ("document", "recorded", "any")
        assert "the emulator's own" in document["source"]
        assert tuple(Place(**place) for place in document["places"]) == row.places
        assert tuple(document["restart"]) == row.restart
        spelt = document.get("values", {})
        assert {word: [text] if isinstance(text, str) else text for word, text in spelt.items()} == {
            word: texts and list(texts) for word, texts in row.values.items()
        }


def test_what_is_absent_for_one_of_its_values_can_be_made_again() -> None:
    for seed in SEEDS:
        for row in shuffled_layout(seed).rows:
            if row.absent_word() is not None:
                assert all(place.insert for place in row.places), (seed, row)
            for place in row.places:
                leads_nowhere = place.pattern or place.selector.startswith("//") or "?" in place.file
                assert not (place.insert and leads_nowhere), (seed, place)


@pytest.mark.parametrize("seed", SEEDS[:40])
def test_who_reads_or_rewrites_a_file_is_restarted_when_it_changes(seed: int) -> None:
    layout = shuffled_layout(seed)
    for service, settings in READ_AT_START.items():
        for setting in settings:
            assert service in layout.row(setting).restart
        for path in layout.rewritten.get(service, ()):
            for row in layout.rows:
                reads = any(FilesInMemory({path: b""}).matching(place) for place in row.places)
                assert service in row.restart or not reads


def kinds(layout: Layout) -> Iterator[str]:
    """What is special about a layout, read off its rows and files."""
    for row in layout.rows:
        yield from _kinds_of_row(row)
        for place in row.places:
            yield from _kinds_of_place(place)
    files = Counter(file for row in layout.rows for file in {_full(place) for place in row.places})
    if max(files.values()) > 1:
        yield "two settings in one file"
    for path, content in layout.documents(HOST).items():
        yield from _kinds_of_bytes(content)
        if path.endswith(".xml"):
            yield from _kinds_of_xml(_decode(content))
    yield from (f"rewritten by {service}" for service in layout.rewritten)
    for lines in layout.license_lines:
        yield from _kinds_of_license(lines)


def _kinds_of_license(lines: LicenseLines) -> Iterator[str]:
    if lines.bait:
        yield "bait in a signed line"
    if lines.newline == "\n":
        yield "license LF"
    if lines.mark:
        yield "license marked"


def _full(place: Place) -> str:
    return f"MyFiles\\{place.file}" if place.root == "myfiles" else place.file


def _kinds_of_row(row: Row) -> Iterator[str]:
    files = [_full(place) for place in row.places]
    if len(files) > 1:
        yield "several places"
        yield "several files" if len(set(files)) > 1 else "two places in one file"
    yield "restart both" if len(row.restart) > 1 else "restart one"
    for texts in row.values.values():
        yield "several spellings" if texts and len(texts) > 1 else "one spelling"
    if row.setting == "proxy":
        empty = row.values and row.values["none"] == ("",)
        yield f"no proxy: {'empty' if empty else 'a word' if row.values else 'missing'}"
    if row.setting == "supplemental_grace_period":
        yield f"grace: {'absent' if None in row.values.values() else 'present'}"
    if row.setting == "display_language":
        yield f"language: {'absent' if None in row.values.values() else 'present'}"


def _kinds_of_place(place: Place) -> Iterator[str]:
    yield from _kinds_of_path(place.selector) if place.format == "xml" else _kinds_of_line(place)
    yield from (f"format {place.format}", f"root {place.root}", f"count {place.count}")
    name = place.file.rpartition("\\")[2]
    yield "file of the emulator's own" if name.startswith("emulator") or name == "daemon.xml" else f"file {name}"
    if place.insert:
        yield "insert"
    if place.format == "license_file":
        yield "license insert" if place.insert else "license without insert"
    if place.count == "one" and "?" in place.file:
        yield "wildcard and once"
    if place.pattern is not None:
        yield "pattern"


def _kinds_of_path(selector: str) -> Iterator[str]:
    bare = re.sub(r"\[[^\]]*\]", "", selector)
    yield "attribute" if "@" in bare else "element"
    yield "//" if bare.startswith("//") else f"depth {bare.count('/')}"
    for kind, pattern in (
        ("[@name='x']", r"\[@\w+='"),
        ("[name='x']", r"\[\w+='"),
        ("[2]", r"\[[0-9]\]"),
        ("/*", r"^/\*"),
        ("prefix", r"emu:"),
    ):
        if re.search(pattern, selector):
            yield kind


def _kinds_of_line(place: Place) -> Iterator[str]:
    if place.format == "apache":
        yield "IfModule/" if place.selector.startswith("IfModule/") else place.selector
    elif place.format == "options_file":
        yield "equals sign" if place.selector.endswith("=") else "two words" if " " in place.selector else "one word"
        if place.selector.startswith("#"):
            yield "comment line selector"


def _kinds_of_bytes(content: bytes) -> Iterator[str]:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        yield "utf-16-le" if content.startswith(codecs.BOM_UTF16_LE) else "utf-16-be"
    else:
        yield "utf-8 marked" if content.startswith(codecs.BOM_UTF8) else "utf-8 unmarked"
    text = _decode(content)
    ends = set(re.findall("\r?\n", text))
    yield "mixed line ends" if len(ends) > 1 else "CRLF" if "\r\n" in ends else "LF"
    if not text.endswith("\n"):
        yield "no last line end"
    for kind, pattern in (("0.0.0.0:", r"0\.0\.0\.0:\d"), ("[::]:", r"\[::\]:\d"), ("host:", re.escape(HOST) + r":\d")):
        if re.search(pattern, text):
            yield kind
    if re.search(r"(?m)^# ?Listen", text):
        yield "bait Listen"


def _kinds_of_xml(text: str) -> Iterator[str]:
    for kind, pattern in (
        ("iso-8859-1", r'encoding="iso-8859-1"'),
        ("windows-1252", r'encoding="windows-1252"'),
        ("single quotes", r"=\s*'"),
        ("double quotes", r'<\w[^?>]*=\s*"'),
        ("blanks around =", r" = "),
        ("value in CDATA", r"<!\[CDATA\[(?!<)"),
        ("character reference", r"&#58;"),
        ("entity", r"&amp;"),
        ("default namespace", r"xmlns *="),
        ("bait in a comment", r"<!-- <"),
        ("bait in CDATA", r"<!\[CDATA\[<"),
        ("bait in another section", r"(?<!<!-- )<([\w:]+) ?>1</\1|(?:port|Port|Proxy|grace|listen) ?= ?['\"]1['\"]"),
        ("absent", r"<([\w:]+)\s*></\1\s*>|<[^<>]*/>"),
    ):
        if re.search(pattern, text):
            yield kind


def _decode(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16")
    return content.decode("latin-1")
