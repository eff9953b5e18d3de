# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""Errors of license_bundle, in the words of all modules where these hold for it."""

from __future__ import annotations

import contextlib
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils import _explain
from ansible_collections.citrixfleet.licensing.plugins.module_utils._describe import describe_place
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._exchange import OperationError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._server import ServerFacts

_NOT_INSTALLED = (
    "No License Server is installed here (no registry key of it). Run the task on the License Server itself."
)


def explain(error: OperationError, server: ServerFacts) -> str:
    """What failed and what to do; this module has no ``admin_address``, which is what the others advise."""
    return _NOT_INSTALLED if error.kind == "not_installed" else _explain.explain(error, server)


@contextlib.contextmanager
def naming(server: ServerFacts) -> t.Iterator[None]:
    """Errors end in the host and its version, as those of all modules do once these are known."""
    try:
        yield
    except LicenseError as error:
        raise LicenseError(f"{error} [{describe_place(server)}]", error.changed) from error
