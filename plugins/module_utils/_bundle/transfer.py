# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""A zip on its way to the controller: in ranges, each with a hash, and then the whole."""

from __future__ import annotations

import base64
import hashlib
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.controller import Report
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.errors import explain
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.jobs import Archive
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._exchange import Outcome, Request
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import FileChunk
from ansible_collections.citrixfleet.licensing.plugins.module_utils._reading import Transport
from ansible_collections.citrixfleet.licensing.plugins.module_utils._server import ServerFacts

#: Bytes of one range, the most that the contract allows, and ranges of one call.
RANGE = 4 * 1024 * 1024
RANGES = 3


class Sink(t.Protocol):
    """Where the bytes go on the controller."""

    def write(self, content: bytes, /) -> object:
        """Add bytes at the end."""


def fetch(archive: Archive, sink: Sink, transport: Transport, server: ServerFacts, report: Report) -> None:
    """Bring a zip here, range by range.

    :param transport: one that may make a call again.
    :raises LicenseError: the server could not read it, or it did not arrive whole.
    """
    whole = hashlib.sha256()
    done = 0
    while done < archive.size:
        offsets = range(done, min(archive.size, done + RANGE * RANGES), RANGE)
        chunks = [FileChunk(archive.path, offset, min(RANGE, archive.size - offset)) for offset in offsets]
        for content in _read(chunks, transport, server):
            sink.write(content)
            whole.update(content)
            done += len(content)
        report("fetching", done, archive.size)
    if whole.hexdigest() != archive.sha256:
        raise LicenseError("What arrived is not the bundle that the server made (SHA-256). Run the task again.")


def _read(chunks: t.Sequence[FileChunk], transport: Transport, server: ServerFacts) -> list[bytes]:
    """The bytes of some ranges; what arrives damaged is asked for once more."""
    for _attempt in range(2):
        outcomes = transport.send(Request(tuple(chunks))).outcomes
        contents = [_content(chunk, outcome, server) for chunk, outcome in zip(chunks, outcomes, strict=True)]
        whole = [content for content in contents if content is not None]
        if len(whole) == len(chunks):
            return whole
    damaged = chunks[contents.index(None)]
    raise LicenseError(f"The range at {damaged.offset} arrived damaged twice. Run the task again.")


def _content(chunk: FileChunk, outcome: Outcome, server: ServerFacts) -> bytes | None:
    """The bytes of one range, None if they are not what the server read. :raises LicenseError: it could not read."""
    if outcome.error is not None:
        raise LicenseError(f"The bundle could not be fetched: {explain(outcome.error, server)}")
    try:
        content = base64.b64decode(outcome.value["content"], validate=True)
    except ValueError:
        return None
    if len(content) != chunk.length or hashlib.sha256(content).hexdigest() != outcome.value["sha256"]:
        return None
    return content
