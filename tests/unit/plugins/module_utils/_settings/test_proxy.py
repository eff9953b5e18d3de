# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proxy: what is taken, what is refused and why, and when the file is written."""

from __future__ import annotations

import base64
import typing as t

import pytest
from ansible_collections.citrixfleet.licensing.plugins.module_utils._change_set import ChangeSet
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._exchange import OperationError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._profile import Profile
from ansible_collections.citrixfleet.licensing.plugins.module_utils._settings.proxy import SECTION, check_address
from ansible_collections.citrixfleet.licensing.plugins.plugin_utils._profiles import load_profile, shipped_profile

from tests.unit.plugins.readings import readings

FILE = r"file install WebServicesForLicensing\SimpleLicenseServiceConfig.xml"
WITH = b"<a>\r\n  <Proxy>p:8080</Proxy>\r\n</a>"
WITHOUT = b"<a>\r\n  <b/>\r\n</a>"


def read_file(content: bytes | None) -> t.Any:
    return {"exists": content is not None, "content": base64.b64encode(content or b"").decode()}


def plan(content: t.Any, blank: bool = False, profile: Profile | None = None, **options: t.Any) -> ChangeSet:
    desired = SECTION.desired({"profile": profile or shipped_profile(), **options})
    value = content if isinstance(content, OperationError) else read_file(content)
    return SECTION.plan(desired, readings({FILE: value, "listeners": []}, blank=blank))


def written(change_set: ChangeSet) -> bytes | None:
    if change_set.rewrite is None:
        return None
    (edit,) = change_set.rewrite.edits
    return edit.apply(edit.file.content)


@pytest.mark.parametrize(
    "address",
    [
        "proxy:8080",
        "proxy.corp.example:8080",
        "10.0.0.1:3128",
        "[2001:db8::1]:8080",
        "[::1]:1",
        "a_b-c.example:65535",
        "P:1",
    ],
)
def test_addresses_that_are_taken(address: str) -> None:
    assert check_address(address) == address


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://proxy:8080", "begins with a scheme"),
        ("https://u:p@proxy:8080", "begins with a scheme"),
        ("user:secret@proxy:8080", "has a user name"),
        ("proxy", "host:port"),
        ("proxy:", "host:port"),
        (":8080", "host:port"),
        ("proxy:http", "host:port"),
        ("2001:db8::1:8080", "host:port"),
        ("[2001:db8::1]", "host:port"),
        ("[10.0.0.1]:80", "neither a host name nor an address"),
        ("[fe80::1%eth0]:80", "neither a host name nor an address"),
        ("10.0.0.300:80", "neither a host name nor an address"),
        ("-proxy:80", "neither a host name nor an address"),
        ("pro xy:80", "neither a host name nor an address"),
        ("proxy\n:80", "neither a host name nor an address"),
        ("pröxy:80", "neither a host name nor an address"),
        ("a<b:80", "neither a host name nor an address"),
        ("proxy:0", "1 to 65535"),
        ("proxy:08080", "host:port"),
        ("proxy:65536", "1 to 65535"),
        ("", "host:port"),
    ],
)
def test_addresses_that_are_refused(address: str, said: str) -> None:
    with pytest.raises(LicenseError, match=said) as caught:
        check_address(address)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "options", "expected"),
    [
        (WITH, {"proxy": "p:8080"}, None),
        (WITH, {"proxy": "P:8080"}, None),
        (WITH, {"proxy": "p:8081"}, WITH.replace(b"8080", b"8081")),
        (WITH, {"state": "absent"}, b"<a>\r\n</a>"),
        (WITHOUT, {"state": "absent"}, None),
        (WITHOUT, {"proxy": "p:1"}, b"<a>\r\n  <b/>\r\n  <Proxy>p:1</Proxy>\r\n</a>"),
        (b"<a><Proxy></Proxy></a>", {"state": "absent"}, None),
        (b"<a><Proxy>None</Proxy></a>", {"state": "absent"}, b"<a></a>"),
        (b"<a><Proxy/></a>", {"state": "absent"}, None),
        (b"<a><!--<Proxy>x:1</Proxy>--></a>", {"state": "absent"}, None),
    ],
)
def test_the_file_is_written_only_where_it_differs(content: bytes, options: t.Any, expected: bytes | None) -> None:
    assert written(plan(content, **options)) == expected


