# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a bundle goes on the controller: a folder or a file, whichever way it is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.destination import Names
from ansible_collections.citrixfleet.licensing.plugins.plugin_utils._bundle_files import Destination

from tests.unit.plugins.readings import SERVER

NAMES = Names.of("ls001", SERVER)
BUNDLE = "ls001-20261124T090000Z-53100.zip"


@pytest.mark.parametrize(
    ("dest", "expected"),
    [
        ("there", f"there/{BUNDLE}"),
        ("there/", f"there/{BUNDLE}"),
        ("./", BUNDLE),
        (".", BUNDLE),
        ("new/", f"new/{BUNDLE}"),
        ("new", f"new/{BUNDLE}"),
        ("new.zip/", f"new.zip/{BUNDLE}"),
        ("{host}/", f"ls001/{BUNDLE}"),
        ("one.zip", "one.zip"),
        ("{host}/{date}.ZIP", "ls001/20261124T090000Z.ZIP"),
    ],
)
def test_a_folder_and_a_file_are_told_apart(
    dest: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").mkdir()
    destination = Destination(dest, NAMES, force=False)
    assert destination.path == tmp_path / expected
    destination.make_folder()
    destination.path.write_bytes(b"")
    assert destination.newest() == destination.path
