# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The last upload of each program, as the log tells it."""

from __future__ import annotations

import pytest
from ansible_collections.citrixfleet.licensing.plugins.module_utils._documents.uploader_log import last_uploads

SUCCESS = "CTX_UPLOADER_SUCCESS"


def block(upload_type: str, code: str = SUCCESS, message: str = "", time: int = 1678364711) -> str:
    return (
        "cmd_stdout : {}\r\n"
        f"cmd_stderr : {{<CtxUploaderResult><Code>{code}</Code><Msg>{message}</Msg><t>{time}</t>"
        f"<UploadType>{upload_type}</UploadType></CtxUploaderResult>}}\r\n"
        "cmd_exitcode : 0\r\nsuccessful\r\nFinish time UTC={2023-03-09T12:25:11Z} LOCAL={2023-03-09T21:25:11}\r\n"
    )


def test_the_published_block() -> None:
    assert last_uploads(block("CTX_UPLOAD_TYPE_COMPLIANCE").encode())["compliance"] == {
        "outcome": "success",
        "time": "2023-03-09T12:25:11Z",
        "code": SUCCESS,
        "reason": "",
        "upload_type": "CTX_UPLOAD_TYPE_COMPLIANCE",
        "confidence": "observed",
        "hint": None,
    }


def test_the_last_of_several_counts() -> None:
    log = block("CTX_UPLOAD_TYPE_COMPLIANCE") + block("CTX_UPLOAD_TYPE_COMPLIANCE", "E_NET", "no route", 1700000000)
    upload = last_uploads(log.encode())["compliance"]
    assert (upload["outcome"], upload["reason"], upload["time"]) == ("failure", "no route", "2023-11-14T22:13:20Z")
    assert "cis.citrix.com" in upload["hint"]


@pytest.mark.parametrize(
    ("upload_type", "program"),
    [
        ("X_CEIP", "ceip"),
        ("X_CALLHOME", "call_home"),
        ("X_Call_Home", "call_home"),
        ("X_CSP", "service_provider"),
        ("X_SERVICE_PROVIDER", "service_provider"),
    ],
)
def test_types_that_are_not_public_are_assigned_by_their_words_and_say_so(upload_type: str, program: str) -> None:
    upload = last_uploads(block(upload_type).encode())[program]
    assert (upload["upload_type"], upload["confidence"]) == (upload_type, "recalled")


def test_a_type_of_no_program_is_reported_as_it_stands() -> None:
    uploads = last_uploads(block("X_NEW").encode())
    assert [item["upload_type"] for item in uploads["other"]] == ["X_NEW"]
    assert uploads["ceip"] is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings(encoding: str) -> None:
    log = block("CTX_UPLOAD_TYPE_COMPLIANCE", "E", "Zeitüberschreitung")
    assert last_uploads(log.encode(encoding))["compliance"]["reason"] == "Zeitüberschreitung"


@pytest.mark.parametrize("log", ["", "garbage", block("CEIP")[40:], block("CEIP", time=99999999999999)])
def test_a_log_without_a_whole_block_has_no_uploads(log: str) -> None:
    assert {**last_uploads(log.encode()), "other": None} == dict.fromkeys(
        ["ceip", "call_home", "service_provider", "compliance", "other"]
    )
