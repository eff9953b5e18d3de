# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bundles as files of the controller: where they go, which one is taken again, and what is left when a run dies."""

from __future__ import annotations

import dataclasses
import json
import os
import time
import zipfile
from pathlib import Path

import pytest
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.destination import Names
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.manifest import Header
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError
from ansible_collections.citrixfleet.licensing.plugins.plugin_utils._bundle_files import Destination

from tests.unit.plugins.readings import SERVER

NAMES = Names.of("ls001", SERVER)
BUNDLE = "ls001-20261124T090000Z-53100.zip"
WANTED = Header("LS001", None, "2026-11-24T09:00:00.0000000Z", (), {"log_days": 7})
HOUR, DAY = 3600, 86400


def write_bundle(path: Path, header: Header = WANTED, modified: int = 0) -> None:
    """A bundle with one file, last written at a time of the controller's clock."""
    manifest = {"version": 1, "header": header.to_json(), "files": [{"path": "a", "size": 1}], "left_out": []}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", "inside")
        archive.writestr("manifest.json", json.dumps(manifest))
    os.utime(path, (modified, modified))


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
    destination.prepare_folder()
    write_bundle(destination.path)
    found = destination.find_earlier(WANTED, HOUR)
    assert found is not None
    assert found.path == destination.path


def test_the_newest_bundle_that_serves_is_taken_whatever_is_newer(tmp_path: Path) -> None:
    def earlier(hour: int) -> Path:
        return tmp_path / f"ls001-20261124T{hour:02}0000Z-53100.zip"

    def collected(hour: int) -> Header:
        return dataclasses.replace(WANTED, collected_at=f"2026-11-24T{hour:02}:00:00.0000000Z")

    for hour in (5, 6, 7):
        write_bundle(earlier(hour), collected(hour), modified=hour)
    write_bundle(earlier(8), dataclasses.replace(collected(8), options={"log_days": None}), modified=8)
    write_bundle(earlier(9), dataclasses.replace(collected(9), host="LS002"), modified=9)
    earlier(10).write_bytes(b"no zip")
    write_bundle(earlier(11), modified=11)
    earlier(11).write_bytes(earlier(11).read_bytes().replace(b"inside", b"damage"))
    with zipfile.ZipFile(earlier(12), "w") as other:
        other.writestr("manifest.json", "[]")
    write_bundle(tmp_path / "ls002-20261124T090000Z-53100.zip", modified=13)
    destination = Destination(f"{tmp_path}/", NAMES, force=False)
    found = destination.find_earlier(WANTED, 3 * HOUR)
    assert found is not None
    assert (found.path, found.size) == (earlier(7), earlier(7).stat().st_size)
    assert destination.find_earlier(WANTED, HOUR) is None
    assert destination.find_earlier(WANTED, 0) is None


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    destination = Destination(f"{tmp_path}/one.zip", NAMES, force=False)
    with pytest.raises(LicenseError, match="lost"), destination.open() as sink:
        sink.write(b"half")
        raise LicenseError("lost")
    assert list(tmp_path.iterdir()) == []
    with destination.open() as sink:
        sink.write(b"whole")
    assert [(path.name, path.read_bytes(), path.stat().st_mode & 0o777) for path in tmp_path.iterdir()] == [
        ("one.zip", b"whole", 0o600)
    ]


def test_a_folder_that_went_away_is_told(tmp_path: Path) -> None:
    with (
        pytest.raises(LicenseError, match="cannot be written on the controller: No such file"),
        Destination(f"{tmp_path}/gone/one.zip", NAMES, force=False).open(),
    ):
        pass


def left_behind(folder: Path) -> Path:
    """What a run that is killed leaves, which is seen while it writes."""
    with Destination(f"{folder}/one.zip", NAMES, force=False).open():
        (path,) = folder.iterdir()
    return path


@pytest.mark.parametrize(
    ("name", "age", "stays"),
    [
        ("{}", 2 * DAY, False),
        ("{}", DAY - HOUR, True),
        ("{}", -2 * DAY, True),
        ("{}.zip", 2 * DAY, True),
        ("x{}", 2 * DAY, True),
        (".citrixfleet.license_bundle.", 2 * DAY, True),
        (BUNDLE, 2 * DAY, True),
    ],
)
def test_what_a_killed_run_left_is_deleted_after_a_day_and_nothing_else(
    name: str, age: int, stays: bool, tmp_path: Path
) -> None:
    path = tmp_path / name.format(left_behind(tmp_path).name)
    path.write_bytes(b"half")
    os.utime(path, (time.time() - age,) * 2)
    Destination(f"{tmp_path}/one.zip", NAMES, force=True).prepare_folder()
    assert path.exists() == stays


def test_what_another_user_or_no_run_left_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = left_behind(tmp_path).name[:-8]
    (tmp_path / "one.zip").unlink()
    (tmp_path / f"{name}aaaaaaaa").write_bytes(b"half")
    (tmp_path / f"{name}bbbbbbbb").symlink_to(tmp_path / f"{name}aaaaaaaa")
    (tmp_path / f"{name}cccccccc").mkdir()
    for path in tmp_path.iterdir():
        os.utime(path, (1, 1), follow_symlinks=False)
    destination = Destination(f"{tmp_path}/", NAMES, force=False)
    with monkeypatch.context() as patched:
        patched.setattr(os, "geteuid", lambda: os.getuid() + 1)
        destination.prepare_folder()
    assert len(list(tmp_path.iterdir())) == 3
    destination.prepare_folder()
    assert {path.name for path in tmp_path.iterdir()} == {f"{name}bbbbbbbb", f"{name}cccccccc"}
