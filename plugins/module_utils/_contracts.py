# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""What each module may be asked, and which sections of the engine answer.

Shared by the module files, which carry the argument specification for documentation and sanity tests, and the action
plugins, which validate with it.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._change_set import Section
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._profile import Profile
from ansible_collections.citrixfleet.licensing.plugins.module_utils._reading import Task
from ansible_collections.citrixfleet.licensing.plugins.module_utils._settings import (
    accounts,
    information,
    ports,
    proxy,
    renewal,
    usage,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._settings import options as options_section
from ansible_collections.citrixfleet.licensing.plugins.module_utils._transaction import Limits

Options = t.Mapping[str, t.Any]
SectionOptions = tuple[Section, Options]

COMMON_OPTIONS: dict[str, t.Any] = {"admin_address": {"type": "str"}, "profile": {"type": "raw"}}

#: Options of the modules that may change files of the server.
FILE_OPTIONS: dict[str, t.Any] = {
    "service_timeout": {"type": "int", "default": Limits.service_timeout},
    "backups": {"type": "int", "default": Limits.backups},
}

_SERVICE_TIMEOUTS = range(1, 3601)
_BACKUPS = range(101)

_ADDRESS = re.compile(r"https://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?/?")


@dataclasses.dataclass(frozen=True)
class ModuleContract:
    """One module.

    ``options`` are its own options, ``sections`` turns the validated ones into sections with theirs. ``composite``
    modules answer for several sections, each under its own name. ``files``: whether it may change files of the server.
    ``reads_only``: it changes nothing, whatever it finds.
    """

    options: dict[str, t.Any]
    sections: t.Callable[[Options], tuple[SectionOptions, ...]]
    mutually_exclusive: tuple[tuple[str, ...], ...] = ()
    required_one_of: tuple[tuple[str, ...], ...] = ()
    required_if: tuple[tuple[str, t.Any, tuple[str, ...]], ...] = ()
    composite: bool = False
    files: bool = False
    reads_only: bool = False

    @property
    def arguments(self) -> dict[str, t.Any]:
        """The arguments of ``AnsibleModule`` and, but for their names, of ``ArgumentSpecValidator``."""
        return {
            "argument_spec": {**self.options, **(FILE_OPTIONS if self.files else {}), **COMMON_OPTIONS},
            "mutually_exclusive": [list(names) for names in self.mutually_exclusive],
            "required_one_of": [list(names) for names in self.required_one_of],
            "required_if": [[name, value, list(names)] for name, value, names in self.required_if],
        }

    def task(self, options: Options, profile: Profile, check_mode: bool) -> Task:
        """The engine's task for validated options; every section's options get the ``profile``.

        :raises LicenseError: ``admin_address`` is not an HTTPS address, or an option of the files is out of range.
        """
        address = options["admin_address"]
        if address is not None and not _ADDRESS.fullmatch(address):
            raise LicenseError(f"admin_address is {address!r}; give https://name:port, as https://ls001.example:8083.")
        sections = tuple((section, {**own, "profile": profile}) for section, own in self.sections(options))
        limits = _limits(options) if self.files else None
        return Task(sections, address, check_mode, limits, settles=not self.reads_only)


def _limits(options: Options) -> Limits:
    limits = Limits(options["service_timeout"], options["backups"])
    if limits.service_timeout not in _SERVICE_TIMEOUTS:
        raise LicenseError(f"service_timeout is {limits.service_timeout}; give 1 to {_SERVICE_TIMEOUTS[-1]} seconds.")
    if limits.backups not in _BACKUPS:
        raise LicenseError(f"backups is {limits.backups}; give 0 to {_BACKUPS[-1]}.")
    return limits


def _user_sections(options: Options) -> tuple[SectionOptions, ...]:
    single = {**{name: options[name] for name in accounts.ACCOUNT_OPTIONS}, "state": options["state"] or "present"}
    listed = options["accounts"] if options["accounts"] is not None else [single]
    return ((accounts.SECTION, {**options, "accounts": listed}),)


def _settings_sections(options: Options) -> tuple[SectionOptions, ...]:
    given = tuple((section, options[section.name]) for section in _SETTINGS if _asks(section, options[section.name]))
    if not given:
        raise LicenseError(
            f"Nothing is asked for: set an option of {', '.join(section.name for section in _SETTINGS)}."
        )
    return given


def _asks(section: Section, options: Options | None) -> bool:
    """Whether an option of a section is set to another value than its default."""
    defaults = {name: option.get("default") for name, option in section.options.items()}
    return options is not None and any(options.get(name, default) != default for name, default in defaults.items())


_SETTINGS: tuple[Section, ...] = (
    ports.SECTION,
    proxy.SECTION,
    options_section.SECTION,
    accounts.SECTION,
    renewal.SECTION,
    usage.SECTION,
)

LICENSE_INFO = ModuleContract(
    options=dict(information.SECTION.options),
    sections=lambda options: ((information.SECTION, options),),
    reads_only=True,
)

LICENSE_USER = ModuleContract(
    options={
        **accounts.ACCOUNT_OPTIONS,
        "name": {"type": "str"},
        "state": {"type": "str", "choices": ["present", "absent"]},
        **accounts.SECTION.options,
    },
    sections=_user_sections,
    mutually_exclusive=(("name", "accounts"), ("type", "accounts"), ("role", "accounts"), ("state", "accounts")),
    required_one_of=(("name", "accounts"),),
)

LICENSE_RENEWAL = ModuleContract(
    options={
        **renewal.SECTION.options,
        "check": {"type": "bool", "default": False},
        "installed_within_days": {"type": "int", "default": 30},
    },
    sections=lambda options: ((renewal.SECTION, options),),
)

LICENSE_USAGE = ModuleContract(
    options=dict(usage.SECTION.options),
    sections=lambda options: ((usage.SECTION, {**options, "uploads": True}),),
)

LICENSE_PORTS = ModuleContract(
    options=dict(ports.SECTION.options),
    sections=lambda options: ((ports.SECTION, options),),
    required_one_of=(tuple(ports.SECTION.options),),
    files=True,
)

LICENSE_PROXY = ModuleContract(
    options=dict(proxy.SECTION.options),
    sections=lambda options: ((proxy.SECTION, options),),
    required_if=(("state", "present", ("proxy",)),),
    files=True,
)

LICENSE_OPTIONS = ModuleContract(
    options=dict(options_section.SECTION.options),
    sections=lambda options: ((options_section.SECTION, options),),
    required_one_of=(tuple(options_section.SECTION.options),),
    files=True,
)

LICENSE_SETTINGS = ModuleContract(
    options={section.name: {"type": "dict", "options": dict(section.options)} for section in _SETTINGS},
    sections=_settings_sections,
    composite=True,
    files=True,
)
