# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line: ``run``, ``profile``, ``show``, ``stats``, ``fault``, ``grow``. Others script it: keep it."""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import signal
import sys
import threading
from collections.abc import Sequence
from ipaddress import IPv4Network
from pathlib import Path

from emulator import addresses, fleet, inventory
from emulator.host import MEGABYTE, faults, grow, layout_of, show


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code. Messages for the user go to standard error."""
    options = _parser().parse_args(arguments)
    commands = {"run": _run, "profile": _profile, "show": _show, "stats": _stats, "fault": _fault, "grow": _grow}
    try:
        return commands[options.command](options)
    except (fleet.CannotStartError, ValueError, OSError) as error:
        print(f"emulator: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="emulator", description="Citrix License Servers to run on a laptop.")
    commands = parser.add_subparsers(dest="command", required=True)

    run = _command(commands, "run", "run servers until SIGTERM or SIGINT; prints `ready` when all of them listen")
    run.add_argument("--servers", type=_count, required=True, metavar="N")
    run.add_argument("--inventory", type=Path, required=True, metavar="FILE", help="YAML if it ends in .yml or .yaml")
    run.add_argument("--build", default=fleet.DEFAULT_BUILD, metavar="VERSION-BUILD", help="default %(default)s")
    run.add_argument("--transport", choices=["ntlm", "basic"], default="ntlm", help="log-on (default %(default)s)")
    run.add_argument("--scheme", choices=["http", "https"], default="http", help="WinRM listener (default %(default)s)")
    run.add_argument("--network", type=_network, metavar="127.A.B.0/24", help="default: the last one, or a free one")

    run.add_argument(
        "--process-start",
        type=_seconds,
        default=0.0,
        metavar="SECONDS",
        help="what the start of a process costs on the servers (default %(default)s)",
    )
    _add_layout(run)

    profile = commands.add_parser("profile", help="print where the settings live, as a profile of docs/profiles.md")
    _add_layout(profile)

    _command(commands, "show", "print the true state of the servers, as JSON")

    stats = _command(commands, "stats", "print what was counted at the WinRM listeners, as JSON")
    stats.add_argument("--reset", action="store_true", help="set the counters to nought after printing them")

    fault = _command(commands, "fault", "set or clear a fault (emulator/host/faults.py explains them)")
    fault.epilog = f"faults: {', '.join(sorted(faults.NAMES))}"
    fault.add_argument("--server", required=True, help="a server's name, or all")
    fault.add_argument("--clear", action="store_true", help="clear the named fault, or all")
    fault.add_argument("name", nargs="?", metavar="NAME")
    fault.add_argument("value", nargs="?", type=_json, default=True, metavar="VALUE", help="JSON (default true)")

    growth = _command(
        commands, "grow", "add files to a server's logs and usage data, for benchmarks; prints their paths"
    )
    growth.add_argument("--server", required=True, help="a server's name")
    growth.add_argument("--size", type=_size, required=True, metavar="MB", help="of 1024 * 1024 bytes, of all files")
    growth.add_argument("--file", metavar="PATH", help="one file, below the install folder or from a drive on")
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, explanation: str
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=explanation, description=explanation)
    parser.add_argument("--state", type=Path, required=True, metavar="DIR", help="the folder that keeps the servers")
    return parser


def _add_layout(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--layout", type=int, metavar="SEED", help="where settings live, shuffled (default: as usual)")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of servers")
    return int(text)


def _size(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of megabytes")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return seconds


def _network(text: str) -> IPv4Network:
    try:
        return addresses.check_network(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _json(text: str) -> object:
    try:
        value: object = json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not JSON") from error
    return value


def _run(options: argparse.Namespace) -> int:
    asyncio.run(
        _serve(
            fleet.FleetOptions(
                servers=options.servers,
                state=options.state,
                build=options.build,
                transport=options.transport,
                scheme=options.scheme,
                network=options.network,
                layout=options.layout,
                process_start=options.process_start,
            ),
            options.inventory,
        )
    )
    if threading.active_count() > 1:
        # A call of an agent is still waiting for something; state is on disk, and nobody can ask for its answer.
        sys.stdout.flush()
        os._exit(0)
    return 0


async def _serve(options: fleet.FleetOptions, inventory_file: Path) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    servers = fleet.Fleet(options)
    await servers.start()
    try:
        inventory.write(inventory_file, servers.inventory())
        print("ready", flush=True)
        await stop.wait()
    finally:
        await servers.stop()


def _profile(options: argparse.Namespace) -> int:
    print(layout_of(options.layout).profile(), end="")
    return 0


def _show(options: argparse.Namespace) -> int:
    return _print(show(options.state))


def _stats(options: argparse.Namespace) -> int:
    return _print(fleet.statistics(options.state, options.reset))


def _fault(options: argparse.Namespace) -> int:
    if options.clear:
        faults.clear_fault(options.state, options.server, options.name)
        return 0
    if options.name is None:
        raise ValueError("name the fault to set, or --clear")
    faults.set_fault(options.state, options.server, options.name, options.value)
    return 0


def _grow(options: argparse.Namespace) -> int:
    return _print(grow(options.state, options.server, options.size * MEGABYTE, options.file))


def _print(document: object) -> int:
    print(json.dumps(document, indent=2, ensure_ascii=False))
    return 0
