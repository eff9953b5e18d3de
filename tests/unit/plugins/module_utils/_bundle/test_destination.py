# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of bundles on the controller: filled in, harmless, and found again."""

from __future__ import annotations

import pytest
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.destination import (
    DEFAULT_NAME,
    Names,
    check_template,
    fill,
    pattern_of,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError

from tests.unit.plugins.readings import SERVER, server

NAMES = Names.of("ls001", SERVER)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (f"/srv/b/{DEFAULT_NAME}", "/srv/b/ls001-20261124T090000Z-53100.zip"),
        ("/srv/{host}/{date}_{build}.zip", "/srv/ls001/20261124T090000Z_53100.zip"),
        ("/srv/one.zip", "/srv/one.zip"),
    ],
)
def test_placeholders_are_filled_in(template: str, expected: str) -> None:
    assert fill(template, NAMES) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../../etc/passwd", "etc_passwd"),
        ("a/b\\c", "a_b_c"),
        ("..", "host"),
        ("ls 001\n", "ls_001"),
        ("{date}", "date"),
    ],
)
def test_a_name_leads_nowhere_else(name: str, expected: str) -> None:
    assert Names.of(name, SERVER).host == expected


def test_a_server_of_unknown_build_has_a_name_all_the_same() -> None:
    assert Names.of("ls001", server(version=None)).build == "unknown"


@pytest.mark.parametrize("dest", ["", "  ", "/srv/{hosts}.zip", "/srv/{}.zip"])
def test_what_is_no_destination_is_refused(dest: str) -> None:
    with pytest.raises(LicenseError, match="dest"):
        check_template(dest)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/srv/b/ls001-20250101T000000Z-42000.zip", True),
        ("/srv/b/ls001-20250101T000000Z-unknown.zip", True),
        ("/srv/b/ls0012-20250101T000000Z-42000.zip", False),
        ("/srv/b/.ls001-20250101T000000Z-42000.zip.x", False),
        ("/srv/c/ls001-20250101T000000Z-42000.zip", False),
    ],
)
def test_earlier_bundles_of_the_same_host_are_found(path: str, found: bool) -> None:
    assert bool(pattern_of(f"/srv/b/{DEFAULT_NAME}", NAMES).fullmatch(path)) == found
