# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Apache's configuration: directives by their sections."""

from __future__ import annotations

import pytest
from ansible_collections.citrixfleet.licensing.plugins.module_utils._documents.formats import FORMATS, DocumentError

APACHE = FORMATS["apache"]

HTTPD_CONF = b"""\
# Listen 1
# a comment that goes on \\
Listen 2
ServerRoot "C:/Program Files (x86)/Citrix/Licensing/WebServicesForLicensing/Apache"
listen  0.0.0.0:8083 https\t
LoadModule ssl_module \\
    modules/mod_ssl.so
Include conf/extra/*.conf
<IfModule ssl_module>
    Listen 8443
    <VirtualHost _default_:8083 >
        ServerName "LS001:8083"
    </VirtualHost>
</ifmodule>
<Directory "C:/x">
</Directory>
Listening 3
"""


@pytest.mark.parametrize(
    ("selector", "values"),
    [
        ("Listen", ("0.0.0.0:8083 https",)),
        ("/LISTEN", ("0.0.0.0:8083 https",)),
        ("//Listen", ("0.0.0.0:8083 https", "8443")),
        ("IfModule/Listen", ("8443",)),
        ("IfModule/VirtualHost", ("_default_:8083",)),
        ("VirtualHost", ()),
        ("//VirtualHost", ("_default_:8083",)),
        ("//VirtualHost/ServerName", ('"LS001:8083"',)),
        ("VirtualHost/ServerName", ()),
        ("Directory", ('"C:/x"',)),
        ("LoadModule", ("ssl_module     modules/mod_ssl.so",)),
    ],
)
def test_selectors(selector: str, values: tuple[str, ...]) -> None:
    assert APACHE.find(HTTPD_CONF, selector) == values


@pytest.mark.parametrize(
    ("selector", "value", "before", "after"),
    [
        ("Listen", "8084", b"listen  0.0.0.0:8083 https\t", b"listen  8084\t"),
        ("IfModule/VirtualHost", "*:1", b"<VirtualHost _default_:8083 >", b"<VirtualHost *:1 >"),
        ("//ServerName", "x", b'ServerName "LS001:8083"', b"ServerName x"),
    ],
)
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_a_value_is_replaced_and_brought_back(
    selector: str, value: str, before: bytes, after: bytes, line_end: bytes
) -> None:
    content = HTTPD_CONF.replace(b"\n", line_end)
    old = APACHE.find(content, selector)
    edited = APACHE.replace(content, selector, [value])
    assert edited == content.replace(before, after)
    assert APACHE.replace(edited, selector, old) == content


@pytest.mark.parametrize(
    ("selector", "before", "after"),
    [
        ("New", b"Listening 3\n", b"Listening 3\nNew v\n"),
        ("IfModule/New", b"</ifmodule>", b"    New v\n</ifmodule>"),
        ("//VirtualHost/New", b"    </VirtualHost>", b"        New v\n    </VirtualHost>"),
        ("Directory/New", b"</Directory>", b"    New v\n</Directory>"),
    ],
)
def test_a_directive_is_inserted_at_the_end_of_its_section(selector: str, before: bytes, after: bytes) -> None:
    edited = APACHE.insert(HTTPD_CONF, selector, "v")
    assert edited == HTTPD_CONF.replace(before, after)
    assert APACHE.remove(edited, selector) == HTTPD_CONF


@pytest.mark.parametrize("selector", ["VirtualHost", "Location/New", "Directory/IfModule"])
def test_where_nothing_can_be_inserted(selector: str) -> None:
    with pytest.raises(DocumentError):
        APACHE.insert(HTTPD_CONF, selector, "v")


@pytest.mark.parametrize(
    "content",
    [
        b"<A x>\n",
        b"</A>\n",
        b"<A x>\n<B y>\n</A>\n</B>\n",
        b"<A x\n</A>\n",
        b"< A>\n</ A>\n",
        b"<A x> # y\n</A>\n",
        b"Lis\\\nten 80\n",
        b"Listen 80 \\\\\n",
        b"# x\rListen 80\n",
    ],
)
def test_documents_that_are_refused(content: bytes) -> None:
    with pytest.raises(DocumentError):
        APACHE.find(content, "Listen")


@pytest.mark.parametrize("value", [" 1", "1 ", "1\\", "1\n2", "1\x00", ">"])
def test_values_that_a_section_cannot_hold(value: str) -> None:
    with pytest.raises(DocumentError):
        APACHE.replace(b"<A x>\n</A>\n", "A", [value])


def test_the_argument_of_a_section_is_not_removed() -> None:
    with pytest.raises(DocumentError):
        APACHE.remove(HTTPD_CONF, "Directory")


def test_arguments_that_go_over_lines_are_not_replaced() -> None:
    with pytest.raises(DocumentError):
        APACHE.replace(HTTPD_CONF, "LoadModule", ["x"])


def test_sections_are_read_however_deep_they_are() -> None:
    assert APACHE.find(b"<a x>\n" * 50_000 + b"</a>\n" * 50_000, "//Listen") == ()


@pytest.mark.parametrize("selector", ["", "/", "//", "A/", "A//B", "*", "A B", "<A>", "A[1]", "@A"])
def test_what_is_no_selector(selector: str) -> None:
    with pytest.raises(DocumentError):
        APACHE.check(selector)
