# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""License files: the SERVER and VENDOR lines, and nothing that is signed."""

from __future__ import annotations

import pytest
from ansible_collections.citrixfleet.licensing.plugins.module_utils._documents.formats import FORMATS, DocumentError
from hypothesis import given
from hypothesis import strategies as st

LICENSE = FORMATS["license_file"]

SIGNED = (
    b"INCREMENT MPS_ENT_CCU CITRIX 2010.0121 permanent 25 \\\r\nVENDOR_STRING=;LT=Retail;GP=720;CL=ENT,ADV \\\r\n"
    b'VENDOR CITRIX PORT=1 \\\r\nSERVER a b 2 NOTICE="A" SN=LA-0000000000-00000:123 SIGN= \\\r\nXXXX XXXX\r\n'
)


def license_file(server: bytes, vendor: bytes) -> bytes:
    """A license file in the style of public samples."""
    return b"# This file is in UTF-8 format.\r\n#\r\n" + server + b"\r\n" + vendor + b"\r\nUSE_SERVER\r\n" + SIGNED


@pytest.mark.parametrize(
    ("server", "vendor", "ports"),
    [
        (b"SERVER this_host HOSTNAME=LS", b"VENDOR CITRIX", ((), (), ())),
        (b"SERVER this_host HOSTNAME=LS 27000", b"VENDOR CITRIX PORT=7279", (("27000",), ("7279",), ())),
        (b"server this_host ANY PORT=27000", b"DAEMON citrix port=7279", (("27000",), ("7279",), ())),
        (
            b"SERVER h ANY 1 PRIMARY_IS_MASTER",
            b'VENDOR CITRIX options="C:\\a b.opt" port=2',
            (("1",), ("2",), ("C:\\a b.opt",)),
        ),
        (b"SERVER h \\\r\n ANY 1", b'VENDOR CITRIX "C:\\a b" C:\\c.opt 2', (("1",), ("2",), ("C:\\c.opt",))),
        (b"SERVER h ANY PRIMARY_IS_MASTER", b"VENDOR CITRIX 7279", ((), ("7279",), ())),
        (b"#SERVER h ANY 1", b"# VENDOR CITRIX PORT=2", ((), (), ())),
        (b"SERVER h ANY 1", b"VENDOR CITRIX2 PORT=2", (("1",), (), ())),
        (b"SERVER h ANY 1", b'VENDOR CITRIX "OPTIONS=C:\\a b"', (("1",), (), ("C:\\a b",))),
    ],
)
def test_what_is_found(server: bytes, vendor: bytes, ports: tuple[tuple[str, ...], ...]) -> None:
    content = license_file(server, vendor)
    selectors = ("SERVER port", "VENDOR CITRIX port", "vendor citrix Options")
    assert tuple(LICENSE.find(content, selector) for selector in selectors) == ports


@pytest.mark.parametrize(
    ("selector", "value", "before", "after"),
    [
        ("SERVER port", "27001", b"ANY 27000", b"ANY 27001"),
        ("VENDOR CITRIX port", "80", b"Port=7279", b"Port=80"),
        ("VENDOR CITRIX options", "D:\\b c", b'"C:\\a"', b'"D:\\b c"'),
    ],
)
def test_a_value_is_replaced_and_brought_back(selector: str, value: str, before: bytes, after: bytes) -> None:
    content = license_file(b"SERVER h ANY 27000", b'VENDOR  CITRIX\tOptions="C:\\a" Port=7279 ')
    old = LICENSE.find(content, selector)
    edited = LICENSE.replace(content, selector, [value])
    assert edited == content.replace(before, after)
    assert LICENSE.replace(edited, selector, old) == content


@pytest.mark.parametrize(
    ("selector", "value", "server", "vendor"),
    [
        ("SERVER port", "27001", b"SERVER h ANY 27001", b"VENDOR CITRIX "),
        ("VENDOR citrix port", "7280", b"SERVER h ANY", b"VENDOR CITRIX PORT=7280 "),
        ("VENDOR citrix options", "C:\\a b", b"SERVER h ANY", b'VENDOR CITRIX OPTIONS="C:\\a b" '),
    ],
)
def test_a_value_is_inserted_and_removed(selector: str, value: str, server: bytes, vendor: bytes) -> None:
    content = license_file(b"SERVER h ANY", b"VENDOR CITRIX ")
    edited = LICENSE.insert(content, selector, value)
    assert edited == license_file(server, vendor)
    assert LICENSE.remove(edited, selector) == content


