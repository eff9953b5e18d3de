# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every spelling of a version that License Servers are known to print is read, build included."""

from __future__ import annotations

import pytest
from ansible_collections.citrixfleet.licensing.plugins.module_utils._version import Version


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("11.17.2.0 build 42000", Version((11, 17, 2, 0), 42000)),
        ("11.16.6.0. build 35000", Version((11, 16, 6, 0), 35000)),
        ("v11.11.0.0 build 106800 i86_n3", Version((11, 11, 0, 0), 106800)),
        ("11.14 build 1", Version((11, 14, 0, 0), 1)),
        ("  11.17.2.0 BUILD 53100 ", Version((11, 17, 2, 0), 53100)),
        ("11.17.2.0", None),
        ("build 5", None),
        ("", None),
        (None, None),
    ],
)
def test_spellings(text: str | None, expected: Version | None) -> None:
    assert Version.parse(text) == expected


def test_the_build_decides_between_equal_versions() -> None:
    assert Version((11, 17, 2, 0), 43000) < Version((11, 17, 2, 0), 53100) < Version((11, 18, 0, 0), 1)


def test_a_version_is_printed_as_citrix_prints_it() -> None:
    assert str(Version((11, 17, 2, 0), 53100)) == "11.17.2.0 build 53100"
