# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names are replaced the same way, however the bytes of a text come."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from emulator.host.pseudonyms import Pseudonyms

PSEUDONYMS = Pseudonyms(b"key", ["CORP", "NT AUTHORITY"])
MARKS = {"utf-8": b"\xef\xbb\xbf", "utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff", "latin-1": b""}
PIECES = st.sampled_from(
    ["alice", "@", "ws-1", "CORP\\", "nt authority\\", "NT ", "\\", " ", "\r\n", "é", "X", "_", "-", "$"]
)


def rewritten(*blocks: bytes) -> tuple[bytes, int]:
    rewriter = PSEUDONYMS.rewriter()
    return b"".join(rewriter.rewrite(iter(blocks))), rewriter.count


@given(st.lists(PIECES, max_size=30).map("".join), st.sampled_from(sorted(MARKS)), st.lists(st.integers(1, 40)))
def test_blocks_make_no_difference(text: str, encoding: str, cuts: list[int]) -> None:
    content = MARKS[encoding] + text.encode(encoding)
    blocks, rest = [], content
    for cut in cuts:
        blocks.append(rest[: 2 * cut])
        rest = rest[2 * cut :]
    assert rewritten(*filter(None, [*blocks, rest])) == rewritten(content)


@given(st.binary(max_size=60).filter(lambda content: b"@" not in content and b"\\" not in content))
def test_bytes_without_names_stay_as_they_are(content: bytes) -> None:
    for mark in MARKS.values():
        assert rewritten(mark + content) == (mark + content, 0)


def test_a_name_has_one_pseudonym_in_every_place() -> None:
    lines = [b"alice@ws-1", b"CORP\\Alice", b"nt authority\\ALICE", b"alice@ALICE", b"corp\\alice@ws-1"]
    found = [rewritten(line)[0] for line in lines]
    one = PSEUDONYMS.of("alice").encode()
    assert [line.count(one) for line in found] == [1, 1, 1, 2, 1]
    assert all(b"alice" not in line.lower() for line in found)
