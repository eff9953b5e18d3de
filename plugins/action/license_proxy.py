# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.citrixfleet.licensing.plugins.module_utils._contracts import LICENSE_PROXY
from ansible_collections.citrixfleet.licensing.plugins.plugin_utils._action import LicenseAction


class ActionModule(LicenseAction):
    """Runs ``license_proxy`` on the controller."""

    MODULE = LICENSE_PROXY
