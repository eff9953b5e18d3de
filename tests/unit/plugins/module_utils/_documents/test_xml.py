# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""XML documents as configuration files are written: what selectors lead to, what edits give, what is refused."""

from __future__ import annotations

import pytest
from ansible_collections.citrixfleet.licensing.plugins.module_utils._documents.formats import FORMATS, DocumentError

XML = FORMATS["xml"]

#: In the style of a web service's configuration; the elements are this test's own.
SERVICE = b"""\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?>\r
<!-- <Proxy>not:1</Proxy> -->\r
<SimpleLicenseServiceConfig xmlns:x='urn:x'>\r
  <Port Secure='yes'  Number = "8083" />\r
  <Proxy />\r
  <x:Locale>\r
    en\r
  </x:Locale>\r
  <Items>\r
    <Item Name="a"><Key>one</Key><Value>1</Value></Item>\r
    <Item Name="b &amp; c"><Key> two </Key><Value><![CDATA[<2>]]></Value></Item>\r
    <Item/>\r
  </Items>\r
</SimpleLicenseServiceConfig>\r
"""
ROOT = "/SimpleLicenseServiceConfig"


@pytest.mark.parametrize(
    ("selector", "values"),
    [
        (f"{ROOT}/Port/@Number", ("8083",)),
        ("/*/Port/@Number", ("8083",)),
        ("//Port/@Secure", ("yes",)),
        ("//Proxy", ("",)),
        ("/*/x:Locale", ("en",)),
        ("//Locale", ()),
        ("//proxy", ()),
        ("/Other/Proxy", ()),
        ("//Value", ("1", "<2>")),
        ("//Item[2]/Value", ("<2>",)),
        ("//Item[@Name='a']/Value", ("1",)),
        ('//Item[@Name="b & c"]/Value', ("<2>",)),
        ("//Item[Key='two']/Value", ("<2>",)),
        ("//Item[@Name='a'][1]/Value", ("1",)),
        ("//Item[Key='two'][2]/Value", ()),
        ("//Item[3]/@Name", ()),
        ("/*/*[1]/@Number", ("8083",)),
        ("/*/Items/*/Key", ("one", "two")),
        ("//Items", ("",)),
        (f"{ROOT}/@xmlns:x", ("urn:x",)),
    ],
)
def test_selectors(selector: str, values: tuple[str, ...]) -> None:
    assert XML.find(SERVICE, selector) == values


@pytest.mark.parametrize(
    ("selector", "value", "before", "after"),
    [
        ("//Port/@Number", "443", b'Number = "8083" />', b'Number = "443" />'),
        ("//Port/@Secure", "isn't", b"Secure='yes'  ", b"Secure='isn&apos;t'  "),
        ("//Proxy", "proxy:8080", b"<Proxy />", b"<Proxy  >proxy:8080</Proxy>"),
        ("/*/x:Locale", "de", b"\r\n    en\r\n", b"\r\n    de\r\n"),
        ("//Item[2]/Value", "<3>", b"<![CDATA[<2>]]>", b"<![CDATA[<3>]]>"),
        ("//Item[1]/Value", "<3>", b"<Value>1<", b"<Value>&lt;3&gt;<"),
        ("//Item[2]/@Name", "b & d", b'"b &amp; c"', b'"b &amp; d"'),
        ("//Item[1]/Key", "", b"<Key>one</Key>", b"<Key></Key>"),
        ("//Item[3]", "x", b"<Item/>", b"<Item >x</Item>"),
    ],
)
def test_a_value_is_replaced_and_brought_back(selector: str, value: str, before: bytes, after: bytes) -> None:
    old = XML.find(SERVICE, selector)
    edited = XML.replace(SERVICE, selector, [value])
    assert edited == SERVICE.replace(before, after)
    assert XML.replace(edited, selector, old) == SERVICE


