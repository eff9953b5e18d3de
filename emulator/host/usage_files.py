# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a License Server leaves behind while it works: logs and databases with the names of users and devices in them.

The lines of the vendor daemon have the form of FlexNet's debug log (``OUT: "feature" user@host``), those of the web
server Apache's common log format. The folders are those of Citrix's Support Bundle table; the names of the files and
the databases' content are the emulator's own, since the table names none.
"""

from __future__ import annotations

import codecs
import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

USERS = ("alice", "bob", "carol", "Jörg.Müller", "svc-ansible", "PC-0815$")
DEVICES = ("WS-0042", "NB-0007", "WS-0815", "THIN-3", "KIOSK_9")
FEATURES = ("XDT_PLT_UD", "XDT_ENT_CCS", "XDT_ADV_UD")
_PAGES = ("/ServiceLicensing/", "/administrator/settings", "/administrator/dashboard")
_LINES = 60


def usage_files(host: str, domain: str, now: datetime) -> Iterator[tuple[str, bytes, timedelta]]:
    """Path below the install folder, bytes, and age of each file."""
    yesterday, week = timedelta(days=1), timedelta(days=7)
    daemon = [daemon_line(number, now - week) for number in range(_LINES)]
    changes = [_change(number, domain) for number in range(_LINES // 3)]
    requests = [_request(number, domain, now - week) for number in range(_LINES)]
    started = ["(lmadmin) License server manager started."]
    yield "LS\\logs\\lmadmin.log", _text([*started, *daemon]), yesterday
    yield "LS\\logs\\lmadmin.log.1", _text(daemon), week
    yield "LS\\logs\\changes.log", codecs.BOM_UTF8 + _text(changes), yesterday
    yield "LS\\logs\\console.log", codecs.BOM_UTF16_LE + _text(changes, "utf-16-le"), yesterday
    yield "LS\\resource\\cache\\users_and_devices.db", _database("users and devices", daemon), yesterday
    yield "LS\\resource\\cache\\upload_result_CEIP.txt", _text(["CTX_UPLOADER_SUCCESS"]), yesterday
    yield "LS\\resource\\Historical\\historical.db", _database("historical use", daemon), yesterday
    yield "LS\\resource\\Historical\\analytics.db", _database("analytics", requests), yesterday
    samples = ["user,device,feature", *(_sample(number, domain) for number in range(_LINES))]
    yield "LS\\resource\\usage\\samples.csv", _text(samples), yesterday
    yield f"LS\\resource\\usage\\upload_{int(now.timestamp())}.zip", _upload(host, samples, now), yesterday
    yield "WebServicesForLicensing\\Logs\\error.log", _text(["[notice] Apache configured -- resuming"]), week
    yield "WebServicesForLicensing\\Logs\\access.log", _text(requests), yesterday


def daemon_line(number: int, start: datetime) -> str:
    """One line of the vendor daemon's log."""
    moment = (start + timedelta(minutes=7 * number)).strftime("%H:%M:%S")
    direction = "IN" if number % 3 == 2 else "OUT"
    feature = FEATURES[number % len(FEATURES)]
    return f'{moment} (CITRIX) {direction}: "{feature}" {_user(number)}@{_device(number)}  (1 licenses)'


def _user(number: int) -> str:
    return USERS[number * number % len(USERS)]


def _device(number: int) -> str:
    return DEVICES[number % len(DEVICES)]


def _change(number: int, domain: str) -> str:
    return f"{domain}\\{_user(number)} changed a setting at {_device(number)}"


def _request(number: int, domain: str, start: datetime) -> str:
    moment = (start + timedelta(minutes=11 * number)).strftime("%d/%b/%Y:%H:%M:%S +0000")
    page = _PAGES[number % len(_PAGES)]
    return f'10.0.0.{number % 250 + 1} - {domain}\\{_user(number)} [{moment}] "GET {page} HTTP/1.1" 200 {1000 + number}'


def _sample(number: int, domain: str) -> str:
    return f"{domain}\\{_user(number)},{_device(number)},{FEATURES[number % len(FEATURES)]}"


def _text(lines: Sequence[str], encoding: str = "utf-8") -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode(encoding)


def _database(name: str, rows: Sequence[str]) -> bytes:
    """Pages of 4 KiB, as a database has them."""
    page = 4096
    content = b"".join(row.encode().ljust(128, b"\0") for row in rows)
    return f"emulator\0{name}\0".encode().ljust(page, b"\0") + content.ljust(-(-len(content) // page) * page, b"\0")


def _upload(host: str, samples: Sequence[str], now: datetime) -> bytes:
    buffer, time = io.BytesIO(), (now.year, now.month, now.day, now.hour, now.minute, now.second)
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (("manifest.txt", f"emulated upload of {host}".encode()), ("samples.csv", _text(samples))):
            archive.writestr(zipfile.ZipInfo(name, time), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
