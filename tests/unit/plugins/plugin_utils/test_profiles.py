# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Profiles: what a row may say, the line of everything that is wrong, and which row counts on which build."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._profile import (
    CONFIDENCES,
    DISPLAY_LANGUAGE,
    LICENSE_SERVER_PORT,
    PROXY,
    SETTINGS,
    IllegalValueError,
    Profile,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._version import Version
from ansible_collections.citrixfleet.licensing.plugins.plugin_utils._profiles import load_profile, shipped_profile

GOOD = r"""- setting: vendor_daemon_port
  interface: document
  places:
    - file: LS\conf\server.xml
      format: xml
      selector: /a/@port
      insert: true
  restart: [Citrix Licensing]
  builds: [11.17.2.0-42000..11.17.2.0-53100]
  source: recorded
  confidence: recorded
"""


def load(text: str, folder: Path) -> Profile:
    path = folder / "own.yml"
    path.write_text(text, encoding="utf-8")
    return load_profile("own.yml", lambda name: str(folder / name))


def row(**changes: t.Any) -> dict[str, t.Any]:
    (good,) = yaml.safe_load(GOOD)
    return {key: value for key, value in {**good, **changes}.items() if value is not None}


def place(**changes: t.Any) -> dict[str, t.Any]:
    (good,) = row()["places"]
    return {key: value for key, value in {**good, **changes}.items() if value is not None}


def inline(*rows: dict[str, t.Any]) -> Profile:
    return load_profile(list(rows), lambda name: name)


def test_a_file_and_the_same_list_inline_are_the_same_profile(tmp_path: Path) -> None:
    assert load(GOOD, tmp_path) == inline(row())


def test_own_rows_come_after_the_shipped_ones(tmp_path: Path) -> None:
    assert load(GOOD, tmp_path).rows[:-1] == shipped_profile().rows
    assert load("", tmp_path) == load_profile(None, str) == shipped_profile()


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("vendor_daemon_port", "vendor_port", 1, "no setting 'vendor_port'; there are license_server_port"),
        ("document", "registry", 2, "interface is 'registry'"),
        ("interface: document", "interface: cmdlet", 2, "its own"),
        ("  restart:", "  restarts:", 8, "no key 'restarts'; there are setting"),
        ("      insert: true", "      insert: maybe", 7, "insert is true or false"),
        ("format: xml", "format: ini", 5, "format is 'ini'; it is one of xml"),
        ("selector: /a/@port", "selector: a port", 6, "selector 'a port'"),
        (r"LS\conf\server.xml", "LS/conf/server.xml", 4, "with backslashes"),
        (r"LS\conf\server.xml", r"..\x.xml", 4, "with backslashes"),
        (r"LS\conf\server.xml", r"C:\x.xml", 4, "with backslashes"),
        (r"LS\conf\server.xml", r"LS\*\x.xml", 4, "with backslashes"),
        (r"LS\conf\server.xml", r"LS\nul.xml", 4, "with backslashes"),
        ("42000..11.17.2.0-53100", "42000..11.17.2-53100", 9, "a build is written as in 11.17.2.0-53100"),
        ("11.17.2.0-42000..", "11.17.3.0-42000..", 9, "ends before it begins"),
        ("[11.17.2.0-42000..11.17.2.0-53100]", "[]", 9, "the word any"),
        ("confidence: recorded", "confidence: certain", 11, "confidence is 'certain'"),
        ("source: recorded", "source: 2026", 10, "put it in quotes"),
        ("source: recorded", "source: ''", 10, "a text is empty"),
        ("  source: recorded\n", "", 1, "source is missing"),
        ("  source: recorded\n", "  source: a\n  source: b\n", 11, "source is there twice"),
        ("      insert: true\n", "      pattern: (x\n", 7, "no regular expression"),
        ("      insert: true\n", "      pattern: x\n", 7, "group named value"),
        ("      insert: true\n", "      insert: true\n      pattern: (?P<value>x)\n", 8, "cannot be inserted"),
        ("      insert: true\n", "      count: all\n", 7, "count is 'all'"),
        (GOOD, "setting: proxy\n", 1, "a profile is a list of rows"),
        (GOOD, "- 1\n", 1, "a row is a mapping"),
        (GOOD, "- [\n", 2, "is no YAML"),
    ],
)
def test_an_error_names_the_line_that_is_wrong(old: str, new: str, line: int, said: str, tmp_path: Path) -> None:
    assert old in GOOD
    with pytest.raises(LicenseError, match="Nothing was sent") as caught:
        load(GOOD.replace(old, new), tmp_path)
    assert f"own.yml, line {line}" in str(caught.value)
    assert said in str(caught.value)


