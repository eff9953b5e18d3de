# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.citrixfleet.licensing.plugins.plugin_utils._bundle_action import BundleAction


class ActionModule(BundleAction):
    """Runs ``license_bundle`` on the controller."""
