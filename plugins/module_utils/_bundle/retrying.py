# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""Calls that are made again when the connection breaks."""

from __future__ import annotations

import contextlib
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import ConnectionLostError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._exchange import Answer, Request
from ansible_collections.citrixfleet.licensing.plugins.module_utils._reading import Transport

#: Seconds before a call that broke is made again; after the last one it is given up.
PATIENT = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0)
HASTY = PATIENT[:2]


class ReconnectingTransport(Transport, t.Protocol):
    """A transport that can make its connection anew."""

    def reconnect(self) -> None:
        """Make the connection anew after it was lost; if that fails, the next call will say so."""


class RetryingTransport:
    """For requests that may be made more than once."""

    def __init__(
        self,
        transport: ReconnectingTransport,
        sleep: t.Callable[[float], None],
        pauses: t.Sequence[float] = PATIENT,
    ) -> None:
        self._transport = transport
        self._sleep = sleep
        self._pauses = pauses

    def send(self, request: Request) -> Answer:
        """Make a call as often as it takes. :raises ConnectionLostError: the host stayed away."""
        for pause in self._pauses:
            with contextlib.suppress(ConnectionLostError):
                return self._transport.send(request)
            self._sleep(pause)
            self._transport.reconnect()
        return self._transport.send(request)
