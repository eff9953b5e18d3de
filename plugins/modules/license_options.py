# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: license_options
short_description: Supplemental grace period and display language of a Citrix License Server
version_added: 0.1.0
description:
  - Enables or disables the supplemental grace period, and sets the display language of the Licensing Manager.
  - Where Citrix keeps the two is not documented. A change takes a row of a profile of yours (O(profile)); without one
    it is refused before anything is touched.
  - Files are written while the services that read them are stopped; the services are started once, and if they do not
    come back, the old files are.
options:
  supplemental_grace_period:
    description:
      - Whether the product allows unlimited connections for 15 days once the licenses are used up.
      - Left out, it stays as it is.
    type: bool
  display_language:
    description: Language of the Licensing Manager for all of its users. Left out, it stays as it is.
    type: str
    choices: [chinese_simplified, english, french, german, japanese, spanish]
extends_documentation_fragment:
  - citrixfleet.licensing.license
  - citrixfleet.licensing.license.files
  - citrixfleet.licensing.license.attributes
"""

EXAMPLES = r"""
- name: Enable the supplemental grace period
  citrixfleet.licensing.license_options:
    supplemental_grace_period: true
    profile: files/our-license-servers.yml

- name: The same with the row in the task
  citrixfleet.licensing.license_options:
    supplemental_grace_period: true
    profile:
      - setting: supplemental_grace_period
        interface: document
        places:
          - file: MyFiles\CITRIX.opt
            format: options_file
            selector: OUR_OWN_EXAMPLE
        values:
          enabled: 'on'
          disabled: 'off'
        restart: [Citrix Licensing]
        builds: [11.17.2.0-53100]
        source: an example, which stands for what was recorded on a server of ours
        confidence: recorded
"""

RETURN = r"""
before:
  description: The settings before the task.
  returned: success
  type: dict
  contains: &options
    supplemental_grace_period:
      description: Whether it is enabled; null where it could not be read, which RV(unreadable) then tells.
      type: bool
    display_language:
      description: One of the choices of O(display_language); null where it could not be read.
      type: str
after:
  description: The settings after the task, as read back; in check mode as they would be.
  returned: success
  type: dict
  contains: *options
interfaces:
  description:
    - For each setting, its C(interface) on this build, the C(confidence) in it and its C(source); null where the
      profiles have none.
  returned: success
  type: dict
unreadable:
  description: What could not be read, and why.
  returned: success
  type: list
  elements: dict
  contains:
    what:
      description: Name of the setting that is null.
      type: str
    reason:
      description: Why, in one line.
      type: str
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
from ansible_collections.citrixfleet.licensing.plugins.module_utils._contracts import LICENSE_OPTIONS


def main() -> None:
    """Carries the argument specification; the work is done by the action plugin of the same name."""
    module = AnsibleModule(supports_check_mode=True, **LICENSE_OPTIONS.arguments)
    module.fail_json(msg="license_options runs on the controller, through its action plugin.")


if __name__ == "__main__":
    main()
