# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""WS-Management envelopes: requests read, answers and faults written. Text in, text out.

Shapes are those of real servers as recorded in pypsrp's repository (tests/tests_pypsrp/responses); fault codes and
texts are those of the Windows SDK's wsmerror.h where no recording has them.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
COMMAND_SHELL = SHELL + "/cmd"
CONFIGURATION = "http://schemas.microsoft.com/wbem/wsman/1/config"
TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
ANONYMOUS = "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"
IDENTITY = "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"
FAULT_DETAIL = "http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/"

MAX_ENVELOPE_SIZE = 500 * 1024
"""Bytes: MaxEnvelopeSizekb of a default Windows Server 2012 and later."""

MIN_ENVELOPE_SIZE = 8192
"""Bytes: the smallest MaxEnvelopeSize a client may ask for (DSP0226, R13.1-2)."""

DEFAULT_TIMEOUT = 60.0
"""Seconds: MaxTimeoutms of a default server, used when the request names no OperationTimeout."""

NAMESPACES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "x": TRANSFER,
    "w": "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd",
    "rsp": SHELL,
    "p": "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd",
}

_OPERATIONS = {
    TRANSFER + "/Create": "Create",
    TRANSFER + "/Delete": "Delete",
    TRANSFER + "/Get": "Get",
    SHELL + "/Command": "Command",
    SHELL + "/Send": "Send",
    SHELL + "/Receive": "Receive",
    SHELL + "/Signal": "Signal",
}

_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")


@dataclass(frozen=True)
class Request:
    """One operation, read out of an envelope.

    ``operation`` is Create, Command, Send, Receive, Signal, Delete, Get or Identify; ``operation_timeout`` is in
    seconds, ``max_envelope_size`` in bytes; ``body`` is the first element of the SOAP body, None if that is empty.
    """

    operation: str
    action: str
    message_id: str
    resource_uri: str
    operation_timeout: float
    max_envelope_size: int
    shell_id: str | None
    options: Mapping[str, str]
    body: ElementTree.Element | None


class FaultError(Exception):
    """A request that is answered with a SOAP fault.

    ``role`` is Sender or Receiver, ``subcode`` a qualified name as ``w:TimedOut``, ``code`` the number in WSManFault,
    ``detail`` the last part of the WS-Management fault detail address, if there is one.
    """

    def __init__(
        self, role: str, subcode: str, code: int, reason: str, detail: str | None = None, message: str | None = None
    ) -> None:
        super().__init__(reason)
        self.role = role
        self.subcode = subcode
        self.code = code
        self.reason = reason
        self.detail = detail
        self.message = message or reason
        self.relates_to: str | None = None


def invalid_selectors(message: str) -> FaultError:
    """A shell or a command that is not there; ``message`` says which of the two."""
    return FaultError(
        "Sender",
        "w:InvalidSelectors",
        2150858843,
        "The WS-Management service cannot process the request because the request contained invalid selectors for the "
        "resource. ",
        "UnexpectedSelectors",
        message,
    )


def unknown_resource() -> FaultError:
    return FaultError(
        "Sender",
        "a:DestinationUnreachable",
        2150858752,
        "The WS-Management service cannot process the request. The service cannot find the resource identified by the "
        "resource URI and selectors. ",
        "InvalidResourceURI",
    )


def invalid_parameter() -> FaultError:
    return FaultError("Sender", "w:InvalidParameter", 87, "The parameter is incorrect. ", "InvalidValue")


def timed_out() -> FaultError:
    """No output within the client's OperationTimeout: clients ask again."""
    return FaultError(
        "Receiver",
        "w:TimedOut",
        2150858793,
        "The WS-Management service cannot complete the operation within the time specified in OperationTimeout.  ",
    )


def aborted() -> FaultError:
    """The shell or command went away while a Receive was waiting for it (Windows error 995)."""
    return FaultError(
        "Receiver",
        "w:InternalError",
        995,
        "The I/O operation has been aborted because of either a thread exit or an application request. ",
    )


def pipe_closing() -> FaultError:
    """Input for a process that has ended (Windows error 232)."""
    return FaultError("Receiver", "w:InternalError", 232, "The pipe is being closed. ")


def _invalid_xml() -> FaultError:
    return FaultError(
        "Sender",
        "w:SchemaValidationError",
        2150858819,
        "The WS-Management service cannot process the request because the XML is invalid. ",
    )


def parse(envelope: bytes) -> Request:
    """Read one request. Raises FaultError, with ``relates_to`` set where the message has an identity."""
    root = _parse_xml(envelope)
    header = root.find("s:Header", NAMESPACES)
    body = root.find("s:Body", NAMESPACES)
    if body is None:
        raise _invalid_xml()
    content = next(iter(body), None)
    if content is not None and content.tag == f"{{{IDENTITY}}}Identify":
        return Request("Identify", "", "", "", DEFAULT_TIMEOUT, MAX_ENVELOPE_SIZE, None, {}, content)
    if header is None:
        raise _invalid_xml()
    message_id = _text(header, "a:MessageID")
    try:
        return _parse_operation(header, content, message_id)
    except FaultError as fault:
        fault.relates_to = message_id
        raise


