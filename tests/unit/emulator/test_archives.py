# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The zip of a support bundle: every byte, no private key, nothing left of it when the disk is full, little memory."""

from __future__ import annotations

import base64
import bz2
import gzip
import hashlib
import hmac
import io
import json
import lzma
import subprocess
import sys
import tarfile
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest

from emulator.host import grow
from emulator.host.agent import answer
from emulator.host.case import CaseHost
from emulator.host.state import files_folder
from tests.contract.cases import ORDINARY_HOST
from tests.unit.emulator.operated import Operated

INSTALL = Path("C", "Program Files (x86)", "Citrix", "Licensing")
BUNDLED = [
    "LS\\conf",
    "LS\\logs",
    "LS\\resource\\cache",
    "LS\\resource\\Historical",
    "LS\\resource\\usage",
    "MyFiles",
    "WebServicesForLicensing\\Apache\\conf",
    "WebServicesForLicensing\\Logs",
]
CONFIGURATION = "WebServicesForLicensing\\SimpleLicenseServiceConfig.xml"
MEGABYTE = 1024 * 1024


def folder(server: Operated) -> Path:
    return files_folder(server.state_dir / "servers" / "ls001")


def plant(server: Operated, name: str, content: bytes) -> dict[str, str]:
    place = folder(server) / INSTALL / "LS" / "logs" / name
    place.write_bytes(content)
    return {"root": "install", "path": f"LS\\logs\\{name}"}


def all_files(server: Operated) -> list[dict[str, str]]:
    """The files of the support bundle table."""
    listings = [{"op": "file.list", "root": "install", "path": path, "recurse": True} for path in BUNDLED]
    paths = [CONFIGURATION, *(one["path"] for listing in server.run(*listings) for one in listing)]
    return [{"root": "install", "path": path} for path in paths]


def archive(*files: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"op": "archive.create", "path": "b\\bundle.zip", "files": list(files), **more}


def fetched(server: Operated, length: int = 100_000) -> bytes:
    """The zip, brought over in parts."""
    content, size = b"", 1
    while len(content) < size:
        chunk = {"op": "file.chunk", "path": "b\\bundle.zip", "offset": len(content), "length": length}
        value = server.run(chunk)[0]
        part, size = base64.b64decode(value["content"]), value["size"]
        assert hashlib.sha256(part).hexdigest() == value["sha256"]
        content += part
    return content


def packed(server: Operated, *files: dict[str, str], **more: Any) -> tuple[dict[str, bytes], dict[str, Any]]:
    """The entries of a new zip, but its manifest, and what was answered."""
    value = server.run(archive(*files, **more))[0]
    content = fetched(server)
    assert (len(content), hashlib.sha256(content).hexdigest()) == (value["size"], value["sha256"])
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        assert opened.testzip() is None
        entries = {entry.filename: opened.read(entry) for entry in opened.infolist()}
    assert json.loads(entries.pop("manifest.json")) == value["manifest"]
    server.run({"op": "folder.delete", "path": "b"})
    return entries, value["manifest"]


def left_out(manifest: dict[str, Any]) -> dict[str, str]:
    return {one["path"].rpartition("/")[2]: one["reason"] for one in manifest["left_out"]}


