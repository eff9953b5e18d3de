# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""License files as Citrix issues them are read, whatever their encoding and line ends; the rest is left out."""

from __future__ import annotations

import datetime

import pytest
from ansible_collections.citrixfleet.licensing.plugins.module_utils._documents.license_file import (
    License,
    parse_date,
    parse_licenses,
)

RETAIL = (
    "# This file is in UTF-8 format.\n#\nSERVER this_host HOSTNAME=CTXSRV01\nVENDOR CITRIX\nUSE_SERVER\n"
    "INCREMENT MPS_ENT_CCU CITRIX 2010.0121 permanent 25 \\\n"
    "\tVENDOR_STRING=;LT=Retail;GP=720;CL=ENT,ADV,STD,AST;SA=1;ODP=0 \\\n"
    '\tDUP_GROUP=V ISSUED=22-Jan-2009 NOTICE="A = b; ISSUED=1-jan-1999" \\\n'
    "\tSN=LA-0000000000-00000:123 START=21-jan-2009 SIGN=\\\n\tXXXX XXXX\n"
)
EXPECTED = License("MPS_ENT_CCU", 25, "2010.0121", None, "2009-01-22", "Retail", "LA-0000000000-00000:123")


@pytest.mark.parametrize(
    "content",
    [
        RETAIL.encode(),
        RETAIL.replace("\n", "\r\n").encode(),
        RETAIL.encode("utf-8-sig"),
        RETAIL.encode("utf-16"),
        RETAIL.replace("\\\n", "\\  \r\n").encode(),
    ],
    ids=["unix", "dos", "byte-order mark", "utf-16", "blanks after the backslash"],
)
def test_a_retail_license(content: bytes) -> None:
    assert parse_licenses(content) == [EXPECTED]


def test_an_evaluation_expires_and_lines_of_features_count_too() -> None:
    content = b"FEATURE CTXLSDIAG CITRIX 2008.0206 06-feb-2009 uncounted VENDOR_STRING=;LT=NFR;GP=720 SN=FID-1"
    assert parse_licenses(content) == [License("CTXLSDIAG", None, "2008.0206", "2009-02-06", None, "NFR", "FID-1")]


@pytest.mark.parametrize(
    "content", [b"", b"#INCREMENT A B C D 1", b"INCREMENT A B", b"\xff\xfe\x00", b"INCREMENTAL A B C D 1", b"\\\n\\\n"]
)
def test_what_is_no_license_is_left_out(content: bytes) -> None:
    assert parse_licenses(content) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("22-Jan-2009", datetime.date(2009, 1, 22)),
        ("1-dec-2026", datetime.date(2026, 12, 1)),
        ("permanent", None),
        ("1-jan-0000", None),
        ("31-feb-2026", None),
        ("1-xyz-2026", None),
        (None, None),
    ],
)
def test_dates(text: str | None, expected: datetime.date | None) -> None:
    assert parse_date(text) == expected
