# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever the document: what is found, what an edit changes, and that an edit taken back leaves the original bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from ansible_collections.citrixfleet.licensing.plugins.module_utils._documents.formats import FORMATS, DocumentError
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins.module_utils._documents import line_samples, xml_samples
from tests.unit.plugins.module_utils._documents.samples import Sample

PORTS = st.integers(1, 65535).map(str)


@dataclass(frozen=True)
class Kind:
    """A format, how its documents are made, and new values for a document."""

    format: str
    documents: Callable[[st.SearchStrategy[int]], st.SearchStrategy[Sample]]
    values: st.SearchStrategy[str]

    def new_value(self, draw: st.DrawFn | Callable[..., str], sample: Sample) -> str:
        value = draw(PORTS if "port" in sample.selector.lower() and self.format == "license_file" else self.values)
        if sample.is_ascii:
            value = xml_samples.encodable(value, "ascii")
        return xml_samples.encodable(value, sample.codec.removesuffix("-sig"))


KINDS = [
    Kind("options_file", line_samples.options_files, line_samples.line_values()),
    Kind("license_file", line_samples.license_files, st.text("abc\\.:", min_size=1).map(lambda text: text + "x")),
    Kind("apache", line_samples.apache_files, line_samples.line_values().map(lambda text: text.replace(">", "x"))),
    Kind("xml", xml_samples.xml_files, xml_samples.XML_VALUES.map(lambda text: text.replace("]]>", "x"))),
]
EACH = pytest.mark.parametrize("kind", KINDS, ids=[kind.format for kind in KINDS])


@EACH
@given(data=st.data())
def test_values_are_found_where_they_stand_and_nowhere_else(kind: Kind, data: st.DataObject) -> None:
    sample = data.draw(kind.documents(st.integers(0, 3)))
    assert FORMATS[kind.format].find(sample.content, sample.selector) == sample.values


@EACH
@given(data=st.data())
def test_new_values_change_nothing_around_them_and_the_old_ones_bring_back_the_original(
    kind: Kind, data: st.DataObject
) -> None:
    sample = data.draw(kind.documents(st.integers(0, 3)))
    form, new = FORMATS[kind.format], [kind.new_value(data.draw, sample) for _value in sample.values]
    edited = form.replace(sample.content, sample.selector, new)
    assert edited == sample.with_values(new)
    assert form.find(edited, sample.selector) == tuple(new)
    assert form.replace(edited, sample.selector, sample.values) == sample.content


@EACH
@given(data=st.data())
def test_an_inserted_value_is_found_and_taken_away_without_a_trace(kind: Kind, data: st.DataObject) -> None:
    sample, selector = data.draw(insertions(kind))
    form, value = FORMATS[kind.format], kind.new_value(data.draw, sample)
    edited = form.insert(sample.content, selector, value)
    assert form.find(edited, selector) == (value,)
    assert is_one_piece_longer(sample.content, edited)
    assert all(sample.encode(text) in edited for text in sample.signed)
    assert form.remove(edited, selector) == sample.content


@EACH
@given(data=st.data())
def test_what_is_removed_is_found_no_more_and_signed_lines_stay(kind: Kind, data: st.DataObject) -> None:
    sample = data.draw(kind.documents(st.integers(0, 3)))
    form = FORMATS[kind.format]
    try:
        edited = form.remove(sample.content, sample.selector)
    except DocumentError:
        # A section's argument; a word that would leave a line empty.
        assert kind.format in ("apache", "license_file")
        return
    assert form.find(edited, sample.selector) == ()
    assert all(sample.encode(text) in edited for text in sample.signed)


@EACH
@given(data=st.data())
def test_any_bytes_are_read_or_refused(kind: Kind, data: st.DataObject) -> None:
    form, sample = FORMATS[kind.format], data.draw(kind.documents(st.integers(0, 3)))
    content = data.draw(mutations(sample.content) | st.binary(max_size=200))
    value = kind.new_value(data.draw, sample)
    try:
        found = form.find(content, sample.selector)
        if found:
            edited = form.replace(content, sample.selector, [value] * len(found))
            assert form.find(edited, sample.selector) == tuple([value] * len(found))
        else:
            edited = form.insert(content, sample.selector, value)
            assert form.remove(edited, sample.selector) == content
    except DocumentError as error:
        assert "\n" not in str(error)


@EACH
@given(selector=st.text(max_size=30) | st.text("/@[]'=*#\\ abport12", max_size=30), value=st.text(max_size=8))
def test_any_selector_and_value_is_taken_or_refused(kind: Kind, selector: str, value: str) -> None:
    form, content = FORMATS[kind.format], b"<a/>" if kind.format == "xml" else b"VENDOR a\n"
    try:
        form.check(selector)
        if form.find(content, selector):
            edited = form.replace(content, selector, [value])
        else:
            edited = form.insert(content, selector, value)
        assert form.find(edited, selector) == (value,)
    except DocumentError as error:
        assert "\n" not in str(error)


@st.composite
def mutations(draw: st.DrawFn, content: bytes) -> bytes:
    """A document that was damaged: pieces cut out, doubled, or put in."""
    for _damage in range(draw(st.integers(1, 3))):
        start, end = sorted(draw(st.tuples(*[st.integers(0, len(content))] * 2)))
        piece = draw(
            st.sampled_from([b"", content[start:end] * 2, b"\\", b"\r", b"\n", b"<", b">", b"&#0;", b'"', b"#"])
        )
        content = content[:start] + piece + content[min(end, start + 20) :]
    return content


@st.composite
def insertions(draw: st.DrawFn, kind: Kind) -> tuple[Sample, str]:
    """A document without the value, and a selector that leads to where it can be."""
    sample = draw(kind.documents(st.just(0)))
    if kind.format == "xml":
        selectors = ["/r/new", "/r/x:new", "/r/@new", "/r/@x:new", "/*/new"]
        return sample, draw(st.sampled_from(selectors))
    if kind.format == "apache":
        return sample, draw(st.sampled_from(["Listen", "//Listen", "Directory/Listen", "//Directory/Listen"]))
    if kind.format == "license_file":
        return draw(line_samples.unset_license_files())
    return sample, sample.selector


def is_one_piece_longer(before: bytes, after: bytes) -> bool:
    """Whether a text was put in somewhere, and nothing else changed."""
    at = next((index for index in range(len(before)) if before[index] != after[index]), len(before))
    rest = len(before) - at
    return len(after) > len(before) and after.endswith(before[at:]) and rest <= len(after)
