# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: license_settings
short_description: All settings of a Citrix License Server in one task
version_added: 0.1.0
description:
  - Brings several groups of settings of a Citrix License Server to the desired state in one task, which reads
    everything in one call of the host and changes everything in one more. A group of which no option is set is left
    alone.
  - Files are changed and the services restarted once for all groups together.
  - If one change fails, all of them are taken back, but for renewals that were installed.
  - Each group is a module of its own too, with the same options and the same meaning.
options:
  ports:
    description: The three ports, as M(citrixfleet.licensing.license_ports) sets them.
    type: dict
    suboptions:
      license_server:
        description: As O(citrixfleet.licensing.license_ports#module:license_server).
        type: int
      vendor_daemon:
        description: As O(citrixfleet.licensing.license_ports#module:vendor_daemon).
        type: int
      web_services:
        description: As O(citrixfleet.licensing.license_ports#module:web_services).
        type: int
  proxy:
    description: The proxy server, as M(citrixfleet.licensing.license_proxy) sets it.
    type: dict
    suboptions:
      proxy:
        description: As O(citrixfleet.licensing.license_proxy#module:proxy).
        type: str
      state:
        description: As O(citrixfleet.licensing.license_proxy#module:state).
        type: str
        choices: [present, absent]
        default: present
  options:
    description: Grace period and language, as M(citrixfleet.licensing.license_options) sets them.
    type: dict
    suboptions:
      supplemental_grace_period:
        description: As O(citrixfleet.licensing.license_options#module:supplemental_grace_period).
        type: bool
      display_language:
        description: As O(citrixfleet.licensing.license_options#module:display_language).
        type: str
        choices: [chinese_simplified, english, french, german, japanese, spanish]
  accounts:
    description: User and group accounts, as M(citrixfleet.licensing.license_user) sets them.
    type: dict
    suboptions:
      accounts:
        description: The accounts.
        type: list
        elements: dict
        suboptions:
          name:
            description: As O(citrixfleet.licensing.license_user#module:name).
            type: str
            required: true
          type:
            description: As O(citrixfleet.licensing.license_user#module:type).
            type: str
            choices: [user, group]
          role:
            description: As O(citrixfleet.licensing.license_user#module:role).
            type: str
            choices: [administrator, user]
          state:
            description: As O(citrixfleet.licensing.license_user#module:state).
            type: str
            choices: [present, absent]
            default: present
      exclusive:
        description: As O(citrixfleet.licensing.license_user#module:exclusive).
        type: bool
        default: false
      allow_removal_of:
        description: As O(citrixfleet.licensing.license_user#module:allow_removal_of).
        type: list
        elements: str
        choices: [builtin_administrators, connected_account]
        default: []
  renewal:
    description: Customer Success Services renewals, as M(citrixfleet.licensing.license_renewal) sets them.
    type: dict
    suboptions:
      mode:
        description: As O(citrixfleet.licensing.license_renewal#module:mode).
        type: str
        choices: [notify, install, manual]
      install:
        description: As O(citrixfleet.licensing.license_renewal#module:install).
        type: list
        elements: str
        default: []
  usage:
    description: Usage statistics and historical use, as M(citrixfleet.licensing.license_usage) sets them.
    type: dict
    suboptions:
      share_usage_statistics:
        description: As O(citrixfleet.licensing.license_usage#module:share_usage_statistics).
        type: str
        choices: [call_home, anonymous, none]
      collect_historical_use:
        description: As O(citrixfleet.licensing.license_usage#module:collect_historical_use).
        type: bool
      retention_days:
        description: As O(citrixfleet.licensing.license_usage#module:retention_days).
        type: int
      polling_minutes:
        description: As O(citrixfleet.licensing.license_usage#module:polling_minutes).
        type: int
      when_collection_off:
        description: As O(citrixfleet.licensing.license_usage#module:when_collection_off).
        type: str
        choices: [error, enable]
        default: error
extends_documentation_fragment:
  - citrixfleet.licensing.license
  - citrixfleet.licensing.license.files
  - citrixfleet.licensing.license.attributes
"""

EXAMPLES = r"""
- name: A License Server as it should be
  citrixfleet.licensing.license_settings:
    accounts:
      accounts:
        - name: CORP\ctx-admins
          type: group
          role: administrator
    renewal:
      mode: notify
    usage:
      share_usage_statistics: call_home
      retention_days: 365

# Ad hoc: ansible license_servers -m citrixfleet.licensing.license_settings -a '{"renewal": {"mode": "notify"}}'
"""

RETURN = r"""
before:
  description: The settings before the task, by group; groups that were left out are not in it.
  returned: success
  type: dict
after:
  description: The settings after the task, as read back; in check mode as they would be.
  returned: success
  type: dict
notes:
  description:
    - Further return values of each group, by group, such as C(notes.accounts.kept); see the module of the group.
  returned: success
  type: dict
backup:
  description:
    - Folder on the server with the files as they were before the task, and a manifest; null where no file was changed
      or none is kept.
  returned: success
  type: str
server:
  description: The License Server that was asked.
  returned: success
  type: dict
  contains:
    host:
      description: Name of the Windows host.
      type: str
    clock:
      description: Its time, ISO 8601 in UTC.
      type: str
    installed:
      description: Whether a License Server is installed on it.
      type: bool
    version:
      description: Version without the build, such as V(11.17.2.0); null where it is unknown.
      type: str
    build:
      description: Build, such as V(53100).
      type: int
    version_text:
      description: Version as the host writes it.
      type: str
    install_folder:
      description: Folder that holds C(LS), C(MyFiles) and C(WebServicesForLicensing).
      type: str
    license_folder:
      description: Folder of the license files.
      type: str
    web_services_address:
      description: URL that the cmdlets were given.
      type: str
    snapin:
      description: How the snap-in was loaded, V(module) or V(snapin); null where it is missing.
      type: str
    account:
      description: Windows account that the task ran as.
      type: str
    logon_type:
      description: Kind of its log-on, V(network), V(interactive), V(batch), V(service) or V(other).
      type: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.citrixfleet.licensing.plugins.module_utils._contracts import LICENSE_SETTINGS


def main() -> None:
    """Carries the argument specification; the work is done by the action plugin of the same name."""
    module = AnsibleModule(supports_check_mode=True, **LICENSE_SETTINGS.arguments)
    module.fail_json(msg="license_settings runs on the controller, through its action plugin.")


if __name__ == "__main__":
    main()
