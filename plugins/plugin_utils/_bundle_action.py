# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""The action behind license_bundle: Ansible's side of collecting a support bundle."""

from __future__ import annotations

import contextlib
import datetime
import os
import pathlib
import re
import socket
import sys
import time
import typing as t
import uuid

from ansible.utils.display import Display
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.contract import (
    BUNDLE_ARGUMENTS,
    wish_of,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.destination import Names, check_template
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.flow import (
    Collector,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.selection import missing_sources
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.values import (
    Found,
    Surroundings,
    Wish,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import (
    AGENT_JOBS,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._results import describe_server
from ansible_collections.citrixfleet.licensing.plugins.plugin_utils._action import WindowsAction
from ansible_collections.citrixfleet.licensing.plugins.plugin_utils._bundle_files import (
    Destination,
    is_whole,
    read_manifest,
    sha256_of,
)
from ansible_collections.citrixfleet.licensing.plugins.plugin_utils._transport import ConnectionTransport

_PLUGINS = pathlib.Path(__file__).parent.parent
_REQUIRED = re.compile(r"^#AnsibleRequires -PowerShell \.\.module_utils\.(\w+)\s*$", re.MULTILINE)

#: Seconds between two lines of progress for a host: for somebody who watches, and in a log.
_WATCHED, _LOGGED = 2.0, 15.0

#: Asked here, where Ansible loads us, since its workers have no terminal.
_TERMINAL = sys.stdout.isatty()


class BundleAction(WindowsAction):
    """Makes a bundle on the server, brings it here, checks it, and cleans up."""

    def arguments(self) -> dict[str, t.Any]:
        """See :class:`WindowsAction`."""
        return dict(BUNDLE_ARGUMENTS)

    def perform(self, options: dict[str, t.Any], variables: dict[str, t.Any]) -> dict[str, t.Any]:
        """See :class:`WindowsAction`."""
        check_template(options["dest"])
        wish = wish_of(options)
        transport = ConnectionTransport(self, variables)
        host = str(self._task.delegate_to or variables.get("inventory_hostname", self._play_context.remote_addr))
        collector = Collector(transport, wish, _surroundings(host, transport))
        found = collector.look()
        destination = Destination(options["dest"], Names.of(host, found.server), options["force"])
        checking = bool(self._task.check_mode)
        if not checking:
            collector.clean(found)
        reused = _reusable(destination, found, wish, options["max_age"])
        if reused is not None:
            return {**_result(found, *reused, reused=True), "warnings": collector.warnings}
        destination.require_free()
        if checking:
            return _result(found, destination.path, None)
        destination.make_folder()
        try:
            made = collector.collect(found, destination.open, destination.require_room)
        except LicenseError as error:
            raise LicenseError(" ".join((str(error), *collector.warnings))) from error
        result = _result(found, destination.path, dict(made.manifest))
        seconds = {"collecting": round(made.collect_seconds, 1), "fetching": round(made.fetch_seconds, 1)}
        return {**result, "size": made.size, "sha256": made.sha256, "seconds": seconds, "warnings": collector.warnings}


def agent_text() -> str:
    """The agent's text as one, in the order in which its private module asks for its files."""
    entry = (_PLUGINS / "modules" / f"{AGENT_JOBS}.ps1").read_text(encoding="utf-8")
    return "\n".join(
        (_PLUGINS / "module_utils" / f"{name}.psm1").read_text(encoding="utf-8") for name in _REQUIRED.findall(entry)
    )


def _surroundings(host: str, transport: ConnectionTransport) -> Surroundings:
    return Surroundings(
        owner=f"{_controller()}/{os.getpid()}",
        identifier=str(uuid.uuid4()),
        agent_text=agent_text(),
        is_gone=_is_gone,
        now=time.monotonic,
        sleep=time.sleep,
        report=_Progress(host).report,
        reconnect=transport.reconnect,
    )


def _controller() -> str:
    """A name for the space of process ids that we are in: containers may share the name of the computer."""
    space = ""
    with contextlib.suppress(OSError):
        boot = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        space = f"/{boot}/{pathlib.Path('/proc/self/ns/pid').stat().st_ino}"
    return f"{socket.gethostname()}{space}"


def _is_gone(owner: str) -> bool:
    """Whether a run, named as in :func:`_surroundings`, was on this controller and has ended."""
    name, _slash, process = owner.rpartition("/")
    if name != _controller() or not process.isdecimal():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return _is_dead(int(process))


def _is_dead(process: int) -> bool:
    """Whether a process has ended and only nobody has taken notice, as in containers whose first process does not."""
    with contextlib.suppress(OSError, IndexError):
        state = pathlib.Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace")
        return state.rpartition(")")[2].split()[0] == "Z"
    return False


class _Progress:
    """Lines of progress for one host, not too many of them."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._pause = _WATCHED if _TERMINAL else _LOGGED
        self._next = time.monotonic() + self._pause
        self._step = ""

    def report(self, step: str, done: int, whole: int) -> None:
        """Say how far a step has come, if it is time to."""
        now = time.monotonic()
        if now < self._next and (step == self._step or not done):
            return
        self._next, self._step = now + self._pause, step
        part = f"{100 * done // whole:3d} %" if whole else "  0 %"
        unit, name = (1e6, "MB") if whole >= 1e6 else (1e3, "kB")
        Display().display(f"{self._host}: {step} {part} ({done / unit:.0f} of {whole / unit:.0f} {name})")


def _reusable(
    destination: Destination, found: Found, wish: Wish, max_age: int
) -> tuple[pathlib.Path, dict[str, t.Any]] | None:
    """An earlier bundle of this server with its manifest: asked for in the same way, whole, and young enough.

    Its age is by the server's own clock.
    """
    newest = destination.newest() if max_age else None
    if newest is None:
        return None
    with contextlib.suppress(LicenseError, ValueError, KeyError, TypeError):
        manifest = read_manifest(newest)
        header = manifest["header"]
        age = _moment(str(found.server.clock)) - _moment(header["collected_at"])
        same = (header["host"], header["options"]) == (found.server.host, wish.fingerprint())
        complete = {"files", "left_out"} <= set(manifest) and "not_taken" in header
        young = datetime.timedelta(0) <= age <= datetime.timedelta(seconds=max_age)
        if same and complete and young and is_whole(newest):
            return newest, manifest
    return None


def _moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text[:19])


def _result(
    found: Found, path: pathlib.Path, manifest: dict[str, t.Any] | None, reused: bool = False
) -> dict[str, t.Any]:
    """The return values; without a manifest (check mode) as far as they are known beforehand."""
    not_taken = [item.to_json() for item in found.selection.left_out]
    entries: list[dict[str, t.Any]]
    files: dict[str, t.Any]
    if manifest is None:
        entries = [{"path": member.entry, "size": member.size} for member in found.selection.members]
        files = {"size": None, "sha256": None}
        left_out = not_taken
        size = found.selection.size
    else:
        entries = manifest["files"]
        files = {"size": path.stat().st_size, "sha256": sha256_of(path) if reused else None}
        left_out = [*manifest["header"]["not_taken"], *manifest["left_out"]]
        size = sum(entry["size"] for entry in entries)
    return {
        "changed": not reused,
        "path": str(path),
        "reused": reused,
        **files,
        "files": entries,
        "files_size": size,
        "left_out": left_out,
        "missing": missing_sources([entry["path"] for entry in entries]),
        "free_on_server": found.free,
        "seconds": {"collecting": None, "fetching": None},
        "server": describe_server(found.server),
        "diff": {
            "before": "" if not reused else f"{path}\n",
            "after": f"{path}\n",
        },
        "warnings": [],
    }
