# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""The action behind license_bundle: Ansible's side of collecting a support bundle."""

from __future__ import annotations

import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.contract import (
    BUNDLE_ARGUMENTS,
    BundleOptions,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.destination import Names, check_template
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.errors import naming
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.flow import Collector
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.survey import read_survey
from ansible_collections.citrixfleet.licensing.plugins.plugin_utils._action import WindowsAction
from ansible_collections.citrixfleet.licensing.plugins.plugin_utils._bundle_controller import this_controller
from ansible_collections.citrixfleet.licensing.plugins.plugin_utils._bundle_files import Destination
from ansible_collections.citrixfleet.licensing.plugins.plugin_utils._bundle_result import Bundle
from ansible_collections.citrixfleet.licensing.plugins.plugin_utils._transport import ConnectionTransport


class BundleAction(WindowsAction):
    """Makes a bundle on the server, brings it here, checks it, and cleans up."""

    def arguments(self) -> dict[str, t.Any]:
        """See :class:`WindowsAction`."""
        return dict(BUNDLE_ARGUMENTS)

    def perform(self, options: dict[str, t.Any], variables: dict[str, t.Any]) -> dict[str, t.Any]:
        """See :class:`WindowsAction`."""
        check_template(options["dest"])
        asked = BundleOptions.of(options)
        transport = ConnectionTransport(self, variables)
        host = str(self._task.delegate_to or variables.get("inventory_hostname", self._play_context.remote_addr))
        controller = this_controller(host)
        survey = read_survey(transport, asked.limits, controller.is_gone)
        checking = bool(self._task.check_mode)
        with naming(survey.server):
            destination = Destination(options["dest"], Names.of(host, survey.server), options["force"])
            collector = Collector(transport, asked, controller, survey)
            if not checking:
                collector.clean()
            earlier = destination.find_earlier(survey.header(asked), options["max_age"])
            if earlier is not None:
                bundle = Bundle.earlier(survey, earlier)
            elif checking:
                destination.require_free()
                bundle = Bundle.expected(survey, destination.path)
            else:
                destination.require_free()
                destination.prepare_folder()
                collected = collector.collect(destination.open, destination.require_room)
                bundle = Bundle.collected(survey, destination.path, collected)
        return {**bundle.to_result(), "warnings": collector.warnings}