@pytest.mark.parametrize(
    ("document", "selector", "after"),
    [
        (b"<r>\n\t<a/>\n</r>", "/r/new", b"<r>\n\t<a/>\n\t<new>v</new>\n</r>"),
        (b"<r><a/></r>", "/r/new", b"<r><a/><new>v</new></r>"),
        (b"<r>\r\n</r>", "/r/new", b"<r>\r\n  <new>v</new>\r\n</r>"),
        (b"<r></r>", "/r/new", b"<r><new>v</new></r>"),
        (b"<r/>", "/r/new", b"<r ><new>v</new></r>"),
        (b"<r>\n  <!-- c -->\n</r>", "/*/new", b"<r>\n  <!-- c -->\n  <new>v</new>\n</r>"),
        (b"<r>\n  <a/>\n  <!-- c -->\n</r>", "/*/new", b"<r>\n  <a/>\n  <new>v</new>\n  <!-- c -->\n</r>"),
        (b"<r a='1'\n   b='2' />", "/r/@new", b"<r a='1'\n   b='2'\n   new='v' />"),
        (b"<r/>", "/r/@new", b'<r new="v"/>'),
        (b"<r ><i n='1'/><i n='2'/></r>", "//i[@n='2']/new", b"<r ><i n='1'/><i n='2' ><new>v</new></i></r>"),
        (b"<r xmlns:x='u'><i/></r>", "//i/@x:new", b"<r xmlns:x='u'><i x:new=\"v\"/></r>"),
    ],
)
def test_what_is_inserted_looks_like_its_neighbours(document: bytes, selector: str, after: bytes) -> None:
    assert XML.insert(document, selector, "v") == after
    assert XML.remove(after, selector) == document


@pytest.mark.parametrize(
    ("document", "selector", "after"),
    [
        (SERVICE, "//Proxy", SERVICE.replace(b"\r\n  <Proxy />", b"")),
        (SERVICE, "//Port/@Secure", SERVICE.replace(b" Secure='yes'", b"")),
        (b"<r> a <i/>b<i/></r>", "//i", b"<r> a b</r>"),
        (b"<r><i><i/></i></r>", "//i", b"<r></r>"),
        (b"<r><a/></r>", "//i", b"<r><a/></r>"),
    ],
)
def test_what_is_removed_takes_its_indentation_along(document: bytes, selector: str, after: bytes) -> None:
    assert XML.remove(document, selector) == after


@pytest.mark.parametrize(
    ("document", "selector"),
    [
        (b"<r>text</r>", "/r/new"),
        (b"<r><i/><i/></r>", "//i/new"),
        (b"<r><i/></r>", "//new"),
        (b"<r><i/></r>", "/r/new[@a='1']"),
        (b"<r><i/></r>", "/r/*[2]"),
        (b"<r><i/></r>", "/r/j/new"),
        (b"<r><i/></r>", "/other"),
        (b"<r><i/></r>", "/r/x:new"),
        (b"<r><i/></r>", "/r/@x:new"),
    ],
)
def test_where_nothing_can_be_inserted(document: bytes, selector: str) -> None:
    with pytest.raises(DocumentError):
        XML.insert(document, selector, "v")


@pytest.mark.parametrize(
    ("document", "value"),
    [
        (b"<r>a<!-- c -->b</r>", "v"),
        (b"<r>a<b/>c</r>", "v"),
        (b"<r><b/></r>", "v"),
        (b"<r>a<!-- c --></r>", ""),
        (b"<r>a<b/></r>", ""),
        (b"<r>a</r>", " v"),
        (b"<r>a</r>", "\x01"),
        (b"<r>a</r>", "\x7f"),
        (b"<r>a</r>", "\ud800"),
        (b"<r>a</r>", "\ufffe"),
        (b"<r><![CDATA[a]]></r>", "]]>"),
        (b"<?xml version='1.0' encoding='us-ascii'?><r>a</r>", "\xe9"),
        (b"<?xml version='1.0' encoding='ISO-8859-1'?><r>a</r>", "\u20ac"),
    ],
)
def test_values_that_the_place_cannot_hold(document: bytes, value: str) -> None:
    with pytest.raises(DocumentError):
        XML.replace(document, "/r", [value])