@pytest.mark.parametrize(
    ("server", "vendor"),
    [
        (b"SERVER a ANY\nSERVER b ANY", b"VENDOR CITRIX\nVENDOR CITRIX"),
        (b"# none", b"# none"),
        (b"SERVER a", b"VENDOR OTHER"),
        (b"SERVER a ANY PRIMARY_IS_MASTER", b"VENDOR CITRIX C:\\path\\"),
    ],
)
def test_where_no_port_can_be_inserted(server: bytes, vendor: bytes) -> None:
    for selector in ("SERVER port", "VENDOR CITRIX port"):
        with pytest.raises(DocumentError):
            LICENSE.insert(license_file(server, vendor), selector, "1")


@pytest.mark.parametrize(
    "content",
    [
        b"INCREMENT A \\\n# c\nVENDOR CITRIX PORT=1\n",
        b"INCREMENT A \\\n\nVENDOR CITRIX PORT=1\n",
        b"# c \\\nVENDOR CITRIX PORT=1\n",
        b"INCREMENT A\rVENDOR CITRIX PORT=1\n",
        b'VENDOR CITRIX "C:\\a PORT=1\n',
        b"VENDOR CITRIX C:\\a\\\nINCREMENT PORT=1\n",
        b'VENDOR CITRIX a"b"c PORT=1\n',
        b'INCREMENT A NOTICE="a\nVENDOR CITRIX PORT=1\nb" SIGN=1\n',
        b"VENDOR CITRIX \\\n# PORT=1\n",
    ],
)
def test_lines_of_which_it_is_not_clear_what_they_are_are_refused(content: bytes) -> None:
    with pytest.raises(DocumentError):
        LICENSE.find(content, "VENDOR CITRIX port")


@pytest.mark.parametrize(
    ("selector", "value"),
    [
        ("SERVER port", "x"),
        ("SERVER port", ""),
        ("SERVER port", "\u0661"),
        ("SERVER port", "1 2"),
        ("SERVER port", "1\n"),
    ]
    + [("VENDOR CITRIX options", value) for value in ("", "a b", 'a"', "a\\", "a\tb", "PORT=5")],
)
def test_values_that_the_line_cannot_hold(selector: str, value: str) -> None:
    with pytest.raises(DocumentError):
        LICENSE.replace(license_file(b"SERVER h ANY 1", b"VENDOR CITRIX C:\\p C:\\o"), selector, [value])


@pytest.mark.parametrize(
    "selector", ["", "SERVER", "SERVER options", "VENDOR port", "VENDOR A B port", "INCREMENT A port"]
)
def test_what_is_no_selector(selector: str) -> None:
    with pytest.raises(DocumentError):
        LICENSE.check(selector)


PARTS = ["INCREMENT A CITRIX 1", "FEATURE B", "# c", "SERVER h ANY", "VENDOR CITRIX", "PORT=1", "options=o", "5", ""]
ENDS = ["\n", "\n", "\r\n", "\\\n", "\\ \r\n", " \\\r\n ", " ", "\t"]
SELECTORS = ["SERVER port", "VENDOR CITRIX port", "VENDOR CITRIX options"]


def untouchable(content: bytes) -> list[bytes]:
    """Signed lines and comments with what continues them, as plainly as the format says it."""
    found: list[bytes] = []
    goes_on = False
    for line in content.splitlines() if b"\n" not in content else content.split(b"\n"):
        if goes_on:
            found[-1] += line
        else:
            found.append(line)
        goes_on = line.rstrip().endswith(b"\\")
    return [line for line in found if line.lstrip().startswith((b"INCREMENT", b"FEATURE", b"#"))]


@given(
    parts=st.lists(st.tuples(st.sampled_from(PARTS), st.sampled_from(ENDS)).map("".join), max_size=9).map("".join),
    line_end=st.sampled_from(["\n", "\r"]),
    selector=st.sampled_from(SELECTORS),
)
def test_no_edit_ever_touches_a_signed_line_or_a_comment(parts: str, line_end: str, selector: str) -> None:
    content = (parts if line_end == "\n" else parts.replace("\r", "").replace("\n", line_end)).encode()
    for edit in (
        lambda: LICENSE.remove(content, selector),
        lambda: LICENSE.replace(content, selector, ["77"] * len(LICENSE.find(content, selector))),
        lambda: content if LICENSE.find(content, selector) else LICENSE.insert(content, selector, "77"),
    ):
        try:
            edited = edit()
        except DocumentError:
            continue
        assert untouchable(edited) == untouchable(content)
