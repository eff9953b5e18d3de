# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Any bytes are text that can be turned back into them."""

from __future__ import annotations

import pytest
from ansible_collections.citrixfleet.licensing.plugins.module_utils._documents.text import (
    MAXIMUM_BYTES,
    DocumentError,
    Splice,
    decode,
    decode_xml,
)
from hypothesis import given
from hypothesis import strategies as st

STARTS = st.sampled_from(
    [b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<"]
    + [
        b"<?xml version='1.0' encoding='%s'?>" % name
        for name in (b"ISO-8859-1", b"windows-1252", b"us-ascii", b"UTF-8")
    ]
)
BYTES = st.binary(max_size=40) | st.sampled_from(
    [b"\x00\xd8\x00\xdc", b"\xd8\x00\xdc\x00", b"\xed\xa0\x80", b"\x81\x8d"]
)


@given(start=STARTS, rest=BYTES)
def test_decoding_and_encoding_is_the_identity(start: bytes, rest: bytes) -> None:
    for read in (decode, decode_xml):
        try:
            text = read(start + rest)
        except DocumentError:
            continue
        assert text.encode() == start + rest


@pytest.mark.parametrize(
    "content", ["a".encode("utf-32"), b"\0\0\xfe\xff\0\0\0a", b" " * (MAXIMUM_BYTES + 1)], ids=["le", "be", "size"]
)
def test_what_is_refused(content: bytes) -> None:
    with pytest.raises(DocumentError):
        decode(content)


def test_splices_keep_what_is_around_them() -> None:
    text = decode(b"\xef\xbb\xbfabc\xff").splice([Splice(2, 3, "xyz"), Splice(0, 0, "-")])
    assert text.encode() == b"\xef\xbb\xbf-abxyz\xff"


@pytest.mark.parametrize(("content", "text"), [(b"\xff", "\xe9"), ("a".encode("utf-16"), "\ud800"), (b"a", "\udcff")])
def test_characters_that_the_encoding_lacks(content: bytes, text: str) -> None:
    with pytest.raises(DocumentError):
        decode(content).splice([Splice(0, 0, text)])
