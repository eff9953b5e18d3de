# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Manifests of bundles: read as they are written, and compared with what is asked for now."""

from __future__ import annotations

import dataclasses
import json
import typing as t

import pytest
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.manifest import BundleManifest, Header
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.selection import LeftOut
from ansible_collections.citrixfleet.licensing.plugins.module_utils._exchange import ContractError

from tests.unit.plugins.module_utils._bundle.fake_host import MANIFEST

NOW = Header("LS001", "11.17", "2026-11-24T09:00:00.0000000Z", (LeftOut("a", "missing", "no"),), {"log_days": 7})


def test_a_header_is_read_as_it_is_written() -> None:
    assert Header.parse(json.loads(json.dumps(NOW.to_json()))) == NOW


def test_what_is_left_out_is_what_was_not_tried_and_what_the_server_left_out() -> None:
    manifest = BundleManifest.parse(MANIFEST)
    assert [item.reason for item in manifest.left_out] == ["missing", "access_denied"]
    assert list(manifest.files) == MANIFEST["files"]


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {**MANIFEST, "header": {}},
        {**MANIFEST, "header": {**MANIFEST["header"], "collected_at": "yesterday"}},
        {**MANIFEST, "header": {**MANIFEST["header"], "options": None}},
        {**MANIFEST, "files": None},
        {**MANIFEST, "files": [{"path": "a"}]},
        {**MANIFEST, "left_out": ["a"]},
        {name: value for name, value in MANIFEST.items() if name != "left_out"},
    ],
)
def test_what_is_no_manifest_is_refused(document: t.Any) -> None:
    with pytest.raises(ContractError, match="a manifest that is not one"):
        BundleManifest.parse(document)


@pytest.mark.parametrize(
    ("earlier", "serves"),
    [
        ({}, True),
        ({"collected_at": "2026-11-24T08:00:00.0000000Z"}, True),
        ({"collected_at": "2026-11-24T07:59:59.0000000Z"}, False),
        ({"collected_at": "2026-11-24T09:00:01.0000000Z"}, False),
        ({"collected_at": None}, False),
        ({"host": "LS002"}, False),
        ({"options": {"log_days": None}}, False),
        ({"version": "11.16", "not_taken": ()}, True),
    ],
)
def test_an_earlier_bundle_serves_if_it_is_the_same_and_young(earlier: dict[str, t.Any], serves: bool) -> None:
    assert dataclasses.replace(NOW, **earlier).serves(NOW, 3600) == serves


def test_where_the_clock_of_the_server_is_unknown_nothing_is_young() -> None:
    assert not NOW.serves(dataclasses.replace(NOW, collected_at=None), 3600)
