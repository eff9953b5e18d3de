# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of a License Server, as installed.

Folders and file names are those of Citrix's Support Bundle table and of public scripts; license files follow published
examples; the uploader log follows one published block of a real server. The elements of ``server.xml`` and of
``SimpleLicenseServiceConfig.xml``, the marked lines of ``CITRIX.opt``, and every upload type but COMPLIANCE are not
public: what stands for them here is the emulator's own, and says so where the format has room for a comment. Which of
them is read at a service's start, and how, is the layout's matter (``layout.py``).
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from .layout import Layout, LicenseLines
from .people import DOMAIN
from .settings import Renewal
from .usage_files import usage_files

WEB_CONFIGURATION = "WebServicesForLicensing\\SimpleLicenseServiceConfig.xml"
SERVER_CONFIGURATION = "LS\\conf\\server.xml"
APACHE_CERTIFICATE = "WebServicesForLicensing\\Apache\\conf\\server.crt"
APACHE_KEY = "WebServicesForLicensing\\Apache\\conf\\server.key"
OPTIONS_FILE = "MyFiles\\CITRIX.opt"
DEFAULT_PORTS = {"license_server_port": 27000, "vendor_daemon_port": 7279}


@dataclass(frozen=True)
class InitialFile:
    """One file of a fresh server: path below the install folder, bytes, and how long ago it was put there."""

    path: str
    content: bytes
    age: timedelta = timedelta(days=400)


@dataclass(frozen=True)
class Identity:
    """What the content depends on."""

    host: str
    version: str
    certificate: bytes
    key: bytes
    now: datetime


def initial_files(server: Identity, layout: Layout) -> list[InitialFile]:
    """Every file of a fresh License Server."""
    ordinary = [*_license_server_files(server), *_license_files(server, layout), *_web_service_files(server)]
    special = {path.upper(): InitialFile(path, content) for path, content in layout.documents(server.host).items()}
    return [one for one in ordinary if one.path.upper() not in special] + list(special.values())


def _lines(*lines: str) -> str:
    return "".join(f"{line}\r\n" for line in lines)


def _utf8(*lines: str) -> bytes:
    return _lines(*lines).encode()


def _utf8_with_mark(*lines: str) -> bytes:
    return codecs.BOM_UTF8 + _utf8(*lines)


def _utf16(*lines: str) -> bytes:
    return codecs.BOM_UTF16_LE + _lines(*lines).encode("utf-16-le")


def _license_server_files(server: Identity) -> Iterator[InitialFile]:
    yield InitialFile(
        SERVER_CONFIGURATION,
        _utf8_with_mark(
            '<?xml version="1.0" encoding="UTF-8"?>',
            "<!-- The elements below are the emulator's own; those of a real server are not public. -->",
            f'<lmadmin version="{server.version}">',
            '  <licenseServer port="27000"/>',
            '  <vendorDaemon name="CITRIX" port="7279"/>',
            "</lmadmin>",
        ),
    )
    yield InitialFile("LS\\conf\\server.crt", server.certificate)
    yield InitialFile("LS\\conf\\server.key", server.key)
    yield InitialFile("LS\\logs\\log_ctxuploader.log", _uploader_log(server.now), timedelta(days=30))
    yield InitialFile("LS\\resource\\cache\\renewals.db", b"emulator\0renewal database\0")
    for path, content, age in usage_files(server.host, DOMAIN, server.now):
        yield InitialFile(path, content, age)


def _uploader_log(now: datetime) -> bytes:
    # COMPLIANCE and CTX_UPLOADER_SUCCESS were seen on a real server; the other types and the failure code are the
    # emulator's own spelling.
    blocks = [
        (timedelta(hours=26), "CTX_UPLOADER_SUCCESS", "", "CTX_UPLOAD_TYPE_CEIP"),
        (timedelta(hours=25), "CTX_UPLOADER_SUCCESS", "", "CTX_UPLOAD_TYPE_CALLHOME"),
        (
            timedelta(hours=3),
            "CTX_UPLOADER_CONNECT_FAILED",
            "Could not resolve host: cis.citrix.com",
            "CTX_UPLOAD_TYPE_CSP",
        ),
        (timedelta(hours=2), "CTX_UPLOADER_SUCCESS", "", "CTX_UPLOAD_TYPE_CEIP"),
        (timedelta(hours=1), "CTX_UPLOADER_SUCCESS", "", "CTX_UPLOAD_TYPE_COMPLIANCE"),
    ]
    return b"".join(_upload_block(now - age, code, message, kind) for age, code, message, kind in blocks)


def _upload_block(moment: datetime, code: str, message: str, kind: str) -> bytes:
    succeeded = code == "CTX_UPLOADER_SUCCESS"
    time = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    result = (
        f"<CtxUploaderResult><Code>{code}</Code><Msg>{message}</Msg><t>{int(moment.timestamp())}</t>"
        f"<UploadType>{kind}</UploadType></CtxUploaderResult>"
    )
    return _utf8(
        f"Start time UTC={{{time}}} LOCAL={{{time}}}",
        "cmd_stdout : {}",
        f"cmd_stderr : {{{result}}}",
        f"cmd_exitcode : {0 if succeeded else 1}",
        "exitReason : REASON_NORMAL",
        *(["successful"] if succeeded else []),
        f"Finish time UTC={{{time}}} LOCAL={{{time}}}",
        "",
    )


