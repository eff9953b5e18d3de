# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documents of lines made at random: options files, license files, Apache's configuration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from tests.unit.plugins.module_utils._documents.samples import ENCODINGS, Sample, Value

BLANKS = st.text(" \t", min_size=1, max_size=3)
SPACE = st.text(" \t", max_size=3)
INNER = st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp", "Cs"), exclude_characters='#\\"= \t')
PLAIN = st.text("abcXYZ019.:-_/", min_size=1, max_size=12)


@st.composite
def cased(draw: st.DrawFn, word: str) -> str:
    """A word in any mixture of capitals."""
    return "".join(draw(st.sampled_from([character.lower(), character.upper()])) for character in word)


@st.composite
def line_values(draw: st.DrawFn) -> str:
    """Values that can be the rest of a line."""
    first = draw(INNER)
    rest = draw(st.text(INNER | st.sampled_from(' \t\\"='), max_size=12))
    return first + rest.rstrip(" \t\\")


@dataclass(frozen=True)
class Lines:
    """Lines made at random, to be joined with line ends: each is a piece or several."""

    lines: tuple[tuple[str | Value, ...], ...]
    selector: str


#: A comment in each encoding that is no text: bytes that are no UTF-8, and half a pair of surrogates.
NO_TEXT = {"utf-8": "# \udce9", "utf-8-sig": "# \udcff\udcfe", "utf-16-le": "# \udc00", "utf-16-be": "# \ud800"}


@st.composite
def joined(draw: st.DrawFn, lines: Lines) -> Sample:
    """Lines with line ends and an encoding. ``\\n`` within a line is the end of a continued one."""
    end = st.sampled_from(draw(st.sampled_from([["\r"], ["\n"], ["\r\n"], ["\n", "\r\n"], ["\r\n", "\r\r\n"]])))
    codec = draw(st.sampled_from(list(ENCODINGS)))
    is_text = draw(st.booleans()) or not all(str(piece).isascii() for line in lines.lines for piece in line)
    pieces: list[str | Value] = [] if is_text else [NO_TEXT[codec], draw(end)]
    for number, line in enumerate(lines.lines):
        pieces += [_with_ends(draw, piece, end) for piece in line]
        if number < len(lines.lines) - 1 or draw(st.booleans()):
            pieces.append(draw(end))
    rest = draw(st.sampled_from([b"", b"\n"])) if codec.startswith("utf-16") else b""
    signed = tuple(piece for piece in pieces if isinstance(piece, str) and "INCREMENT" in piece)
    return Sample(tuple(pieces), lines.selector, codec, ENCODINGS[codec], rest, signed)


def _with_ends(draw: st.DrawFn, piece: str | Value, end: st.SearchStrategy[str]) -> str | Value:
    if isinstance(piece, Value):
        return piece
    return "".join(draw(end) if character == "\n" else character for character in piece)


# ---------------------------------------------------------------------------------------------------- options files

OPTIONS_NOISE = st.sampled_from(
    [
        "",
        "   ",
        "\t",
        "# a comment",
        "#SETTING NAME 1",
        "  # SETTING NAME = 1",
        "SETTINGS NAME 5",
        "SETTING OTHER 6",
        "SETTING",
        "NAME SETTING 7",
        "SETTING NAMES=1",
        "LONG \\\nSETTING NAME 8",
        "LONG \\ \t\n  SETTING NAME = 8 \\\nSETTING NAME 9",
        "GROUP g ä\U0001f600",
        "TIMEOUT_ALL 3600",
    ]
) | PLAIN.map(lambda text: f"X{text}")


@st.composite
def options_files(draw: st.DrawFn, hits: st.SearchStrategy[int]) -> Sample:
    has_equals = draw(st.booleans())
    lines: list[tuple[str | Value, ...]] = [(text,) for text in draw(st.lists(OPTIONS_NOISE, max_size=6))]
    for _hit in range(draw(hits)):
        name = draw(SPACE) + draw(cased("SETTING")) + draw(BLANKS) + draw(cased("NAME"))
        gap = draw(SPACE) + "=" + draw(SPACE) if has_equals else draw(BLANKS | st.just(" \\\n\t"))
        line = (name + gap, Value(draw(line_values())), draw(SPACE))
        lines.insert(draw(st.integers(0, len(lines))), line)
    return draw(joined(Lines(tuple(lines), draw(cased("SETTING")) + " NAME" + "=" * has_equals)))


