# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The manifest is read by this release, by those after it and, as far as its version says so, by those before it."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.citrixfleet.licensing.plugins.module_utils._change_set import RuleMove
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._manifest import Manifest, ManifestFile

MANIFEST = Manifest(
    identifier="20261124T0900000000000Z",
    services=("Citrix Licensing",),
    running=("Citrix Licensing", "CtxLSPortSvc"),
    files=(ManifestFile("myfiles", "CITRIX.opt", "ab", "cd", r"backup\20261124T0900000000000Z\0-CITRIX.opt"),),
    rules=(RuleMove("rule", ("27000",), ("27001",)),),
)

#: What the first release wrote; it stays on servers for as long as its copies do.
STORED: dict[str, t.Any] = {
    "version": 1,
    "identifier": "20261124T0900000000000Z",
    "services": ["Citrix Licensing"],
    "running": ["Citrix Licensing", "CtxLSPortSvc"],
    "files": [
        {
            "root": "myfiles",
            "path": "CITRIX.opt",
            "old": "ab",
            "new": "cd",
            "backup": r"backup\20261124T0900000000000Z\0-CITRIX.opt",
        }
    ],
    "rules": [{"name": "rule", "old": ["27000"], "new": ["27001"]}],
}


def test_the_stored_form_is_that_of_the_first_release() -> None:
    assert MANIFEST.to_json() == json.dumps(STORED, indent=1).encode()
    assert Manifest.parse(MANIFEST.to_json()) == MANIFEST


def test_keys_of_a_later_release_are_passed_over() -> None:
    (file,), (rule,) = STORED["files"], STORED["rules"]
    later = {**STORED, "host": "LS001", "files": [{**file, "size": 3}], "rules": [{**rule, "profile": "Domain"}]}
    assert Manifest.parse(json.dumps(later).encode()) == MANIFEST


@pytest.mark.parametrize("content", [{**STORED, "version": 2}, {"version": 2}])
def test_another_version_is_left_to_the_release_that_knows_it(content: dict[str, t.Any]) -> None:
    with pytest.raises(LicenseError, match=r"newer release .* version 2.* Nothing was changed\. Use that release"):
        Manifest.parse(json.dumps(content).encode())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        b'{"version": 1, "identifier": 1}',
        json.dumps({**STORED, "files": ["CITRIX.opt"]}).encode(),
        json.dumps({**STORED, "files": [{"path": "CITRIX.opt"}]}).encode(),
        json.dumps({**STORED, "rules": None}).encode(),
    ],
)
def test_what_is_no_manifest_stops_everything(content: bytes) -> None:
    with pytest.raises(LicenseError, match=r"transaction\.json .* cannot be read .* Nothing was changed") as raised:
        Manifest.parse(content)
    assert "\n" not in str(raised.value)