def test_text_in_pieces_is_read_where_it_is_clear() -> None:
    assert XML.find(b"<r>27<!-- c -->000<b/></r>", "/r") == ("27000",)


def test_a_value_that_a_predicate_needs_is_not_replaced() -> None:
    with pytest.raises(DocumentError):
        XML.replace(b"<r><i n='1'/></r>", "//i[@n='1']/@n", ["2"])


def test_the_part_of_a_value_that_stays_is_spelt_as_before() -> None:
    document = b"<r u='h&#116;tp://x?a=1&#x26;b:80'/>"
    assert XML.replace(document, "/r/@u", ["http://x?a=1&b:443"]) == document.replace(b":80", b":443")
    assert XML.replace(b"<r>]]x></r>", "/r", ["]]>"]) == b"<r>]]&gt;</r>"


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"text",
        b"<r>",
        b"<r></s>",
        b"<r/><r/>",
        b"<r/>text",
        b"<r a='1' a='2'/>",
        b"<r a='<'/>",
        b"<r a=1/>",
        b"<r>&nbsp;</r>",
        b"<r>& </r>",
        b"<r>]]></r>",
        b"<r>\x00</r>",
        b"<r><!-- -- --></r>",
        b" <?xml version='1.0'?><r/>",
        b"<?xml version='1.1'?><r/>",
        b"<?xml version='1.0' encoding='utf-7'?><r/>",
        b"<?xml version='1.0' encoding='utf-16'?><r/>",
        b"\xef\xbb\xbf<?xml version='1.0' encoding='ISO-8859-1'?><r/>",
        "<?xml version='1.0' encoding='utf-8'?><r/>".encode("utf-16"),
        "<r/>".encode("utf-32"),
        "<r/>".encode("utf-16") + b"\n",
        b"<r>\xe9</r>",
        b"<!DOCTYPE r SYSTEM 'file:///etc/passwd'><r/>",
        b"<!DOCTYPE r PUBLIC 'a' 'http://127.0.0.1/'><r/>",
        b"<!DOCTYPE r [<!ENTITY a 'b'>]><r>&a;</r>",
        b"<!DOCTYPE r [<!ENTITY % a SYSTEM 'b'> %a;]><r/>",
        b"<!DOCTYPE r []><r/>",
    ],
)
def test_documents_that_are_refused(document: bytes) -> None:
    with pytest.raises(DocumentError):
        XML.find(document, "/r")


@pytest.mark.parametrize(
    "document",
    [b"<a>" * 120_000 + b"</a>" * 120_000, b"<a" + b" " * 1_000_000 + b"/>", b"<a>" + b"&lt;" * 250_000 + b"</a>"],
    ids=["depth", "space", "references"],
)
def test_size_alone_is_no_harm(document: bytes) -> None:
    assert XML.find(document, "//b") == ()


@pytest.mark.parametrize(
    "document",
    [
        b"<" * 1_000_000,
        b"<a>" * 300_000,
        b"<a " + b"b='" * 300_000,
        b"<a/>" * 600_000,
        b"<a>" + b" " * 8_400_000 + b"</a>",
    ],
    ids=["brackets", "open", "quotes", "tags", "bytes"],
)
def test_size_that_is_refused(document: bytes) -> None:
    with pytest.raises(DocumentError):
        XML.find(document, "//a")


@pytest.mark.parametrize(
    "selector",
    [
        "",
        "/",
        "//",
        "r",
        "/r/",
        "/r//s",
        "/@a",
        "/r/@a/b",
        "/r[",
        "/r[]",
        "/r[0]",
        "/r[a]",
        "/r[@a]",
        "/r[a=b]",
        "/r/@*",
        "/1",
    ],
)
def test_what_is_no_selector(selector: str) -> None:
    with pytest.raises(DocumentError):
        XML.check(selector)