# ---------------------------------------------------------------------------------------------------- license files

SIGNED = st.sampled_from(
    [
        "INCREMENT A CITRIX 2010.0121 permanent 25 \\\n\tVENDOR_STRING=;LT=Retail \\\nVENDOR CITRIX PORT=1 SIGN=X",
        "INCREMENT B CITRIX 1 \\\nSERVER this_host ANY 1 \\\n  VENDOR CITRIX 2",
        "INCREMENT C CITRIX 1 \\\n# VENDOR CITRIX PORT=1",
        "INCREMENT D CITRIX 1 \\ \t\nDAEMON CITRIX p o 4",
        'INCREMENT E NOTICE="SERVER a b 1"',
        "  INCREMENT F \\\n\\\nVENDOR CITRIX PORT=5",
        "# INCREMENT\tVENDOR CITRIX PORT=6",
        "FEATURE INCREMENT \\\nVENDOR CITRIX PORT=7",
        "PACKAGE P INCREMENT \\\nSERVER h i 8",
        "UPGRADE INCREMENT \\\nVENDOR CITRIX options=9",
    ]
)
LICENSE_NOISE = st.sampled_from(
    ["# a", "USE_SERVER", "VENDOR OTHER p o 5", "VENDORS CITRIX 1", "SERVERS a b 1", "x", "é"]
)
PATHS = st.sampled_from(["C:\\LS\\citrix.exe", '"C:\\Program Files\\d"'])


@st.composite
def license_files(draw: st.DrawFn, hits: st.SearchStrategy[int]) -> Sample:
    field = draw(st.sampled_from(["server", "port", "options"]))
    noise = draw(st.lists(SIGNED | LICENSE_NOISE, max_size=6))
    lines: list[tuple[str | Value, ...]] = [(text,) for text in noise]
    for _hit in range(draw(hits)):
        line = draw({"server": _server(), "port": _vendor_port(), "options": _vendor_options()}[field])
        # What stands behind a comment that ends a continuation is refused: test_license_lines.py.
        lines.insert(draw(st.sampled_from(_clear(lines))), (draw(SPACE), *line, draw(SPACE)))
    selector = draw(cased("SERVER port" if field == "server" else f"VENDOR CITRIX {field}"))
    return draw(joined(Lines(tuple(lines), selector)))


def _clear(lines: Sequence[tuple[str | Value, ...]]) -> list[int]:
    """Where a line can stand: not where some programs would take it for a continuation."""
    places = [0]
    for number, line in enumerate(lines, 1):
        text = "".join(map(str, line)).rpartition("\n")[2]
        is_skipped = text.lstrip().startswith("#")
        if "\n" in str(line[0]) and is_skipped:
            continue
        if not is_skipped or places[-1] == number - 1:
            places.append(number)
    return places


PORTS = st.integers(1, 65535).map(str)


@st.composite
def _server(draw: st.DrawFn) -> tuple[str | Value, ...]:
    words = [draw(cased("SERVER")), "this_host", draw(st.sampled_from(["ANY", "HOSTNAME=LS", "HOSTNAME=Ü"]))]
    gap = draw(BLANKS | st.just(" \\\n "))
    key = draw(st.just("") | cased("PORT=")) if gap.strip(" \t") == "" else ""
    return (draw(BLANKS).join(words) + gap + key, Value(draw(PORTS)), draw(st.sampled_from(["", " PRIMARY_IS_MASTER"])))


@st.composite
def _vendor_port(draw: st.DrawFn) -> tuple[str | Value, ...]:
    head = draw(cased("VENDOR") | cased("DAEMON")) + draw(BLANKS) + draw(cased("CITRIX")) + draw(BLANKS)
    if draw(st.booleans()):
        return (head + draw(PATHS) + " " + draw(PATHS) + draw(BLANKS), Value(draw(PORTS)))
    before = draw(st.sampled_from(["", 'options="C:\\a b\\CITRIX.opt" ', "C:\\p ", "C:\\p \\\n\t"]))
    after = draw(st.sampled_from(["", " OPTIONS=C:\\o"])) if "options" not in before else ""
    return (head + before + draw(cased("PORT=")), Value(draw(PORTS)), after)