def test_an_error_of_an_inline_row_names_its_number() -> None:
    with pytest.raises(LicenseError, match="profile, row 2: there is no setting 'port'"):
        inline(row(), row(setting="port"))


@pytest.mark.parametrize("text", ["\xff", None])
def test_a_file_that_cannot_be_read_is_said_to_be_so(text: str | None, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "own.yml").write_bytes(text.encode("latin-1"))
    with pytest.raises(LicenseError, match="cannot be read"):
        load_profile("own.yml", lambda name: str(tmp_path / name))


LANGUAGES = {word: word.title() for word in DISPLAY_LANGUAGE.words}


def nested(depth: int) -> t.Any:
    value: t.Any = []
    for _level in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("given", [nested(100_000), [{("a", "b"): 1}], [{"setting": b"x"}], [float("nan")]])
def test_what_no_yaml_could_say_is_refused_in_one_line(given: t.Any) -> None:
    with pytest.raises(LicenseError, match="Nothing was sent"):
        load_profile(given, str)


@pytest.mark.parametrize("text", ["[" * 100_000, "- {insert: !!bool maybe}", "? [a]\n: b"])
def test_a_file_that_was_made_to_harm_is_refused_in_one_line(text: str, tmp_path: Path) -> None:
    with pytest.raises(LicenseError, match="Nothing was sent"):
        load(text, tmp_path)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"setting": "display_language"}, "values is missing"),
        ({"setting": "display_language", "values": {"klingon": "x"}}, "values has 'klingon'"),
        ({"setting": "display_language", "values": {"english": "e", "french": "e"}}, "english and french alike"),
        ({"setting": "display_language", "values": {"english": None, "french": None}}, "more than one word"),
        ({"setting": "display_language", "values": {"english": []}}, "an empty list"),
        ({"setting": "display_language", "values": {}}, "values is empty"),
        ({"setting": "display_language", "values": {"english": "On", "french": "ON"}}, "alike"),
        ({"restart": None}, "restart is missing; a port"),
        ({"restart": ["WinRM"]}, "restart has 'WinRM'; the services of the License Server are"),
        ({"places": [place(file=r"MyFiles\a.lic")]}, "license files have the format license_file"),
        ({"places": [place(file=r"MyFiles\CITRIX~1.LIC")]}, "path below the root"),
        ({"places": [place(file=r"LS\CON .d\x.xml")]}, "path below the root"),
        ({"places": [place(file="Com¹")]}, "path below the root"),
        ({"setting": "proxy", "places": [place(insert=None, pattern="(?P<value>x)")]}, "cannot be absent"),
        ({"places": [place(insert=None, pattern="(?P<value>a{99999999999})")]}, "no regular expression"),
        ({"builds": ["1.1.1.1-" + "9" * 5000]}, "a build is written as"),
        ({"setting": "display_language", "values": {"english": True}}, "put it in quotes"),
        ({"values": {"none": "0"}}, "vendor_daemon_port has no words"),
        ({"places": []}, "places is empty"),
        ({"setting": "accounts"}, "accounts is set by cmdlet"),
    ],
)
def test_values_and_places_are_checked(changes: dict[str, t.Any], said: str) -> None:
    with pytest.raises(LicenseError, match=said):
        inline(row(**changes))


def test_the_startup_license_takes_a_recorded_row() -> None:
    startup = [place(file=r"MyFiles\Citrix_Startup.lic", format="license_file", selector="VENDOR CITRIX port")]
    assert inline(row(places=startup))
    with pytest.raises(LicenseError, match="must not be edited"):
        inline(row(places=startup, confidence="observed"))