def zipped(name: str, content: bytes) -> bytes:
    """A zip of one file whose bytes are the same at any time of any day."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as inner:
        inner.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def gzipped(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def tarred(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def test_every_byte_of_a_bundle_is_that_of_the_server_and_no_key_is_in_it(server: Operated) -> None:
    files = all_files(server)
    entries, manifest = packed(server, *files)
    assert left_out(manifest) == {"server.key": "private_key"}
    assert len(manifest["left_out"]) == 2
    assert set(entries) == {one["path"].replace("\\", "/") for one in files} - {
        one["path"] for one in manifest["left_out"]
    }
    for name, content in entries.items():
        assert content == (folder(server) / INSTALL / name).read_bytes()
        assert b"PRIVATE KEY" not in content
    assert {path.replace("\\", "/") for path in BUNDLED} <= {
        prefix for name in entries for prefix in (name.rpartition("/")[0], *map(str, Path(name).parents))
    }, "each folder of the table has files"


def test_another_program_opens_the_zip(server: Operated, tmp_path: Path) -> None:
    server.run(archive(*all_files(server)))
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes(fetched(server))
    program = "import shutil, sys; shutil.unpack_archive(sys.argv[1], sys.argv[2])"
    subprocess.run([sys.executable, "-c", program, str(bundle), str(tmp_path / "out")], check=True, timeout=60)
    unpacked = tmp_path / "out" / "MyFiles" / "CITRIX.opt"
    assert unpacked.read_bytes() == (folder(server) / INSTALL / "MyFiles" / "CITRIX.opt").read_bytes()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("plain.log", b"-----BEGIN RSA PRIVATE KEY-----", "private_key"),
        ("late.log", b"x" * (MEGABYTE - 5) + b"PRIVATE KEY-----", "private_key"),
        ("later.log", b"x" * (2 * MEGABYTE - 1) + "PRIVATE KEY-----".encode("utf-16-be"), "private_key"),
        ("wide.log", "PRIVATE KEY-----".encode("utf-16-le"), "private_key"),
        ("cert.p12", b"", "private_key"),
        ("name.zip", zipped("conf\\SERVER.KEY", b""), "private_key"),
        ("text.bin", zipped("a", zipped("b", zipped("c", b"PRIVATE KEY-----"))), "private_key"),
        ("deep.zip", zipped("a", zipped("b", zipped("c", zipped("d", b"")))), "unchecked_archive"),
        ("broken.zip", zipped("a", b"x" * 1000)[:-10], "unchecked_archive"),
        ("damaged.zip", zipped("a", b"PRIVATE KEY-----").replace(b"a", b"b", 1), "unchecked_archive"),
        ("pgp.asc", b"-----BEGIN PGP PRIVATE KEY BLOCK-----\n", "private_key"),
        ("ssh2.txt", "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----".encode("utf-16"), "private_key"),
        ("putty.txt", b"PuTTY-User-Key-File-3: ssh-ed25519\r\n", "private_key"),
        ("plain.gz", gzipped(b"x" * (2 * MEGABYTE) + b"PRIVATE KEY-----"), "private_key"),
        ("name.gz", gzipped(zipped("server.key", b"")), "private_key"),
        ("in.zip", zipped("a.gz", gzipped(b"PRIVATE KEY-----")), "private_key"),
        ("deep.gz", gzipped(zipped("b", zipped("c", zipped("d", b"")))), "unchecked_archive"),
        ("cut.gz", gzipped(b"x" * 1000)[:-4], "unchecked_archive"),
        ("damaged.gz", gzipped(b"x" * 1000)[:-5] + b"12345", "unchecked_archive"),
        ("short.bin", b"\x1f\x8b\x08", "unchecked_archive"),
        ("two.gz", gzipped(b"same") + gzipped(b"size"), "unchecked_archive"),
        ("late-two.gz", gzipped(b"") + b"\0" * (MEGABYTE - 25) + gzipped(b""), "unchecked_archive"),
        ("more.gz", gzipped(b"x") + b"y", "unchecked_archive"),
        ("large.zip", zipped("a", gzip.compress(b"x" * (32 * MEGABYTE), 0, mtime=0)), "unchecked_archive"),
        ("logs.tar", tarred("a.log", b"x"), "unchecked_archive"),
        ("logs.tar.gz", gzipped(tarred("a.log", b"x")), "unchecked_archive"),
        ("a.bz2", bz2.compress(b"x"), "unchecked_archive"),
        ("a.xz", lzma.compress(b"x"), "unchecked_archive"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c", "unchecked_archive"),
        ("a.rar", b"Rar!\x1a\x07\x01\x00", "unchecked_archive"),
        ("in.cab.zip", zipped("a.cab", b"MSCF"), "unchecked_archive"),
        ("setup.bin", b"MZ" * 9 + zipped("a", b"x" * 1000), "unchecked_archive"),
        ("in.setup.zip", zipped("setup.exe", b"MZ" * 9 + zipped("a", b"x" * 1000)), "unchecked_archive"),
        ("later.bin", b"PK\5\6" + b"\0" * 18 + zipped("a", b"x" * 1000), "unchecked_archive"),
        ("comment.bin", b"MZ" + zipped("a", b"")[:-2] + b"\xff\xff" + b"c" * 65535, "unchecked_archive"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_private_key_is_found_wherever_it_is(server: Operated, name: str, content: bytes, reason: str) -> None:
    planted = plant(server, name, content)
    entries, manifest = packed(server, planted)
    assert (entries, left_out(manifest)) == ({}, {name: reason})
    entries, manifest = packed(server, planted, include_private_keys=True)
    assert (list(entries.values()), left_out(manifest)) == ([content], {})


@pytest.mark.parametrize(
    "content",
    [
        b"-----BEGIN PGP PUBLIC KEY BLOCK-----",
        b"---- BEGIN SSH2 PUBLIC KEY ----",
        gzipped(b"x" * (3 * MEGABYTE)),
        gzipped(b""),
        zipped("a.gz", gzipped(zipped("b", b"x"))),
        b"PK\5\6" + b"\0" * 18,
        b"x\x1f\x8b\x08 BZh",
    ],
    ids=lambda content: repr(content[:20]),
)
def test_what_holds_no_private_key_is_put_in(server: Operated, content: bytes) -> None:
    entries, manifest = packed(server, plant(server, "a.bin", content))
    assert (list(entries.values()), left_out(manifest)) == ([content], {})


@pytest.mark.parametrize("path", ["..\\..\\x", "C:\\x", "LS\\..\\..\\x", "\\x", "NUL", "a:b", "", "LS/x"])
def test_no_path_leads_out(server: Operated, path: str) -> None:
    entries, manifest = packed(server, {"root": "install", "path": path})
    assert (entries, [one["reason"] for one in manifest["left_out"]]) == ({}, ["confined"])


def test_of_two_files_with_one_entry_the_second_is_left_out(tmp_path: Path) -> None:
    elsewhere = {
        "view": 32,
        "key": "SOFTWARE\\FLEXlm License Manager\\CitrixLicensing",
        "name": "License",
        "type": "String",
        "value": "C:\\Elsewhere;",
    }
    ordinary = json.loads(ORDINARY_HOST.read_text(encoding="utf-8"))
    host = CaseHost({**ordinary, "registry": [elsewhere]}, tmp_path)
    other = host.machine.files.locate("C:\\Elsewhere")
    other.mkdir()
    (other / "citrix.opt").write_bytes(b"other")
    inner, outer = {"root": "install", "path": "MyFiles\\CITRIX.opt"}, {"root": "myfiles", "path": "citrix.opt"}
    line = answer(host.machine, json.dumps({"v": 1, "ops": [archive(inner, outer)]}))
    manifest = json.loads(line)["results"][0]["value"]["manifest"]
    assert [one["path"] for one in manifest["files"]] == ["MyFiles/CITRIX.opt"]
    assert left_out(manifest) == {"citrix.opt": "failed"}


def test_names_are_the_same_pseudonyms_everywhere(server: Operated) -> None:
    key = base64.b64encode(b"secret").decode()
    pseudonyms = {"key": key, "domains": ["CORP"]}
    entries, manifest = packed(server, *all_files(server), pseudonyms=pseudonyms)
    again, _manifest = packed(server, *all_files(server), pseudonyms=pseudonyms)
    assert entries == again
    texts = [name for name in entries if name.endswith((".log", ".txt", ".csv"))]
    assert not [name for name in texts if b"alice" in entries[name].replace(b"\0", b"")]
    replaced = {one["path"]: one["pseudonyms"] for one in manifest["files"]}
    assert replaced["LS/logs/lmadmin.log"] and replaced["LS/logs/console.log"]
    alice = f"user-{hmac.new(b'secret', b'alice', 'sha256').hexdigest()[:10]}"
    assert alice in entries["LS/logs/lmadmin.log"].decode()
    assert alice in entries["LS/logs/console.log"].decode("utf-16")


def test_a_disk_without_room_is_told_before_anything_is_written(server: Operated) -> None:
    server.fault("disk_space", {"free": 5000, "size": 9000})
    assert server.run({"op": "disk.space", "root": "work"}) == [{"free": 5000, "size": 9000}]
    planted = plant(server, "x.bin", b"x" * 4000)
    error = server.error(archive(planted, reserve=1001))
    assert (error["kind"], error["detail"]) == ("disk_full", {"path": "b\\bundle.zip", "free": 5000, "needed": 5001})
    assert not (folder(server) / "C" / "ProgramData" / "citrixfleet.licensing").exists()
    server.run(archive(planted, reserve=1000))


@pytest.mark.parametrize("room", [0, 100, 5000])
def test_nothing_is_left_of_a_zip_when_the_disk_becomes_full(server: Operated, room: int) -> None:
    server.fault("disk_full_after", {"bytes": room})
    error = server.error(archive(*all_files(server)))
    assert (error["kind"], error["detail"]) == ("disk_full", {"path": "b\\bundle.zip"})
    assert not (folder(server) / "C" / "ProgramData" / "citrixfleet.licensing").exists()


def test_a_large_bundle_takes_little_memory(server: Operated) -> None:
    grow(server.state_dir, "ls001", 32 * MEGABYTE, "LS\\logs\\big.log")
    tracemalloc.start()
    try:
        log = {"root": "install", "path": "LS\\logs\\big.log"}
        value = server.run(archive(log))[0]
        chunk = {"op": "file.chunk", "path": "b\\bundle.zip", "offset": value["size"] - 9, "length": MEGABYTE}
        tail = {"op": "file.read", **log, "tail": 10}
        server.run(chunk, tail, {"op": "file.list", "root": "install", "path": "LS\\logs", "content": True})
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 * MEGABYTE


def test_what_grows_has_the_size_that_was_asked_for(server: Operated) -> None:
    before = {one["path"] for one in all_files(server)}
    paths = grow(server.state_dir, "ls001", 20 * MEGABYTE + 1)
    again = grow(server.state_dir, "ls001", MEGABYTE)
    assert not set(paths) & set(again)
    added = [one for one in all_files(server) if one["path"] not in before]
    places = [folder(server) / INSTALL / one["path"].replace("\\", "/") for one in added]
    assert sum(place.stat().st_size for place in places) == 21 * MEGABYTE + 1
    assert len(places) == len(paths) + len(again)


@pytest.mark.parametrize(("name", "file"), [("ls009", None), ("ls001", "\\\\server\\share\\x"), ("ls001", "C:\\")])
def test_nothing_grows_elsewhere(server: Operated, name: str, file: str | None) -> None:
    with pytest.raises(ValueError, match=r"there is no server|no path of a file"):
        grow(server.state_dir, name, 1, file)
