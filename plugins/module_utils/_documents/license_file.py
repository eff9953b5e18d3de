# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""License files (``MyFiles\\*.lic``): what is in them. They are only ever read here.

Format: FlexNet license files as Citrix issues them (public samples of INCREMENT lines, ``VENDOR_STRING``, ``SN=``).
Lines end in ``\\`` where they go on; ``#`` begins a comment.
"""

from __future__ import annotations

import dataclasses
import datetime
import re

#: Comes with the License Server and must not be edited; it is not a customer's license.
STARTUP_FILE = "citrix_startup.lic"

_CONTINUATION = re.compile(r"\\[ \t]*\r?\n")
_FIELD = re.compile(r'(?P<key>[A-Z_]+)=(?:"(?P<quoted>[^"]*)"|(?P<plain>\S+))')
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclasses.dataclass(frozen=True)
class License:
    """One INCREMENT or FEATURE line.

    ``customer_success_services_date`` is as in the file (``2026.1201``); ``expires`` and ``issued`` are ISO dates, None
    for ``permanent`` or where the file does not say. ``count`` is None where it is not a number (``uncounted``).
    """

    feature: str
    count: int | None
    customer_success_services_date: str
    expires: str | None
    issued: str | None
    license_type: str | None
    serial_number: str | None


def parse_licenses(content: bytes) -> list[License]:
    """The licenses of one file, in its order; a line that is not understood is left out.

    :param content: the file's bytes, UTF-8 (Citrix' files say so in their first line) or UTF-16 with a byte-order mark.
    """
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    text = _CONTINUATION.sub(" ", content.decode(encoding, errors="replace"))
    lines = (line.split(None, 6) for line in text.splitlines())
    return [_license(words) for words in lines if len(words) >= 6 and words[0] in ("INCREMENT", "FEATURE")]


def parse_date(text: str | None) -> datetime.date | None:
    """A FlexNet date (``22-Jan-2009``); None for ``permanent``, year 0, or anything else."""
    found = re.fullmatch(r"(\d{1,2})-([A-Za-z]{3})-(\d{4})", text or "")
    if found is None or found[2].lower() not in _MONTHS:
        return None
    try:
        return datetime.date(int(found[3]), _MONTHS.index(found[2].lower()) + 1, int(found[1]))
    except ValueError:
        return None


def _license(words: list[str]) -> License:
    feature, _vendor, date, expires, count = words[1:6]
    rest = words[6] if len(words) > 6 else ""
    fields = {item["key"]: item["quoted"] or item["plain"] or "" for item in _FIELD.finditer(rest)}
    vendor_fields = dict(part.split("=", 1) for part in fields.get("VENDOR_STRING", "").split(";") if "=" in part)
    return License(
        feature=feature,
        count=int(count) if count.isdigit() else None,
        customer_success_services_date=date,
        expires=_iso(expires),
        issued=_iso(fields.get("ISSUED")),
        license_type=vendor_fields.get("LT"),
        serial_number=fields.get("SN"),
    )


def _iso(text: str | None) -> str | None:
    date = parse_date(text)
    return date.isoformat() if date else None