@pytest.mark.parametrize(
    ("builds", "version", "holds"),
    [
        ("any", "11.16.6.0 build 34000", True),
        ("any", None, True),
        (["11.17.2.0-53100"], "11.17.2.0 build 53100", True),
        (["11.17.2.0-53100"], "11.17.2.0 build 53101", False),
        (["11.17.2.0-42000..11.17.2.0-53100"], "11.17.2.0 build 42000", True),
        (["11.17.2.0-42000..11.17.2.0-53100"], "11.17.2.0 build 53100", True),
        (["11.17.2.0-42000..11.17.2.0-53100"], "11.17.2.0 build 41999", False),
        (["11.17.2.0-42000.."], "11.18.0.0 build 1", True),
        (["..11.17.2.0-42000"], "11.16.6.0 build 99999", True),
        (["..11.17.2.0-42000"], None, False),
        (["11.16.6.0-34000", "11.17.2.0-53100"], "11.17.2.0 build 53100", True),
    ],
)
def test_a_row_holds_for_its_builds(builds: t.Any, version: str | None, holds: bool) -> None:
    own = inline(row(setting="license_server_port", builds=builds))
    assert (own.row(LICENSE_SERVER_PORT, Version.parse(version)) is not None) == holds


def test_the_last_row_that_holds_counts() -> None:
    rows = [
        row(setting="license_server_port", source="first", builds="any"),
        row(setting="license_server_port", source="second", builds="any"),
        row(setting="license_server_port", source="third", builds=["11.16.6.0-34000"]),
    ]
    found = inline(*rows).row(LICENSE_SERVER_PORT, Version.parse("11.17.2.0 build 53100"))
    assert found is not None and found.source == "second"


@pytest.mark.parametrize(
    ("changes", "text", "value"),
    [
        ({}, "7279", 7279),
        ({}, "0", IllegalValueError),
        ({}, "65536", IllegalValueError),
        ({}, "1" * 5000, IllegalValueError),
        ({}, "+7279", IllegalValueError),
        ({}, "\u0667", IllegalValueError),
        ({"setting": "proxy"}, "p:8080", "p:8080"),
        ({"setting": "proxy"}, "", None),
        ({"setting": "proxy", "values": {"none": ["-", ""]}}, "-", None),
        ({"setting": "display_language", "values": LANGUAGES}, "french", "french"),
        ({"setting": "display_language", "values": LANGUAGES}, "Italian", IllegalValueError),
        ({"setting": "display_language", "values": {"english": ["1033", "en"]}}, "EN", "english"),
        ({"setting": "supplemental_grace_period", "values": {"enabled": "1", "disabled": "0"}}, "0", False),
    ],
)
def test_a_text_means_a_value_or_is_refused(changes: dict[str, t.Any], text: str, value: t.Any) -> None:
    own = inline(row(**changes)).rows[-1]
    if value is IllegalValueError:
        with pytest.raises(IllegalValueError):
            own.parse(text)
    else:
        assert own.parse(text) == value


class _TaggedText(str):
    """A string as ansible-core 2.19 and later pass it."""


@pytest.mark.parametrize(
    ("changes", "value", "text"),
    [
        ({}, 7280, "7280"),
        ({"setting": "proxy"}, "p:8080", "p:8080"),
        ({"setting": "proxy"}, None, None),
        ({"setting": "proxy", "values": {"none": ""}}, None, ""),
        ({"setting": "display_language", "values": {"english": ["1033", "en"]}}, "english", "1033"),
        ({"setting": "display_language", "values": {"english": "en"}}, _TaggedText("english"), "en"),
        ({"setting": "display_language", "values": {"english": None}}, "english", None),
        ({"setting": "display_language", "values": {"english": "en"}}, "french", IllegalValueError),
        ({"setting": "supplemental_grace_period", "values": {"enabled": "1", "disabled": "0"}}, False, "0"),
    ],
)
def test_a_value_is_spelt_as_the_row_has_it(changes: dict[str, t.Any], value: t.Any, text: t.Any) -> None:
    own = inline(row(**changes)).rows[-1]
    if text is IllegalValueError:
        with pytest.raises(IllegalValueError):
            own.spell(value)
    else:
        assert own.spell(value) == text


def test_the_shipped_profile_says_of_every_row_how_sure_it_is_and_invents_none() -> None:
    rows = shipped_profile().rows
    assert {row.setting.name for row in rows if row.interface == "document"} == {PROXY.name}
    assert all(row.source and row.confidence in CONFIDENCES for row in rows)
    assert {name for name, setting in SETTINGS.items() if "cmdlet" in setting.interfaces} <= {
        row.setting.name for row in rows
    }