def test_a_change_restarts_web_services_and_says_that_the_place_is_recalled() -> None:
    change_set = plan(WITH, proxy="p:1")
    assert change_set.rewrite is not None
    assert change_set.rewrite.restart == ("CitrixWebServicesforLicensing",)
    assert "recalled, not documented by Citrix" in change_set.warnings[0]
    assert (change_set.before, change_set.after) == ({"proxy": "p:8080"}, {"proxy": "p:1"})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "does not exist"),
        (b"<a><Proxy>x:1</Proxy><Proxy>x:2</Proxy></a>", "found 2 times where one is meant"),
        (b"<a>", "SimpleLicenseServiceConfig.xml"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///c:/x">]><a/>', "SimpleLicenseServiceConfig.xml"),
        (OperationError("access_denied", "", {"path": "x.xml"}), "Windows refused access"),
    ],
)
def test_a_file_that_is_not_as_it_should_be_is_left_alone(content: t.Any, said: str) -> None:
    with pytest.raises(LicenseError, match=said) as caught:
        plan(content, proxy="p:1")
    assert "Nothing was changed" in str(caught.value)


def test_without_a_row_a_change_is_refused() -> None:
    with pytest.raises(LicenseError, match="No interface is documented for proxy on build 53100"):
        plan(WITH, profile=Profile(), proxy="p:1")


def test_check_mode_without_a_server_shows_what_would_be_set() -> None:
    change_set = plan(None, blank=True, proxy="p:1")
    assert (change_set.before, change_set.after, change_set.changed) == ({"proxy": None}, {"proxy": "p:1"}, True)


def test_absent_takes_no_proxy() -> None:
    with pytest.raises(LicenseError, match="exclude each other"):
        SECTION.desired({"proxy": "p:1", "state": "absent"})


def test_a_proxy_that_is_in_sync_has_no_difference_to_show() -> None:
    change_set = plan(WITH, proxy="P:8080")
    assert change_set.before == change_set.after == {"proxy": "p:8080"}


def test_a_password_that_somebody_wrote_into_the_file_is_not_shown() -> None:
    change_set = plan(b"<a><Proxy>http://svc:S3cret@q:1</Proxy></a>", proxy="q:1")
    assert change_set.before == {"proxy": "http://***@q:1"}


SECRETS = [
    [b"<a><Proxy>svc:S3cret@q:1</Proxy><b>x:1</b></a>", {"selector": "/a/b"}],
    [b"<a><Proxy>http://svc:S3cret@q</Proxy></a>", {"selector": "/a/Proxy", "pattern": r"(?P<value>.+:\d+)"}],
]


@pytest.mark.parametrize(("content", "second"), SECRETS, ids=["places that differ", "a pattern that does not match"])
def test_nor_is_it_in_a_message(content: bytes, second: dict[str, str]) -> None:
    place = {"file": FILE.rsplit(" ", maxsplit=1)[-1], "format": "xml"}
    row = {
        "setting": "proxy",
        "interface": "document",
        "places": [{**place, "selector": "/a/Proxy"}, {**place, **second}],
        "values": {"none": ""},
        "builds": "any",
        "source": "a test",
        "confidence": "recorded",
    }
    with pytest.raises(LicenseError, match=r"\*\*\*@q") as caught:
        plan(content, profile=load_profile([row], str), proxy="p:1")
    assert "S3cret" not in str(caught.value)


def test_nothing_asked_is_nothing_changed() -> None:
    assert not plan(WITH).changed
