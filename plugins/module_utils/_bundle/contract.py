# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""What license_bundle may be asked."""

from __future__ import annotations

import dataclasses
import hmac
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.selection import MEBIBYTE, LogLimits
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError

BUNDLE_ARGUMENTS: t.Mapping[str, t.Any] = {
    "argument_spec": {
        "dest": {"type": "path", "required": True},
        "force": {"type": "bool", "default": False},
        "max_age": {"type": "int", "default": 0},
        "include_private_keys": {"type": "bool", "default": False},
        "pseudonym_key": {"type": "str", "no_log": True},
        "log_days": {"type": "int"},
        "log_size": {"type": "int"},
        "reserve": {"type": "int", "default": 512},
        "job_timeout": {"type": "int", "default": 3600},
    },
}

_SHORTEST_KEY = 16

_RANGES = {
    "max_age": (range(366 * 86400), "seconds, at most a year"),
    "log_days": (range(1, 36501), "days, at least 1"),
    "log_size": (range(1, 1024 * 1024), "MiB, at least 1"),
    "reserve": (range(1024 * 1024), "MiB"),
    "job_timeout": (range(1, 86401), "seconds, at most a day"),
}


@dataclasses.dataclass(frozen=True)
class BundleOptions:
    """What is asked for. ``reserve`` in bytes stays free on the server, ``job_timeout`` in seconds is for the job."""

    limits: LogLimits
    include_private_keys: bool
    pseudonym_key: str | None
    reserve: int
    job_timeout: int

    @classmethod
    def of(cls, options: t.Mapping[str, t.Any]) -> BundleOptions:
        """From validated options. :raises LicenseError: a number is out of range, or the key is too short."""
        for name, (legal, words) in _RANGES.items():
            if options[name] is not None and options[name] not in legal:
                raise LicenseError(f"{name} is {options[name]}; give {words}.")
        key = options["pseudonym_key"]
        if key is not None and len(key) < _SHORTEST_KEY:
            raise LicenseError(f"pseudonym_key is too short; give at least {_SHORTEST_KEY} characters.")
        size = options["log_size"]
        return cls(
            limits=LogLimits(options["log_days"], size * MEBIBYTE if size is not None else None),
            include_private_keys=options["include_private_keys"],
            pseudonym_key=key,
            reserve=options["reserve"] * MEBIBYTE,
            job_timeout=options["job_timeout"],
        )

    def fingerprint(self) -> dict[str, t.Any]:
        """What decides the content of a bundle, for the manifest; of the key what does not tell it."""
        key = self.pseudonym_key
        digest = hmac.new(key.encode(), b"citrixfleet.licensing bundle", "sha256").hexdigest()[:16] if key else None
        return {
            "log_days": self.limits.days,
            "log_size": self.limits.size,
            "private_keys": self.include_private_keys,
            "pseudonyms": digest,
        }
