# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""The three ports of the License Server (page: Configure port numbers)."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._change_set import (
    ChangeSet,
    Difference,
    Listening,
    Observation,
    Readings,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import Cmdlet, Operation, tolerant
from ansible_collections.citrixfleet.licensing.plugins.module_utils._profile import (
    LEGAL_PORTS,
    LICENSE_SERVER_PORT,
    VENDOR_DAEMON_PORT,
    WEB_SERVICES_PORT,
    Profile,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._settings import _firewall
from ansible_collections.citrixfleet.licensing.plugins.module_utils._settings._listening import (
    LOCATIONS,
    PORTS,
    Configured,
    InForce,
    is_owner,
    listeners,
    listening,
    ports_in_force,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._settings._stored import (
    Located,
    describe_rows,
    doubts,
    locate,
    rewrite,
    stored_reads,
    unreadable,
    write_edits,
)

#: The setting of a profile for each of our names.
SETTINGS = {
    "license_server": LICENSE_SERVER_PORT,
    "vendor_daemon": VENDOR_DAEMON_PORT,
    "web_services": WEB_SERVICES_PORT,
}

#: What else has to learn of a new port: settings page, "Configure port numbers", on who uses which. That the vendor
#: daemon's port needs no setting elsewhere is inferred from there: requests are relayed to it.
_DEPENDENTS = {
    "license_server": (
        "every Citrix product that takes licenses of this server: its License Server port",
        "firewalls between the products and this server",
    ),
    "vendor_daemon": ("firewalls between the products and this server; the products learn the port by themselves",),
    "web_services": (
        "Citrix Director and Citrix Studio: the port of Web Services for Licensing",
        "bookmarks of the Citrix Licensing Manager, https://<this server>:<port>",
        "admin_address of tasks that are delegated to a management host",
    ),
}


@dataclasses.dataclass(frozen=True)
class Desired:
    """The ports asked for, by our names."""

    ports: t.Mapping[str, int]
    profile: Profile


@dataclasses.dataclass(frozen=True)
class State:
    """The ports as they were found, by our names: in force, listened on, and in the documents."""

    in_force: t.Mapping[str, InForce]
    heard: t.Mapping[str, Listening]
    located: t.Mapping[str, Located]
    configured: Configured

    def current(self, name: str) -> int | None:
        """The port that is listened on; of a service that does not run the one in its documents, else what is told.

        Get-LicLocation goes on telling the port from before the service was stopped.
        """
        heard = self.heard.get(name)
        return heard.port if heard is not None else self.configured[name] or self.in_force[name].number


_OPTIONS: t.Mapping[str, t.Any] = {port.name: {"type": "int"} for port in PORTS}


class _Section:
    name = "ports"
    needs_server = True
    options = _OPTIONS

    def desired(self, options: t.Mapping[str, t.Any]) -> Desired:
        """See :class:`Section`; refuses ports out of range, and equal ones."""
        ports = {name: options[name] for name in _OPTIONS if options.get(name) is not None}
        for name, number in ports.items():
            if number not in LEGAL_PORTS:
                raise LicenseError(
                    f"{name} is {number}; a port is a number from {LEGAL_PORTS[0]} to {LEGAL_PORTS[-1]}."
                )
        _refuse_equal(ports)
        return Desired(ports, options.get("profile") or Profile())

    def reads(self, desired: Desired) -> dict[str, Operation]:
        """Get-LicLocation, the listening sockets, the files of the rows, and the firewall rules."""
        numbers = {*desired.ports.values(), *(port.default for port in PORTS)}
        return {
            **LOCATIONS,
            **stored_reads(SETTINGS.values(), desired.profile),
            "firewall": _firewall.read_rules(sorted(numbers)),
        }

    def observe(self, desired: Desired, readings: Readings) -> Observation:
        """See :class:`Section`."""
        state = read_state(desired.profile, readings)
        return Observation(_values(state), _notes(state))

    def plan(self, desired: Desired, readings: Readings) -> ChangeSet:
        """See :class:`Section`; refuses a port that another process has, and a change without an interface."""
        if readings.blank:
            before: dict[str, int | None] = dict.fromkeys(_OPTIONS)
            return ChangeSet(before, {**before, **desired.ports}, actions=_actions({}))
        state = read_state(desired.profile, readings)
        before = _values(state)
        changes = {name: number for name, number in desired.ports.items() if not _in_sync(state, name, number)}
        after = {**before, **changes}
        if not changes:
            return ChangeSet(before, after, actions=_actions({}))
        edits = tuple(edit for name, number in changes.items() for edit in write_edits(state.located[name], number))
        final = {name: number for name, number in after.items() if number is not None}
        _refuse_equal(final)
        _refuse_taken(changes, {item.port for item in state.heard.values()}, listeners(readings))
        moves = {old: number for name, number in changes.items() for old in [before[name]] if old is not None}
        rules = _firewall.plan_rules(readings, moves)
        changing = [state.located[name] for name in changes]
        return ChangeSet(
            before=before,
            after=after,
            actions=_actions({name: (before[name], number) for name, number in changes.items()}, rules),
            beside=tuple(
                Difference(f"{name} in the files", state.configured[name], number)
                for name, number in changes.items()
                if state.configured[name] not in (before[name], None)
            ),
            verify=_ask_at(final["license_server"]) if "license_server" in final else {},
            rewrite=rewrite(changing, edits, readings, state.configured, moves, rules.moves),
            warnings=(*doubts(changing), *rules.warnings),
        )


SECTION = _Section()


def read_state(profile: Profile, readings: Readings) -> State:
    """The ports in force and in the documents."""
    located = {name: locate(setting, profile, readings) for name, setting in SETTINGS.items()}
    configured = {name: one.value if isinstance(one.value, int) else None for name, one in located.items()}
    in_force = {one.port.name: one for one in ports_in_force(readings, configured)}
    return State(in_force, listening(readings, configured), located, configured)


def _values(state: State) -> dict[str, int | None]:
    return {name: state.current(name) for name in _OPTIONS}


def _notes(state: State) -> dict[str, t.Any]:
    sources = {
        name: {"port": one.number, "source": one.source, "reason": one.reason} for name, one in state.in_force.items()
    }
    return {
        "in_force": sources,
        "configured": state.configured,
        "interfaces": describe_rows(state.located.values()),
        "unreadable": unreadable(one for one in state.located.values() if one.row is not None),
    }


def _actions(changes: t.Mapping[str, tuple[int | None, int]], rules: _firewall.Plan | None = None) -> dict[str, t.Any]:
    """What a plan does beside setting ports: firewall rules, and what others have to change."""
    dependents = [
        {"port": name, "before": old, "after": new, "change": what}
        for name, (old, new) in changes.items()
        for what in _DEPENDENTS[name]
    ]
    return {"dependents": dependents, "firewall": rules.describe() if rules else []}


def _ask_at(port: int) -> dict[str, Operation]:
    """Get-LicLocation after the change: it starts from the License Server's port, which may be another one now."""
    return {
        label: tolerant(Cmdlet("Get-LicLocation", {**location.parameters, "LicenseServerPort": port}))
        for label, location in LOCATIONS.items()
    }


def _in_sync(state: State, name: str, number: int) -> bool:
    """Whether a port is what is asked for, now and after the next start, as far as the documents are known.

    Documents that leave the port out leave it at what is listened on.
    """
    located = state.located[name]
    if located.row is None:
        return state.current(name) == number
    if located.stored is None:
        return False
    return state.current(name) == number and located.value in (number, None)


def _refuse_equal(ports: t.Mapping[str, int]) -> None:
    for name, number in ports.items():
        for other, same in ports.items():
            if name < other and number == same:
                raise LicenseError(f"{name} and {other} would both be {number}. Nothing was changed.")


def _refuse_taken(changes: t.Mapping[str, int], own: set[int], sockets: t.Sequence[t.Mapping[str, t.Any]]) -> None:
    """Refuse a port that a process listens on, unless it is one of the three, which then moves away."""
    ours = {
        (item["port"], item["process_id"])
        for item in sockets
        if item["port"] in own and any(is_owner(port, item) for port in PORTS)
    }
    for name, number in changes.items():
        for item in sockets:
            if item["port"] == number and (number, item["process_id"]) not in ours:
                raise LicenseError(
                    f"Port {number}, asked for as {name}, is in use by {item['process'] or 'a process'} (process "
                    f"{item['process_id']}) on this server. Nothing was changed."
                )
