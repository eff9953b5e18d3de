# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Support bundles as an administrator collects them: every byte, no private key, nothing left, whatever breaks."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import signal
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.harness import ROOT, Fleet, fleet

FILES = "files/C/Program Files (x86)/Citrix/Licensing"
WORK = "files/C/ProgramData/citrixfleet.licensing"
KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----\n"
PSEUDONYM_KEY = "a key of at least sixteen characters"
#: `make check` drops more of them.
DROPS = int(os.environ.get("DROPS", "2"))


@pytest.fixture(scope="module")
def servers() -> Iterator[Fleet]:
    with fleet(3) as running:
        yield running


def folder(servers: Fleet, host: str = "ls001") -> Path:
    return servers.state / "servers" / host


def collect(servers: Fleet, dest: Path, host: str = "ls001", *arguments: str, **options: Any) -> Any:
    result = servers.ad_hoc("license_bundle", {"dest": str(dest), **options}, *arguments, pattern=host).one()
    assert result.outcome == "ok", result.message
    return result.result


def left_on(servers: Fleet, host: str = "ls001") -> list[str]:
    return [path.name for path in (folder(servers, host) / WORK).rglob("*") if path.is_file()]


def contents(path: str) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_every_byte_of_the_documented_folders_is_in_it(servers: Fleet, tmp_path: Path) -> None:
    bundle = collect(servers, tmp_path, include_private_keys=True)
    inside = contents(bundle["path"])
    manifest = json.loads(inside.pop("manifest.json"))
    source = folder(servers) / FILES
    for name, content in inside.items():
        assert content == (source / name).read_bytes(), name
    assert {entry["path"]: entry["sha256"] for entry in manifest["files"]} == {
        name: hashlib.sha256(content).hexdigest() for name, content in inside.items()
    }
    expected = {
        path.relative_to(source).as_posix()
        for area in ("LS/conf", "LS/logs", "LS/resource", "MyFiles", "WebServicesForLicensing")
        for path in (source / area).rglob("*")
        if path.is_file()
    }
    assert set(inside) == expected
    assert (bundle["missing"], bundle["changed"], bundle["reused"]) == ([], True, False)
    assert bundle["sha256"] == hashlib.sha256(Path(bundle["path"]).read_bytes()).hexdigest()
    assert Path(bundle["path"]).stat().st_mode & 0o077 == 0
    assert left_on(servers) == []


def test_a_reader_of_another_make_finds_every_file_in_it(servers: Fleet, tmp_path: Path) -> None:
    bundle = collect(servers, tmp_path)
    found = {}
    content = Path(bundle["path"]).read_bytes()
    (count, _size, position, _comment) = struct.unpack("<HIIH", content[-12:])
    for _entry in range(count):
        # The central directory of the format (PKWARE's APPNOTE, 4.3.12), then the local header that it points at.
        head = struct.unpack("<4s6H3I5H2I", content[position : position + 46])
        assert head[0] == b"PK\x01\x02"
        compressed, name, extra, comment, start = head[8], head[10], head[11], head[12], head[16]
        title = content[position + 46 : position + 46 + name].decode("utf-8")
        local_name, local_extra = struct.unpack("<2H", content[start + 26 : start + 30])
        data = content[start + 30 + local_name + local_extra :][:compressed]
        found[title] = zlib.decompress(data, -15) if head[4] == 8 else data
        position += 46 + name + extra + comment
    assert {title: hashlib.sha256(data).hexdigest() for title, data in found.items() if title != "manifest.json"} == {
        entry["path"]: entry["sha256"] for entry in bundle["files"]
    }


def test_not_one_private_key_is_in_it(servers: Fleet, tmp_path: Path) -> None:
    planted = folder(servers, "ls002") / FILES / "LS" / "resource" / "usage"
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("deep/server.key", "not even in PEM")
    (planted / "inner.zip").write_bytes(inner.getvalue())
    (planted / "ascii.log").write_text("x" * (4 * 1024 * 1024 - 20) + KEY)
    (planted / "utf16.txt").write_bytes(KEY.encode("utf-16"))
    (planted / "big-endian.txt").write_bytes(KEY.encode("utf-16-be"))
    (planted / "server.key.bak").write_bytes(b"not even in PEM")
    (planted / "harmless.txt").write_text("PUBLIC KEY-----")
    bundle = collect(servers, tmp_path, "ls002")
    inside = contents(bundle["path"])
    assert not [name for name, content in inside.items() if b"PRIVATE KEY" in content.replace(b"\0", b"")]
    assert not [name for name in inside if ".key" in name]
    reasons = {Path(item["path"]).name: item["reason"] for item in bundle["left_out"]}
    assert {
        name: reasons[name] for name in ("server.key", "inner.zip", "ascii.log", "utf16.txt", "big-endian.txt")
    } == dict.fromkeys(("server.key", "inner.zip", "ascii.log", "utf16.txt", "big-endian.txt"), "private_key")
    assert "LS/resource/usage/harmless.txt" in inside