@st.composite
def _vendor_options(draw: st.DrawFn) -> tuple[str | Value, ...]:
    head = draw(cased("VENDOR")) + draw(BLANKS) + draw(cased("CITRIX")) + draw(BLANKS)
    quote = draw(st.sampled_from(["", '"']))
    path = Value("C:\\" + draw(st.text("ab." + " " * len(quote), max_size=6)) + "x")
    if draw(st.booleans()):
        return (f"{head}{draw(PATHS)} {quote}", path, quote + draw(st.sampled_from(["", " 7279", " port=7279"])))
    return (head + draw(cased("OPTIONS=")) + quote, path, quote + draw(st.sampled_from(["", " PORT=7279"])))


# ---------------------------------------------------------------------------------------------------- Apache

DIRECTIVES = st.sampled_from(
    [
        "",
        "# Listen 1",
        "#<VirtualHost *:1>",
        "# goes on \\\nListen 2",
        "ListenBacklog 511",
        "LoadModule a b \\\nListen 3",
        "Include conf/extra/*.conf",
        'LogFormat "%h \\"%r\\"" é',
        '\tServerRoot "C:\\Apache"',
    ]
)


@st.composite
def apache_files(draw: st.DrawFn, hits: st.SearchStrategy[int]) -> Sample:
    """Listen anywhere, or in one kind of section only, or that section's own argument."""
    selector = draw(st.sampled_from(["//Listen", "Listen", "IfModule/Listen", "//VirtualHost"]))
    lines: list[tuple[str | Value, ...]] = []
    for _hit in range(draw(hits)):
        lines += [(text,) for text in draw(st.lists(DIRECTIVES, max_size=2))]
        lines += draw(_entry(selector))
    lines += draw(_section(draw(st.lists(DIRECTIVES, max_size=2))))
    return draw(joined(Lines(tuple(lines), draw(cased(selector)))))


@st.composite
def _section(draw: st.DrawFn, inner: Sequence[str]) -> list[tuple[str | Value, ...]]:
    indent = draw(SPACE)
    name = draw(cased("Directory"))
    lines: list[tuple[str | Value, ...]] = [(f"{indent}<{name} {draw(PLAIN)} >",)]
    return [*lines, *((f"{indent}  {text}",) for text in inner), (f"{indent}</{draw(cased(name))} >",)]


@st.composite
def _entry(draw: st.DrawFn, selector: str) -> list[tuple[str | Value, ...]]:
    value = Value(draw(line_values()).replace(">", "x"))
    listen = (draw(SPACE), draw(cased("Listen")), draw(BLANKS | st.just(" \\\n ")), value, draw(SPACE))
    if selector == "//VirtualHost":
        head = (draw(SPACE), f"<{draw(cased('VirtualHost'))}", draw(BLANKS), value, f"{draw(SPACE)}>")
        return [head, ("Listen \\\n80",), (f"</{draw(cased('VirtualHost'))}>",)]
    if selector == "Listen":
        return [("<VirtualHost *>",), ("Listen 4",), ("</VirtualHost>",), listen]
    if selector == "IfModule/Listen" or draw(st.booleans()):
        head = (f"<{draw(cased('IfModule'))} !a>",)
        return [head, listen, (f"</{draw(cased('IfModule'))}>",)]
    return [listen]


@st.composite
def unset_license_files(draw: st.DrawFn) -> tuple[Sample, str]:
    """One line without the port or path, and the selector of that."""
    line, selector = draw(
        st.sampled_from(
            [
                ("SERVER this_host ANY", "SERVER port"),
                ("VENDOR citrix", "VENDOR CITRIX port"),
                ("DAEMON CITRIX C:\\p\\c.exe", "VENDOR CITRIX options"),
                ('VENDOR CITRIX \\\n "C:\\p p" C:\\o', "VENDOR CITRIX port"),
                ("VENDOR CITRIX PORT=7279", "VENDOR CITRIX options"),
            ]
        )
    )
    lines: list[tuple[str | Value, ...]] = [(text,) for text in draw(st.lists(SIGNED | LICENSE_NOISE, max_size=6))]
    lines.insert(draw(st.sampled_from(_clear(lines))), (draw(SPACE) + line + draw(SPACE),))
    return draw(joined(Lines(tuple(lines), selector))), selector
