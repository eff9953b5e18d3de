# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options files: lines by their first words."""

from __future__ import annotations

import pytest
from ansible_collections.citrixfleet.licensing.plugins.module_utils._documents.formats import FORMATS, DocumentError

OPTIONS = FORMATS["options_file"]

#: In the style of FlexNet's guide; the last four settings are this test's own.
CITRIX_OPT = (
    b"# SUPPLEMENTAL = 9\r\nREPORTLOG +C:\\logs\\report.rl\r\nTIMEOUTALL\t3600 \r\nGROUP admins u1 \\\r\n  u2\tu3\r\n"
    b"ALLOW FEATURE A=1\r\nSUPPLEMENTAL = on\r\nEMPTY=\r\nSWITCH\r\n"
)


@pytest.mark.parametrize(
    ("selector", "values"),
    [
        ("REPORTLOG", ("+C:\\logs\\report.rl",)),
        ("timeoutall", ("3600",)),
        ("GROUP admins", ("u1 u2\tu3",)),
        ("GROUP admin", ()),
        ("ALLOW FEATURE", ("A=1",)),
        ("ALLOW FEATURE A=", ("1",)),
        ("SUPPLEMENTAL=", ("on",)),
        ("SUPPLEMENTAL", ("= on",)),
        ("# SUPPLEMENTAL=", ("9",)),
        ("#SUPPLEMENTAL=", ()),
        ("EMPTY=", ("",)),
        ("SWITCH", ("",)),
        ("u2", ()),
    ],
)
def test_selectors(selector: str, values: tuple[str, ...]) -> None:
    assert OPTIONS.find(CITRIX_OPT, selector) == values


@pytest.mark.parametrize(
    ("selector", "value", "before", "after"),
    [
        ("TIMEOUTALL", "7", b"TIMEOUTALL\t3600 \r", b"TIMEOUTALL\t7 \r"),
        ("supplemental=", "off", b"SUPPLEMENTAL = on", b"SUPPLEMENTAL = off"),
        ("SUPPLEMENTAL=", "", b"SUPPLEMENTAL = on", b"SUPPLEMENTAL = "),
        ("EMPTY=", "x y", b"EMPTY=", b"EMPTY=x y"),
        ("SWITCH", "x", b"SWITCH", b"SWITCH x"),
    ],
)
def test_a_value_is_replaced_and_brought_back(selector: str, value: str, before: bytes, after: bytes) -> None:
    old = OPTIONS.find(CITRIX_OPT, selector)
    edited = OPTIONS.replace(CITRIX_OPT, selector, [value])
    assert edited == CITRIX_OPT.replace(before, after)
    assert OPTIONS.replace(edited, selector, old) == CITRIX_OPT


@pytest.mark.parametrize(
    ("document", "after"),
    [
        (b"", b"NEW x\r\n"),
        (b"\xef\xbb\xbf", b"\xef\xbb\xbfNEW x\r\n"),
        (b"a", b"a\r\nNEW x"),
        (b"a\n", b"a\nNEW x\n"),
        (b"a\nb", b"a\nb\nNEW x"),
        (b"a\rb\r", b"a\rb\rNEW x\r"),
        (b"\r\n\r\n", b"\r\n\r\nNEW x\r\n"),
    ],
)
def test_a_line_is_inserted_at_the_end(document: bytes, after: bytes) -> None:
    assert OPTIONS.insert(document, "NEW", "x") == after
    assert OPTIONS.remove(after, "NEW") == document


def test_all_lines_found_are_removed() -> None:
    assert OPTIONS.remove(b"S 1\nA\nS \\\n 2\nB\nS 3\nS 4", "S") == b"A\nB"


@pytest.mark.parametrize("value", ["a#b", "a\\", " a", "a ", "a\nb", "a\rb", "a\x00", "=a", "\u2028", "\ud800"])
def test_values_that_no_line_can_hold(value: str) -> None:
    with pytest.raises(DocumentError):
        OPTIONS.replace(b"S x\n", "S", [value])
    with pytest.raises(DocumentError):
        OPTIONS.insert(b"", "S", value)


@pytest.mark.parametrize(
    "document",
    [
        b"# ends in \\\nS x",
        b"# ends in \\\n\nS x",
        b"A \\\n\nS x",
        b"A\rS x\n",
        b"S a\x01b",
        b"S \xe9",
        b"S x # y",
        b"S x \\\n y",
        b"S x\\",
        b"\n" * 600_000,
    ],
)
def test_documents_in_which_a_line_is_not_clear_or_its_value_could_not_be_put_back(document: bytes) -> None:
    with pytest.raises(DocumentError):
        OPTIONS.replace(document, "S", ["new"])


@pytest.mark.parametrize("document", [b"a \\", b"a \\\n", b"# a\\\n", b"a\n\x1a", b"a\0\n"])
def test_documents_whose_end_is_not_clear(document: bytes) -> None:
    with pytest.raises(DocumentError):
        OPTIONS.insert(document, "S", "x")


def test_a_document_in_an_unknown_encoding_keeps_its_bytes_and_takes_ascii_only() -> None:
    assert OPTIONS.replace(b"# \xe9\nS x\n", "S", ["y"]) == b"# \xe9\nS y\n"
    with pytest.raises(DocumentError):
        OPTIONS.replace(b"# \xe9\nS x\n", "S", ["\xe9"])


@pytest.mark.parametrize("selector", ["", " ", "=", "= a", "a\n", "a\\", "a=="])
def test_what_is_no_selector(selector: str) -> None:
    with pytest.raises(DocumentError):
        OPTIONS.check(selector)


def test_as_many_values_are_given_as_there_are() -> None:
    with pytest.raises(ValueError, match="2 values for 1 places"):
        OPTIONS.replace(b"S x", "S", ["1", "2"])