def _license_files(server: Identity, layout: Layout) -> Iterator[InitialFile]:
    yield InitialFile(
        "MyFiles\\citrix_startup.lic",
        _utf8(
            "# DO NOT REMOVE THIS COMMENT LINE",
            f"SERVER this_host HOSTNAME={server.host}",
            "VENDOR CITRIX PORT=7279",
            "USE_SERVER",
            "INCREMENT CITRIX CITRIX 2038.0101 permanent 4000 \\",
            '\tVENDOR_STRING=;LT=SYS;GP=720;SA=0 SN=SYS SIGN="0000 0000 0000 0000"',
        ),
    )
    purchased = (
        ("FID_2c5e8f31_platinum", "XDT_PLT_UD", 250, "LA-0001000250-31415:250", timedelta(days=400), "2027.1201"),
        ("FID_77ab01c4_enterprise", "XDT_ENT_CCS", 100, "LA-0001000100-27182:100", timedelta(days=40), "2027.0601"),
        ("FID_e0d93b52_advanced", "XDT_ADV_UD", 25, "LA-0001000025-16180:25", timedelta(days=10), "2028.0301"),
    )
    for number, (name, feature, count, serial, age, success_services) in enumerate(purchased):
        lines = layout.license_lines[number % len(layout.license_lines)]
        entitlement = Entitlement(feature, count, serial, server.now - age, success_services)
        content = license_file(Top(lines, server.host, DEFAULT_PORTS), entitlement)
        yield InitialFile(f"MyFiles\\{name}.lic", content, age)
    yield InitialFile(
        OPTIONS_FILE,
        _utf8(
            "# CITRIX.opt",
            "# The line that begins with #EMULATOR stands for Citrix's own, which is not public.",
            "#EMULATOR CEIP=Diag",
        ),
    )


@dataclass(frozen=True)
class Top:
    """What stands above the signed line of a license file: its lines, and what is filled in."""

    lines: LicenseLines
    host: str
    ports: Mapping[str, int]


@dataclass(frozen=True)
class Entitlement:
    """What the signed line of a license file says; ``success_services`` is a date as ``2027.1201``."""

    feature: str
    count: int
    serial: str
    issued: datetime
    success_services: str


def license_file(top: Top, bought: Entitlement) -> bytes:
    """A customer license file in the published form; its signature is nought, since no daemon will check it."""
    server, vendor = (line.format(host=top.host, **top.ports) for line in (top.lines.server, top.lines.vendor))
    issued = flex_date(bought.issued)
    lines = [
        "# This file is in UTF-8 format.",
        "#",
        server,
        vendor,
        "USE_SERVER",
        f"INCREMENT {bought.feature} CITRIX {bought.success_services} permanent {bought.count} \\",
        *([top.lines.bait] if top.lines.bait else []),
        "\tVENDOR_STRING=;LT=Retail;GP=720;CL=VDS,VDA,VDE;SA=1;ODP=10;NUDURMIN=2880;NUDURMAX=525600 \\",
        f'\tDUP_GROUP=V ISSUED={issued} NOTICE="Example Corp, São Paulo" \\',
        f'\tSN={bought.serial} START={issued.lower()} SIGN="0000 0000 0000 0000"',
    ]
    text = "".join(line + top.lines.newline for line in lines)
    return (codecs.BOM_UTF8 if top.lines.mark else b"") + text.encode()


def renewal_file(top: Top, renewal: Renewal, now: datetime) -> InitialFile:
    """The license file that installing a renewal puts into MyFiles."""
    success_services = renewal.success_services_date[:10].replace("-", ".", 1).replace("-", "")
    entitlement = Entitlement("XDT_PLT_UD", renewal.quantity, renewal.serial_number, now, success_services)
    return InitialFile(f"MyFiles\\{renewal.fulfillment_id}.lic", license_file(top, entitlement), timedelta(0))


def flex_date(moment: datetime) -> str:
    """``05-Jan-2026``, in English on every computer."""
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    return f"{moment.day:02d}-{months[moment.month - 1]}-{moment.year}"


def _web_service_files(server: Identity) -> Iterator[InitialFile]:
    yield InitialFile(
        WEB_CONFIGURATION,
        _utf8_with_mark(
            '<?xml version="1.0" encoding="utf-8"?>',
            "<!-- The elements below are the emulator's own; those of a real server are not public. -->",
            "<Configurations>",
            f"  <LicenseServer>{server.host}:27000</LicenseServer>",
            "</Configurations>",
        ),
    )
    yield InitialFile(
        "WebServicesForLicensing\\Apache\\conf\\httpd.conf",
        _utf8("# Emulated: only Listen is meant.", "Listen 8083", "Include conf/extra/httpd-ssl.conf"),
    )
    yield InitialFile(
        "WebServicesForLicensing\\Apache\\conf\\extra\\httpd-ssl.conf",
        _utf8("SSLCertificateFile conf/server.crt", "SSLCertificateKeyFile conf/server.key"),
    )
    yield InitialFile(APACHE_CERTIFICATE, server.certificate)
    yield InitialFile(APACHE_KEY, server.key)
    yield InitialFile(
        "WebServicesForLicensing\\Logs\\install.log", _utf16("=== Logging started ===", f"Installed {server.version}.")
    )