def test_pseudonyms_are_the_same_for_the_same_name_and_key(servers: Fleet, tmp_path: Path) -> None:
    log = folder(servers, "ls003") / FILES / "LS" / "logs" / "names.log"
    log.write_bytes(b"OUT: alice@desk1\r\nOUT: alice@desk2\r\nCORP\\alice\r\nC:\\Windows\r\n")
    first, second = (
        contents(collect(servers, tmp_path / str(run), "ls003", pseudonym_key=PSEUDONYM_KEY)["path"])
        for run in range(2)
    )
    text = first["LS/logs/names.log"].decode()
    assert text == second["LS/logs/names.log"].decode()
    assert "alice" not in text and "desk1" not in text
    assert text.endswith("C:\\Windows\r\n") and text.count("user-") == 3
    users = {word.partition("@")[0] for word in text.split() if word.startswith("user-")}
    assert len(users) == 1


def test_check_mode_says_what_would_be_collected_and_collects_nothing(servers: Fleet, tmp_path: Path) -> None:
    check = collect(servers, tmp_path, "ls001", "--check")
    real = collect(servers, tmp_path)
    assert set(check) == set(real)
    assert check["changed"] and check["size"] is None and check["files_size"] > 0
    assert {entry["path"] for entry in real["files"]} <= {entry["path"] for entry in check["files"]}
    assert len(list(tmp_path.iterdir())) == 1


def test_a_young_bundle_is_reused_and_a_file_is_never_overwritten(servers: Fleet, tmp_path: Path) -> None:
    first = collect(servers, tmp_path)
    again = collect(servers, tmp_path, max_age=3600)
    assert (again["changed"], again["reused"], again["path"]) == (False, True, first["path"])
    assert set(again) == set(first)
    # A bundle that was asked for in another way, or is damaged, is not the same, and hides none that is.
    assert collect(servers, tmp_path, max_age=3600, include_private_keys=True)["changed"]
    assert collect(servers, tmp_path, max_age=3600)["path"] == first["path"]
    damaged = Path(collect(servers, tmp_path / "damaged")["path"])
    content = damaged.read_bytes()
    damaged.write_bytes(content[:200] + bytes(200) + content[400:])
    assert (
        servers.ad_hoc("license_bundle", {"dest": str(damaged.parent), "max_age": 3600, "force": True}, pattern="ls001")
        .one()
        .changed
    )
    one = tmp_path / "one.zip"
    one.write_bytes(b"mine")
    options = {"dest": str(one)}
    refused = servers.ad_hoc("license_bundle", options, pattern="ls001").one()
    assert refused.outcome == "failed" and "exists; nothing was collected" in refused.message
    assert "[LS001, License Server " in refused.message
    assert one.read_bytes() == b"mine"
    assert collect(servers, one, force=True)["path"] == str(one)
    assert zipfile.is_zipfile(one)


def test_hosts_that_share_a_path_do_not_overwrite_each_other(servers: Fleet, tmp_path: Path) -> None:
    run = servers.ad_hoc("license_bundle", {"dest": f"{tmp_path}/one.zip"}, pattern="all")
    assert sorted(item.outcome for item in run.results) == ["failed", "failed", "ok"]
    assert all("exists" in item.message or "dest needs {host}" in item.message for item in run.results if item.message)
    (kept,) = [item.result for item in run.results if item.outcome == "ok"]
    assert kept["sha256"] == hashlib.sha256((tmp_path / "one.zip").read_bytes()).hexdigest()
    assert [path.name for path in tmp_path.iterdir()] == ["one.zip"]


def test_a_log_in_that_is_refused_is_tried_once(servers: Fleet, tmp_path: Path) -> None:
    servers.fault("ls001", "refuse_log_in")
    servers.stats()
    result = servers.ad_hoc("license_bundle", {"dest": str(tmp_path)}, pattern="ls001").one()
    counted = servers.stats()["ls001"]
    servers.mend("ls001")
    assert result.outcome == "unreachable"
    assert counted["http_requests"] <= 6


def test_bad_input_is_one_clear_line(servers: Fleet) -> None:
    bad: list[tuple[dict[str, Any], str]] = [
        ({"dest": "{hostname}.zip"}, "there are {host}, {date} and {build}"),
        ({"dest": "x/", "pseudonym_key": "short"}, "at least 16 characters"),
        ({"dest": "x/", "log_days": 0}, "log_days is 0"),
        ({"dest": f"{__file__}/none/"}, "cannot be made on the controller"),
    ]
    messages = servers.refused([("license_bundle", options) for options, _said in bad], "ls001")
    for message, (_options, said) in zip(messages, bad, strict=True):
        assert said in message and "\n" not in message
    assert left_on(servers) == []


