# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server as it is just after installation."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

from emulator.certificate import Key

from .accounts import ADMINISTRATORS_SID, Account
from .builds import Build
from .clock import round_trip, to_nanoseconds
from .configuration import Kept, license_signatures
from .content import Identity, InitialFile, initial_files
from .files import Mark
from .firewall import initial_rules
from .layout import Layout
from .machine import LICENSE_SERVICE, WEB_SERVICE, WMI_SERVICE
from .options_file import OptionsFile
from .people import DOMAIN, DOMAIN_DNS, local_accounts
from .services import RUNNING, STOPPED, Process, Service
from .settings import FULL, Administrator, Renewal, Settings, UsageSamples
from .state import INSTALL, ServerState, files_folder, install_folder, options_path

LICENSE_PORT, VENDOR_PORT, WEB_PORT = 27000, 7279, 8083
_ANY_ADDRESS = "0.0.0.0"


def fresh_server(
    folder: Path, number: int, build: Build, address: str, key: Key, now: datetime, layout: Layout
) -> ServerState:
    """Install a server into an empty folder: its files, and the state beside them, which is saved."""
    computer = f"LS{number:03d}"
    host = f"{computer.lower()}.{DOMAIN_DNS}"
    identity = Identity(host, build.version, key.certificate(host, [address]), key.pem(), now)
    marks: dict[str, Mark] = {}
    for one in initial_files(identity, layout):
        put_file(folder, one, now, marks)
    state = ServerState(
        number=number,
        build=build,
        services=_services(build, now),
        settings=_settings(options_path(folder), local_accounts(computer, number), host, address, build, now),
        marks=marks,
        kept=Kept(signatures=license_signatures(install_folder(folder))),
        firewall=initial_rules(number, INSTALL),
    )
    state.save(folder)
    return state


def put_file(folder: Path, file: InitialFile, now: datetime, marks: dict[str, Mark]) -> None:
    """Write a file below the install folder with the age it is to have."""
    path = f"{INSTALL}\\{file.path}"
    drive, _separator, rest = path.partition(":\\")
    place = files_folder(folder).joinpath(drive, *rest.split("\\"))
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(file.content)
    moment = round_trip(now - file.age)
    nanoseconds = to_nanoseconds(moment)
    os.utime(place, ns=(nanoseconds, nanoseconds))
    marks[path.upper()] = Mark(created=moment)


def _services(build: Build, now: datetime) -> list[Service]:
    started = round_trip(now - timedelta(hours=27))
    license_service = Service(
        LICENSE_SERVICE, "Citrix Licensing", RUNNING, "Auto", 2100, "NT AUTHORITY\\LocalService", started
    )
    license_service.children = [Process(2104, "CITRIX")]
    license_service.program, license_service.child_programs = "lmadmin", ["CITRIX"]
    license_service.listens = [("lmadmin", _ANY_ADDRESS, LICENSE_PORT), ("CITRIX", _ANY_ADDRESS, VENDOR_PORT)]
    web_service = Service(
        WEB_SERVICE,
        "Citrix Web Services for Licensing",
        RUNNING,
        "Auto",
        2200,
        "NT AUTHORITY\\NetworkService",
        started,
        depends_on=[LICENSE_SERVICE],
    )
    web_service.children = [Process(2204, "httpd")]
    web_service.program, web_service.child_programs = "httpd", ["httpd"]
    web_service.listens = [("httpd", _ANY_ADDRESS, WEB_PORT)]
    support_service = Service(
        build.support_service, "Citrix Licensing Support Service", RUNNING, "Auto", 2300, "LocalSystem", started
    )
    wmi_service = Service(WMI_SERVICE, "Citrix Licensing WMI", STOPPED, "Manual", None, "LocalSystem", None)
    return [license_service, web_service, support_service, wmi_service]


def _settings(options: Path, accounts: list[Account], host: str, address: str, build: Build, now: datetime) -> Settings:
    installer = next(account for account in accounts if account.name.endswith("\\installer"))
    today = datetime(now.year, now.month, now.day)
    return Settings(
        administrators=[
            Administrator("BUILTIN\\Administrators", ADMINISTRATORS_SID, True, FULL),
            Administrator(installer.name, installer.sid, False, FULL),
        ],
        ceip=OptionsFile(options),
        renewal_option="Notify",
        usage_samples=UsageSamples(
            True, 15, 180, round_trip(today - timedelta(days=180)), round_trip(today + timedelta(hours=now.hour))
        ),
        renewals=[
            Renewal(
                "FID-XDT-PLT-2001",
                "Citrix Virtual Apps and Desktops Premium|User/Device",
                "LA-0002000250-31415:250",
                "2028-12-01T00:00:00.0000000",
                250,
            ),
            Renewal(
                "FID-XDT-ENT-2002",
                "Citrix Virtual Apps and Desktops Advanced|Concurrent User",
                "LA-0002000100-27182:100",
                "2028-06-01T00:00:00.0000000",
                100,
            ),
        ],
        inventory=_inventory(),
        server_info={
            "WSLVersion": "2.0",
            "SLVersion": f"v{build.version} i86_n3",
            "Locale": "en",
            "HostName": host,
            "HostIP": address,
            "UserDomain": DOMAIN,
            "Permissions": FULL,
        },
        locations={
            "LS": f"{host}:{LICENSE_PORT}",
            "VD": f"{host}:{VENDOR_PORT}",
            "WSL": f"https://{host}:{WEB_PORT}/",
        },
    )


def _inventory() -> list[dict[str, object]]:
    # Property names as the SDK page prints them, plus the older spelling of the date that running programs read.
    rows = (
        ("CITRIX", "Citrix Start-up License", "", "SYS", "System", 0, 4000, "", "Server", "2037-12-31T19:00:00"),
        ("XDT", "Citrix Virtual Apps and Desktops", "PLT", "Retail", "Retail", 3, 250, "UD", "User/Device",
         "2027-12-01T00:00:00"),
        ("XDT", "Citrix Virtual Apps and Desktops", "ENT", "Retail", "Retail", 0, 100, "CCS", "Concurrent System",
         "2027-06-01T00:00:00"),
    )  # fmt: skip
    return [
        {
            "LicenseProductName": product,
            "LocalizedLicenseProductName": name,
            "LicenseEdition": edition,
            "LicenseExpirationDate": "1999-12-31T19:00:00.0000000",
            "LicenseSubscriptionAdvantageDate": f"{date}.0000000",
            "LicenseCustomerSuccessServicesDate": f"{date}.0000000",
            "LicenseType": kind,
            "LocalizedLicenseType": kind_name,
            "LicensesInUse": in_use,
            "LicensesAvailable": available,
            "LicenseOverdraft": 0,
            "LicenseModel": model,
            "LocalizedLicenseModel": model_name,
        }
        for product, name, edition, kind, kind_name, in_use, available, model, model_name, date in rows
    ]
