# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""XML documents made at random: comments and CDATA that look like elements, odd spacing, quotes, encodings, names."""

from __future__ import annotations

import codecs
from dataclasses import replace

from hypothesis import strategies as st

from tests.unit.plugins.module_utils._documents.samples import Sample, Value

SPACE = st.text(" \t\r\n", max_size=3)
BLANKS = st.text(" \t\r\n", min_size=1, max_size=3)
NAMES = st.sampled_from(["a", "b", "x:a", "ports", "Port", "port-2", "ü", "_p.1"])
CHARACTERS = st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_categories=("Cc",))
WORDS = st.text(CHARACTERS, max_size=8)

#: The encodings of a document: Python codec, byte-order mark, name in the declaration (None: there need not be one).
XML_ENCODINGS = [
    ("utf-8", b"", None),
    ("utf-8", b"", "UTF-8"),
    ("utf-8", codecs.BOM_UTF8, None),
    ("utf-8", codecs.BOM_UTF8, "utf-8"),
    ("utf-16-le", codecs.BOM_UTF16_LE, None),
    ("utf-16-be", codecs.BOM_UTF16_BE, "UTF-16"),
    ("utf-16-le", b"", "utf-16"),
    ("latin-1", b"", "ISO-8859-1"),
    ("cp1252", b"", "windows-1252"),
    ("ascii", b"", "us-ascii"),
]


XML_VALUES = st.text(CHARACTERS | st.sampled_from("<>&\"']"), min_size=1, max_size=10).map(str.strip).filter(bool)

NOISE = st.sampled_from(
    [
        "",
        " ",
        "\r\n  ",
        "\n\t",
        "<!-- <port>1</port> -->",
        "<!---->",
        "<?port <port>2</port>?>",
        "<a><![CDATA[<port>3</port>]]]]></a>",
        "<ports>4</ports>",
        "<Port>5</Port>",
        "<x:port>6</x:port>",
        "<port-2/>",
        "<b port='7'>&lt;port&gt;8&lt;/port&gt;</b>",
        '<b port="9"\t/>',
    ]
)


@st.composite
def tags(draw: st.DrawFn, name: str) -> str:
    """A first tag without its end: the name and attributes."""
    names = draw(st.lists(NAMES, max_size=3, unique=True))
    parts = [f"<{name}"]
    for attribute in names:
        quote = draw(st.sampled_from("\"'"))
        value = Value(draw(WORDS), quote)
        parts.append(f"{draw(BLANKS)}{attribute}{draw(SPACE)}={draw(SPACE)}{quote}{value}{quote}")
    return "".join(parts)


@st.composite
def xml_files(draw: st.DrawFn, hits: st.SearchStrategy[int]) -> Sample:
    """Values are the texts of all elements ``port``, or all attributes ``nr`` of elements ``at``."""
    is_attribute = draw(st.booleans())
    selector = draw(st.sampled_from(["//at/@nr", "/r/*/at/@nr"] if is_attribute else ["//port", "/r/*/port"]))
    codec, mark, declared = draw(st.sampled_from(XML_ENCODINGS))
    pieces: list[str | Value] = [f"<?xml version='1.0' encoding=\"{declared}\" ?>"] if declared else []
    pieces += [draw(st.sampled_from(["", "\r\n<!DOCTYPE r>", "<!-- <r> -->\n"])), draw(tags("r")), " xmlns:x='urn:x'>"]
    for _hit in range(draw(hits)):
        pieces += [draw(NOISE), "<level>", draw(NOISE)]
        pieces += draw(_attribute() if is_attribute else _element())
        pieces += [draw(NOISE), "</level>", draw(NOISE)]
    pieces += [draw(NOISE), f"</r{draw(SPACE)}>", draw(st.sampled_from(["", "\n", "\n<!-- <port>0</port> -->\r\n"]))]
    return Sample(tuple(_encodable(pieces, codec)), selector, codec, mark)


@st.composite
def _attribute(draw: st.DrawFn) -> list[str | Value]:
    quote = draw(st.sampled_from("\"'"))
    value = Value(draw(XML_VALUES | st.just("")), quote)
    head = f"{draw(tags('at'))}{draw(BLANKS)}nr{draw(SPACE)}={draw(SPACE)}{quote}"
    return [head, value, quote + draw(st.sampled_from(["/>", " />", "></at>", " x:b='' />"]))]


@st.composite
def _element(draw: st.DrawFn) -> list[str | Value]:
    head, end = draw(tags("port")) + draw(st.sampled_from([">", "\n>"])), f"</port{draw(SPACE)}>"
    kind = draw(st.sampled_from(["text", "CDATA", "empty", "beside a comment"]))
    if kind == "text":
        return [head, draw(SPACE), Value(draw(XML_VALUES), "text"), draw(SPACE), end]
    if kind == "CDATA":
        return [
            head,
            draw(SPACE),
            "<![CDATA[",
            Value(draw(XML_VALUES).replace("]]>", ""), "CDATA"),
            "]]>",
            draw(SPACE),
            end,
        ]
    if kind == "empty":
        return [head, draw(SPACE), Value("", "text"), end]
    return [head, "<!-- 1 -->", draw(SPACE), Value(draw(XML_VALUES), "text"), "<?p?>\n<!-- 2 -->", end]


def _encodable(pieces: list[str | Value], codec: str) -> list[str | Value]:
    """The pieces with another letter for what an encoding does not have."""
    return [
        replace(piece, text=encodable(piece.text, codec)) if isinstance(piece, Value) else encodable(piece, codec)
        for piece in pieces
    ]


def encodable(text: str, codec: str) -> str:
    """The text with another letter for what an encoding does not have."""
    return "".join(character if character.encode(codec, "ignore") else "u" for character in text)
