# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The return values of license_bundle: the same keys for a bundle that would be made, was made, or was there."""

from __future__ import annotations

import json
import typing as t
import zipfile
from pathlib import Path

import pytest
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.flow import Collected
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.jobs import Archive
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.manifest import BundleManifest
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.selection import LeftOut, Member, Selection
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.survey import Survey
from ansible_collections.citrixfleet.licensing.plugins.plugin_utils._bundle_files import EarlierBundle
from ansible_collections.citrixfleet.licensing.plugins.plugin_utils._bundle_result import Bundle

from tests.unit.plugins.module_utils._bundle.fake_host import MANIFEST
from tests.unit.plugins.readings import SERVER

NOT_TAKEN = LeftOut("LS/logs/old", "too_old", "not written in the last 7 days")
SURVEY = Survey(SERVER, Selection((Member("install", r"LS\logs\a", 7, ""),), (NOT_TAKEN,)), 1000, ())
TRIED = ([{"path": "LS/logs/a", "size": 7}], 7, [NOT_TAKEN.to_json()])
MADE = (MANIFEST["files"], 5, [*MANIFEST["header"]["not_taken"], *MANIFEST["left_out"]])


def expected(path: Path) -> Bundle:
    return Bundle.expected(SURVEY, path)


def collected(path: Path) -> Bundle:
    archive = Archive("x.zip", 99, "aa", BundleManifest.parse(MANIFEST))
    return Bundle.collected(SURVEY, path, Collected(archive, 1.26, 2.04))


def earlier(path: Path) -> Bundle:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", json.dumps(MANIFEST))
    found = EarlierBundle.read(path)
    assert found is not None
    return Bundle.earlier(SURVEY, found)


@pytest.mark.parametrize(
    ("build", "reused", "seconds", "inside"),
    [
        (expected, False, (None, None), TRIED),
        (collected, False, (1.3, 2.0), MADE),
        (earlier, True, (None, None), MADE),
    ],
)
def test_a_bundle_says_what_it_is(
    build: t.Callable[[Path], Bundle],
    reused: bool,
    seconds: tuple[float | None, float | None],
    inside: tuple[t.Any, ...],
    tmp_path: Path,
) -> None:
    path = tmp_path / "one.zip"
    result = build(path).to_result()
    assert set(result) == set(expected(path).to_result())
    assert (result["path"], result["changed"], result["reused"]) == (str(path), not reused, reused)
    assert tuple(result["seconds"].values()) == seconds
    assert (result["files"], result["files_size"], result["left_out"]) == inside
    assert r"LS\logs" not in result["missing"] and r"LS\conf" in result["missing"]
    assert result["diff"] == {"before": f"{path}\n" if reused else "", "after": f"{path}\n"}
    assert result["free_on_server"] == 1000


def test_size_and_hash_are_those_of_the_file_and_unknown_before(tmp_path: Path) -> None:
    path = tmp_path / "one.zip"
    found = earlier(path).to_result()
    assert found["size"] == path.stat().st_size and len(found["sha256"]) == 64
    assert (collected(path).size, collected(path).sha256) == (99, "aa")
    assert (expected(path).size, expected(path).sha256) == (None, None)