def test_where_no_license_server_is_it_says_what_to_do_with_this_module(servers: Fleet, tmp_path: Path) -> None:
    servers.fault("ls003", "not_installed")
    result = servers.ad_hoc("license_bundle", {"dest": str(tmp_path)}, pattern="ls003").one()
    servers.mend("ls003")
    assert result.outcome == "failed"
    assert "No License Server is installed here" in result.message and "Nothing was collected" in result.message
    assert "admin_address" not in result.message
    assert result.message.endswith("[LS003, License Server of unknown version]")


@pytest.mark.parametrize("seed", range(DROPS))
def test_a_connection_that_drops_at_random_is_taken_up_again(servers: Fleet, tmp_path: Path, seed: int) -> None:
    numbers = random.Random(seed)
    big = folder(servers) / FILES / "LS" / "resource" / "usage" / "big.bin"
    big.write_bytes(numbers.randbytes(20 * 1024 * 1024))
    operation = numbers.choice(["Create", "Command", "Send", "Receive"])
    servers.fault("ls001", "drop_connection", {"operation": operation, "after": numbers.randrange(2, 30), "times": 1})
    bundle = collect(servers, tmp_path)
    servers.mend("ls001")
    assert contents(bundle["path"])["LS/resource/usage/big.bin"] == big.read_bytes()
    big.unlink()
    assert left_on(servers) == []


@pytest.mark.parametrize(
    ("fault", "value", "said"),
    [
        ("disk_space", {"free": 1000}, "No space is left"),
        ("disk_full_after", {"bytes": 2000}, "No space is left"),
        ("job_killed", {"after_files": 3}, "ended before the bundle was made"),
    ],
)
def test_a_bundle_that_cannot_be_made_leaves_nothing(
    servers: Fleet, tmp_path: Path, fault: str, value: Any, said: str
) -> None:
    servers.fault("ls001", fault, value)
    result = servers.ad_hoc("license_bundle", {"dest": str(tmp_path)}, pattern="ls001").one()
    servers.mend("ls001")
    assert result.outcome == "failed" and said in result.message, result.message
    assert left_on(servers) == []
    assert list(tmp_path.iterdir()) == []


def test_two_runs_at_once_get_a_bundle_each(servers: Fleet, tmp_path: Path) -> None:
    servers.fault("ls001", "job_slow", {"seconds": 2})
    runs = [_start(servers, {"dest": f"{tmp_path}/{number}/"}) for number in range(2)]
    assert [run.wait(timeout=90) for run in runs] == [0, 0]
    servers.mend("ls001")
    assert [len(list((tmp_path / str(number)).glob("*.zip"))) for number in range(2)] == [1, 1]
    assert left_on(servers) == []


def test_what_a_killed_run_leaves_is_cleaned_up_by_the_next_one(servers: Fleet, tmp_path: Path) -> None:
    servers.fault("ls002", "job_slow", {"seconds": 30})
    process = _start(servers, {"dest": str(tmp_path)}, "ls002")
    for _look in range(200):
        if left_on(servers, "ls002"):
            break
        time.sleep(0.1)
    (job,) = (folder(servers, "ls002") / WORK / "jobs").glob("*/job.json")
    os.killpg(process.pid, signal.SIGKILL)
    # Ansible's workers are in sessions of their own.
    os.kill(int(json.loads(job.read_text("utf-8"))["owner"].rpartition("/")[2]), signal.SIGKILL)
    process.wait(timeout=30)
    assert left_on(servers, "ls002") != []
    servers.mend("ls002")
    collect(servers, tmp_path, "ls002")
    assert left_on(servers, "ls002") == []


def test_the_timeout_of_the_task_ends_it_and_leaves_nothing(servers: Fleet, tmp_path: Path) -> None:
    servers.fault("ls003", "job_slow", {"seconds": 30})
    run = servers.play([{"citrixfleet.licensing.license_bundle": {"dest": str(tmp_path)}, "timeout": 4}], hosts="ls003")
    servers.mend("ls003")
    assert run.code != 0 and "time" in run.output.lower()
    assert left_on(servers, "ls003") == []
    assert list(tmp_path.iterdir()) == []


def test_the_playbook_collects_from_all_servers(servers: Fleet, tmp_path: Path) -> None:
    run = servers.playbook(
        ROOT / "playbooks" / "bundle.yml", "-e", f"support_dest={tmp_path}/", "-e", "support_serial=2"
    )
    assert run.code == 0, run.output
    assert len(list(tmp_path.glob("*.zip"))) == 3


def _start(servers: Fleet, options: dict[str, Any], host: str = "ls001") -> subprocess.Popen[bytes]:
    """A run in the background, in a process group of its own."""
    command = ["ansible", host, "-i", str(servers.inventory), "-m", "citrixfleet.licensing.license_bundle"]
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.Popen(
        [*command, "-a", json.dumps(options)], env=environment, start_new_session=True, stdout=subprocess.DEVNULL
    )