def _parse_xml(envelope: bytes) -> ElementTree.Element:
    # A document type is never part of SOAP, and without one no entity can be declared.
    if b"<!DOCTYPE" in envelope:
        raise _invalid_xml()
    try:
        root = ElementTree.fromstring(envelope)
    except ElementTree.ParseError as error:
        raise _invalid_xml() from error
    if root.tag != f"{{{NAMESPACES['s']}}}Envelope":
        raise _invalid_xml()
    return root


def _parse_operation(header: ElementTree.Element, content: ElementTree.Element | None, message_id: str) -> Request:
    action = _text(header, "a:Action")
    if action not in _OPERATIONS:
        raise FaultError(
            "Sender",
            "a:ActionNotSupported",
            2150858771,
            "The action is not supported by the service. ",
        )
    selectors = _named(header, "w:SelectorSet/w:Selector")
    return Request(
        operation=_OPERATIONS[action],
        action=action,
        message_id=message_id,
        resource_uri=_text(header, "w:ResourceURI"),
        operation_timeout=_timeout(_text(header, "w:OperationTimeout")),
        max_envelope_size=_envelope_size(_text(header, "w:MaxEnvelopeSize")),
        shell_id=selectors.get("ShellId"),
        options=_named(header, "w:OptionSet/w:Option"),
        body=content,
    )


def _text(parent: ElementTree.Element, path: str) -> str:
    return (parent.findtext(path, "", NAMESPACES) or "").strip()


def _named(parent: ElementTree.Element, path: str) -> dict[str, str]:
    return {element.get("Name", ""): element.text or "" for element in parent.findall(path, NAMESPACES)}


def _timeout(text: str) -> float:
    if not text:
        return DEFAULT_TIMEOUT
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()):
        raise FaultError(
            "Sender",
            "a:InvalidMessageInformationHeader",
            2150858767,
            "The WS-Management service cannot process the request. The request contains one or more invalid SOAP "
            "headers. ",
            message="The WS-Management service cannot process the request. The XML contains an invalid timeout field "
            f"in the SOAP header: {text}. ",
        )
    days, hours, minutes, seconds = (float(group or 0) for group in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def _envelope_size(text: str) -> int:
    if not text:
        return MAX_ENVELOPE_SIZE
    if not text.isdecimal() or int(text) < MIN_ENVELOPE_SIZE:
        raise FaultError(
            "Sender",
            "w:EncodingLimit",
            2150858878,
            "The WS-Management service cannot process the request because the envelope size in the request is too "
            "small. ",
            "MinimumEnvelopeLimit",
        )
    return min(int(text), MAX_ENVELOPE_SIZE)


def answer(request: Request, body: str) -> bytes:
    """The envelope of a good answer around ``body`` (XML text with the prefixes of NAMESPACES)."""
    if request.operation == "Identify":
        return f'<s:Envelope xmlns:s="{NAMESPACES["s"]}"><s:Header/><s:Body>{body}</s:Body></s:Envelope>'.encode()
    return _envelope(f"{request.action}Response", request.message_id, body)


def fault_answer(fault: FaultError, machine: str) -> bytes:
    """The envelope of a fault; ``machine`` is the address the client asked for."""
    detail = f"<w:FaultDetail>{FAULT_DETAIL}{fault.detail}</w:FaultDetail>" if fault.detail else ""
    namespace = "addressing" if fault.subcode.startswith("a:") else "wsman"
    action = {
        "addressing": NAMESPACES["a"] + "/fault",
        "wsman": "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault",
    }[namespace]
    body = (
        f"<s:Fault><s:Code><s:Value>s:{fault.role}</s:Value><s:Subcode><s:Value>{fault.subcode}</s:Value></s:Subcode>"
        f'</s:Code><s:Reason><s:Text xml:lang="en-US">{escape(fault.reason)}</s:Text></s:Reason><s:Detail>{detail}'
        f'<f:WSManFault xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault" Code="{fault.code}" '
        f"Machine={quoteattr(machine)}><f:Message>{escape(fault.message)}</f:Message></f:WSManFault></s:Detail>"
        "</s:Fault>"
    )
    return _envelope(action, fault.relates_to or "", body)


def _envelope(action: str, relates_to: str, body: str) -> bytes:
    prefixes = " ".join(f'xmlns:{prefix}="{address}"' for prefix, address in NAMESPACES.items())
    related = f"<a:RelatesTo>{escape(relates_to)}</a:RelatesTo>" if relates_to else ""
    return (
        f'<s:Envelope xml:lang="en-US" {prefixes}><s:Header><a:Action>{action}</a:Action>'
        f"<a:MessageID>uuid:{new_id()}</a:MessageID><a:To>{ANONYMOUS}</a:To>{related}</s:Header>"
        f"<s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def new_id() -> str:
    """An identity as servers write them: upper case, without braces."""
    return str(uuid.uuid4()).upper()
