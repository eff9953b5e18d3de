# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Loopback addresses: a block of 127.0.0.0/8 for each fleet, claimed so that two emulators never clash."""

from __future__ import annotations

import errno
import itertools
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network

_LOOPBACK = IPv4Network("127.0.0.0/8")

_CLAIM_PORT = 5985
"""The port whose listener on a block's own first address (.0, which no server gets) marks the block as taken."""


class NetworkTakenError(Exception):
    """The block, or every block, is in use; the text says so to the user."""


@dataclass(frozen=True)
class ClaimedNetwork:
    """A block that is this process's until ``release``."""

    network: IPv4Network
    _claim: socket.socket

    def addresses(self, count: int) -> list[str]:
        return [str(address) for address in itertools.islice(self.network.hosts(), count)]

    def release(self) -> None:
        self._claim.close()


def check_network(text: str) -> IPv4Network:
    """Read the command line's network. Raises ValueError unless it is a block of 127.0.0.0/8."""
    network = IPv4Network(text)
    if not network.subnet_of(_LOOPBACK):
        raise ValueError(f"{network} is no block of {_LOOPBACK}")
    return network


def claim(count: int, wanted: IPv4Network | None, preferred: IPv4Network | None = None) -> ClaimedNetwork:
    """Claim a block for ``count`` servers: the one wanted, else the one preferred, else the next that is free.

    Raises NetworkTakenError; ValueError if the block wanted is too small; OSError if the machine has no such address.
    """
    if wanted is not None and not _has_room(wanted, count):
        raise ValueError(f"{wanted} has no room for {count} servers")
    preferences = [preferred] if preferred is not None and _has_room(preferred, count) else []
    for network in [wanted] if wanted is not None else itertools.chain(preferences, _blocks(count)):
        listener = _listen(str(network.network_address))
        if listener is not None:
            return ClaimedNetwork(network, listener)
    if wanted is not None:
        raise NetworkTakenError(f"{wanted} is in use by another emulator; choose another --network")
    raise NetworkTakenError(f"no free block of {_LOOPBACK} for {count} servers")


def _has_room(network: IPv4Network, count: int) -> bool:
    return network.num_addresses - 2 >= count


def _listen(address: str) -> socket.socket | None:
    listener = socket.socket()
    try:
        listener.bind((address, _CLAIM_PORT))
        listener.listen(1)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            return None
        raise
    return listener


def _blocks(count: int) -> Iterator[IPv4Network]:
    # 127.0.0.0/16 is left out: machines use 127.0.0.1 and 127.0.1.1 themselves.
    prefix = min(24, 32 - (count + 1).bit_length())
    return itertools.islice(IPv4Network("127.64.0.0/10").subnets(new_prefix=prefix), 1000)
