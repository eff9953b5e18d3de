# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make demo``: three emulated License Servers, configured by the collection's own playbook over WinRM.

Everything that is started is stopped, and everything that is written lies in a temporary directory that is removed.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tools import collection
from tools.environments import ROOT

SERVERS = 3
PROGRAMS = Path(sys.executable).parent
START_TIME_LIMIT = 60
RUN_TIME_LIMIT = 120
RECAP = re.compile(r"^(\S+)\s+: ok=\d+\s+changed=(\d+)\s", re.MULTILINE)


class DemoError(Exception):
    """The demonstration did not show what it should."""


def main() -> int:
    """Run the demonstration.

    :returns: the exit code: 0 when everything went as shown.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    started = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="licensing-demo-") as place:
            _demonstrate(Path(place))
    except DemoError as failure:
        print(f"\nThe demonstration failed: {failure}")
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. Everything that was started is stopped.")
        return 130
    print(f"\nDone in {time.monotonic() - started:.0f} s. Everything that was started is stopped.")
    return 0


def _demonstrate(place: Path) -> None:
    inventory = place / "inventory.yml"
    shutil.copytree(ROOT / "tools" / "demo_inventory", place, dirs_exist_ok=True)
    variables = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
        "ANSIBLE_COLLECTIONS_PATH": str(collection.link()),
        "ANSIBLE_CONFIG": str(ROOT / "tools" / "ansible.cfg"),
        "ANSIBLE_HOME": str(place / "ansible"),
        "ANSIBLE_DIFF_CONTEXT": "1",
    }
    playbook = ["ansible-playbook", "-i", str(inventory), "playbooks/site.yml"]
    another_group = ["-m", "citrixfleet.licensing.license_user", "-a", r"name=CORP\\ctx-readers type=group role=user"]
    ad_hoc = ["ansible", "license_servers", "-i", str(inventory), *another_group]

    _say(f"Starting {SERVERS} emulated License Servers")
    with _emulator(place / "state", inventory):
        _say("What would the playbook change? (check mode, with differences)")
        _ansible([*playbook, "--check", "--diff"], variables)
        _say("Applying the playbook")
        _expect_changed(_ansible(playbook, variables), changed=True)
        _say("Applying it again: nothing may change")
        _expect_changed(_ansible(playbook, variables), changed=False)
        _say("One ad-hoc call: another group on all servers")
        _ansible(ad_hoc, variables, only=" | ")
        _move(playbook, _profile(place), variables)
        _say("What is now set where, as the emulator itself sees it")
        _table(place / "state")


def _move(playbook: Sequence[str], profile: Path, variables: Mapping[str, str]) -> None:
    """Change a port and the proxy of all servers, which have no cmdlet and live in files."""
    wanted = ["-e", "server_vendor_daemon_port=7280", "-e", "server_proxy=proxy.corp.example:8080"]
    wanted += ["-e", f"server_profile={profile}"]
    _say("Another port, and a proxy: what would change on one of them?")
    _ansible([*playbook, *wanted, "--check", "--diff", "--limit", "ls001"], variables)
    _say("Applying it to all: copies first, services stopped, files written, services started, all of it read back")
    _expect_changed(_ansible([*playbook, *wanted], variables), changed=True)
    _say("Applying it again: nothing may change")
    _expect_changed(_ansible([*playbook, *wanted], variables), changed=False)


def _profile(place: Path) -> Path:
    """Say where a profile comes from, and write the emulator's."""
    profile = place / "profile.yml"
    _say("Ports and proxy live in files of the server, and a profile says in which")
    print("Citrix does not publish where a License Server keeps its ports, so the collection does not guess it.")
    print("These servers are emulated, and the emulator describes its own files. For real servers you write down once")
    print("what you found on one of them, in the same form (docs/profiles.md).")
    print(f"$ python -m emulator profile > {profile}", flush=True)
    profile.write_text(_ask_emulator("profile"))
    return profile


@contextmanager
def _emulator(state: Path, inventory: Path) -> Iterator[None]:
    """Run the emulator while the block lasts."""
    command = [sys.executable, "-m", "emulator", "run", "--servers", str(SERVERS)]
    command += ["--state", str(state), "--inventory", str(inventory)]
    log = state.parent / "emulator.log"
    with (
        log.open("w") as output,
        subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Ctrl-C reaches only this program, which then stops the emulator in order.
            start_new_session=True,
        ) as emulator,
    ):
        try:
            deadline = time.monotonic() + START_TIME_LIMIT
            while "ready" not in log.read_text().split():
                if emulator.poll() is not None or time.monotonic() > deadline:
                    raise DemoError(f"the emulator did not start:\n{log.read_text()}")
                time.sleep(0.1)
            yield
        finally:
            _stop(emulator)


def _stop(process: subprocess.Popen[Any]) -> None:
    """End a program, unless it has ended by itself."""
    process.terminate()
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()


def _ansible(command: Sequence[str], variables: Mapping[str, str], only: str = "") -> str:
    """Run one of Ansible's programs and show its command line and output.

    :param only: of the output of a run that went well, show the lines with this text.
    :returns: what it printed.
    :raises DemoError: when its exit code is not 0.
    """
    program, *arguments = command
    print(f"$ {shlex.join(command)}", flush=True)
    with subprocess.Popen(
        [str(PROGRAMS / program), *arguments],
        cwd=ROOT,
        env=dict(variables),
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as running:
        try:
            output = running.communicate(timeout=RUN_TIME_LIMIT)[0]
        except subprocess.TimeoutExpired:
            raise DemoError(f"{program} did not end within {RUN_TIME_LIMIT} s") from None
        finally:
            _stop(running)
    lines = output.strip().splitlines()
    print("\n".join(line.removesuffix(" => {") for line in lines if running.returncode or only in line), flush=True)
    if running.returncode:
        raise DemoError(f"{program} ended with {running.returncode}")
    return output


def _expect_changed(output: str, *, changed: bool) -> None:
    """Read the recap of a playbook run.

    :raises DemoError: when a server is missing from it, or was changed although it should not be, or the reverse.
    """
    changes = {host: int(count) for host, count in RECAP.findall(output)}
    if len(changes) != SERVERS or any((count > 0) != changed for count in changes.values()):
        wanted = "all" if changed else "none"
        raise DemoError(f"expected {SERVERS} servers, {wanted} of them changed, and got {changes}")


def _table(state: Path) -> None:
    """Print a line an account or setting, a column a server."""
    servers: dict[str, Any] = json.loads(_ask_emulator("show", "--state", str(state)))["servers"]
    columns = [
        {account["name"]: account["role"] for account in server["accounts"]}
        | {name: value for name, value in server["settings"].items() if not isinstance(value, (dict, list))}
        for server in servers.values()
    ]
    print(_row("", servers))
    for name in dict.fromkeys(name for column in columns for name in column):
        print(_row(name, (column.get(name, "-") for column in columns)))


def _ask_emulator(*command: str) -> str:
    """Run one of the emulator's commands and return what it printed."""
    return subprocess.run(
        [sys.executable, "-m", "emulator", *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=RUN_TIME_LIMIT,
        check=True,
    ).stdout


def _row(name: str, cells: Iterable[object]) -> str:
    return f"{name:<26}" + "".join(f"{cell!s:<24}" for cell in cells).rstrip()


def _say(text: str) -> None:
    print(f"\n=== {text}", flush=True)


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
