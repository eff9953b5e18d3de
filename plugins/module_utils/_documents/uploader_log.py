# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""The uploader's log: the last upload of each program.

Only one block of this log is public (a post of 2023 about 11.17.2 build 42000): the result stands inside ``cmd_stderr``
as one ``<CtxUploaderResult>`` element with ``Code``, ``Msg``, ``t`` (Unix time) and ``UploadType``; the code was
``CTX_UPLOADER_SUCCESS`` and the type ``CTX_UPLOAD_TYPE_COMPLIANCE``. Other codes and types are not public: whatever is
not that code is a failure, and a type is assigned to a program by the words in it, else reported as it stands.
"""

from __future__ import annotations

import dataclasses
import datetime
import re
import typing as t

PATH = r"LS\logs\log_ctxuploader.log"

#: The end of the log that is read: far more than a day's blocks of every program.
TAIL_BYTES = 262_144

SUCCESS_CODE = "CTX_UPLOADER_SUCCESS"

PROGRAMS = ("ceip", "call_home", "service_provider", "compliance")

HINT = (
    "Check that the server reaches cis.citrix.com and trust.citrixnetworkapi.net on port 443 (firewall, proxy of the "
    "License Server), that its clock is right, and that its build is at most six months old; then use Upload now."
)

_RESULT = re.compile(
    r"<CtxUploaderResult>\s*<Code>(?P<code>[^<]*)</Code>\s*<Msg>(?P<reason>[^<]*)</Msg>\s*"
    r"<t>\s*(?P<time>\d{1,11})\s*</t>\s*<UploadType>(?P<type>[^<]*)</UploadType>\s*</CtxUploaderResult>"
)

_WORDS = {
    "ceip": ("CEIP",),
    "call_home": ("CALLHOME", "CALL_HOME"),
    "service_provider": ("CSP", "SERVICE_PROVIDER"),
    "compliance": ("COMPLIANCE",),
}


@dataclasses.dataclass(frozen=True)
class Upload:
    """One upload; ``time`` is ISO 8601 in UTC, ``hint`` None unless it failed."""

    outcome: str
    time: str
    code: str
    reason: str
    upload_type: str
    confidence: str
    hint: str | None


def last_uploads(content: bytes) -> dict[str, t.Any]:
    """The last upload of each program (None where the log has none) and, under ``other``, those of unknown types.

    :param content: the log or its end, UTF-8 or UTF-16 with a byte-order mark; a cut first line does no harm.
    """
    found: dict[str, t.Any] = dict.fromkeys(PROGRAMS)
    others: dict[str, Upload] = {}
    for result in _RESULT.finditer(_decode(content)):
        upload = _upload(result)
        program = program_of(upload.upload_type)
        if program is None:
            others[upload.upload_type] = upload
        else:
            found[program] = dataclasses.asdict(upload)
    return {**found, "other": [dataclasses.asdict(upload) for upload in others.values()]}


def program_of(upload_type: str) -> str | None:
    """The program whose word is in an upload type, or None."""
    text = upload_type.upper()
    return next((program for program, words in _WORDS.items() if any(word in text for word in words)), None)


def _upload(result: re.Match[str]) -> Upload:
    succeeded = result["code"].strip() == SUCCESS_CODE
    time = datetime.datetime.fromtimestamp(int(result["time"]), datetime.timezone.utc)
    upload_type = result["type"].strip()
    return Upload(
        outcome="success" if succeeded else "failure",
        time=time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        code=result["code"].strip(),
        reason=result["reason"].strip(),
        upload_type=upload_type,
        confidence="observed" if program_of(upload_type) == "compliance" else "recalled",
        hint=None if succeeded else HINT,
    )


def _decode(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    return content.decode("utf-8-sig", errors="replace")
