# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read of XML is what two other parsers read of it: expat, and ElementTree for texts."""

from __future__ import annotations

from xml.etree import ElementTree
from xml.parsers import expat

import pytest
from ansible_collections.citrixfleet.licensing.plugins.module_utils._documents.formats import FORMATS, DocumentError
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins.module_utils._documents import xml_samples
from tests.unit.plugins.module_utils._documents.test_properties import mutations

XML = FORMATS["xml"]
SPACE = " \t\r\n"
#: Parts of documents, legal and not, that are put together at random.
TAGS = [
    "<r>",
    "</r>",
    "<port>",
    "</port>",
    "<port/>",
    '<port\tnr="1\n&lt;"/>',
    "<port nr='2'nr2='3'>",
    '<port nr="5" nr="6">',
    "<port nr='&lt;>&quot;'>",
    '<a:port xmlns:a="u">',
    "</a:port>",
    "<port\r\n>",
    "<!DOCTYPE r>",
    "<?x?>",
    "<?x y?>",
    "<?xml?>",
]
OTHERS = [
    "<!--",
    "-->",
    "<!---->",
    "-",
    "--",
    "<![CDATA[",
    "]]>",
    "]]",
    ">",
    "&",
    "&amp;",
    "&#58;",
    "&#32;",
    "&#x1F600;",
    "&#0;",
    "&#xD800;",
    "&#1114112;",
    "&x;",
    "'",
    '"',
    "=",
    "<",
    "</",
    "/>",
    " nr='4'",
    "\ufffe",
    "é",
    "7",
    " ",
    "\r",
    "\n",
    "\x85",
    "\x01",
]
PARTS = st.sampled_from(TAGS + OTHERS)


def read_by_expat(content: bytes) -> list[str]:
    """The attributes ``nr`` of all elements ``port``. :raises expat.ExpatError: the document is not well-formed."""
    found: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        found.extend([attributes["nr"]] if name == "port" and "nr" in attributes else [])

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.Parse(content, True)
    return found


def agree(content: bytes) -> None:
    """Fail unless the document is refused, or read as others read it."""
    try:
        attributes = XML.find(content, "//port/@nr")
    except DocumentError:
        return
    assert list(attributes) == read_by_expat(content)
    try:
        texts = XML.find(content, "//port")
        root = ElementTree.fromstring(content)
    except (DocumentError, ElementTree.ParseError):
        # Text in several places; a prefix that is not declared.
        return
    assert [text_of(element) for element in root.iter("port")] == list(texts)


def text_of(element: ElementTree.Element) -> str:
    """All text directly in an element, which is in one place."""
    return "".join([element.text or "", *(child.tail or "" for child in element)]).strip(SPACE)


@given(sample=xml_samples.xml_files(st.integers(0, 3)))
def test_a_generated_document(sample: xml_samples.Sample) -> None:
    agree(sample.content)


@given(data=st.data())
def test_a_damaged_document(data: st.DataObject) -> None:
    agree(data.draw(mutations(data.draw(xml_samples.xml_files(st.integers(0, 2))).content)))


@given(parts=st.lists(PARTS, max_size=8), encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le"]))
def test_parts_put_together_at_random(parts: list[str], encoding: str) -> None:
    for content in ("".join(parts), f"<r>{''.join(parts)}</r>"):
        agree(content.encode(encoding))


@given(raw=st.lists(PARTS, max_size=4).map("".join), value=xml_samples.XML_VALUES, quote=st.sampled_from("\"'"))
def test_any_spelling_of_a_value_can_be_replaced_and_nothing_else_changes(raw: str, value: str, quote: str) -> None:
    for selector, head, tail in (("/r/@nr", f"<r nr={quote}", f"{quote}/>"), ("/r", "<r><!-- -->", "<?x?></r>")):
        content = f"{head}{raw}{tail}".encode()
        try:
            (old,) = XML.find(content, selector)
            edited = XML.replace(content, selector, [value])
        except (DocumentError, ValueError):
            continue
        assert XML.find(edited, selector) == (value,)
        assert edited.startswith(head.encode()) and edited.endswith(tail.encode())
        assert XML.find(XML.replace(edited, selector, [old]), selector) == (old,)


@pytest.mark.parametrize("name", ["a", "a-b.c:d", "_", "ü", "x·"])
def test_names_are_those_of_expat(name: str) -> None:
    agree(f"<{name}><port nr='1'/></{name}>".encode())
    assert XML.find(f"<{name}>1</{name}>".encode(), f"/{name}") == ("1",)


@st.composite
def trees(draw: st.DrawFn) -> str:
    """Small documents in which the same names come again and again."""
    leaf = st.sampled_from(["<a n='1'>x</a>", "<a n='2'/>", "<b>x</b>", "<b n='1'>y</b>", "<a><b>x</b></a>"])
    inner = st.lists(leaf, max_size=4).map("".join)
    parents = st.tuples(st.sampled_from(["a", "b", "a n='2'"]), inner).map(lambda p: f"<{p[0]}>{p[1]}</{p[0][0]}>")
    return f"<r>{''.join(draw(st.lists(leaf | parents, max_size=5)))}</r>"


@given(
    tree=trees(),
    way=st.sampled_from(["/r/", "//", "/r/*/", "//a/", "//b[1]/", "//a[@n='2']/"]),
    step=st.sampled_from(["a", "b", "*", "a[1]", "b[2]", "*[@n='1']", "a[@n='2']", "a[b='x']", "*[b='x']"]),
)
def test_selectors_lead_where_those_of_elementtree_do(tree: str, way: str, step: str) -> None:
    root = ElementTree.fromstring(tree)
    path = "." + (way + step).removeprefix("/r")
    # Its own elements are found again by an attribute that has another value in each.
    for number, element in enumerate(root.iter()):
        element.set("id", str(number))
    marked = ElementTree.tostring(root)
    expected = tuple(sorted((element.get("id", "") for element in root.findall(path)), key=int))
    found = XML.find(marked, f"{way}{step}/@id")
    # The root has no parent for ElementTree.
    assert tuple(value for value in found if value != "0") == expected
