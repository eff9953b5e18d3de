# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: license_renewal
short_description: Customer Success Services renewals of a Citrix License Server
version_added: 0.1.0
description:
  - Sets how a Citrix License Server handles Customer Success Services renewal licenses, checks for available ones
    now, installs chosen ones, and lists the licenses installed in the last days.
  - Interface C(Get-) and C(Set-LicSARenewalOptions), C(Get-LicRenewals), C(Install-LicRenewals), documented by
    Citrix; the list of licenses is made of the license files in C(MyFiles).
  - Needs License Server 11.14 or later. Servers that use the License Activation Service have no license files to
    renew.
options:
  mode:
    description:
      - What the weekly check for renewal licenses does.
      - V(notify) checks and notifies, V(install) checks and installs, V(manual) leaves the check to people.
      - Left out, the mode stays as it is.
    type: str
    choices: [notify, install, manual]
  check:
    description: Check for available renewals now. The License Server asks Citrix for them, so it needs a way out.
    type: bool
    default: false
  install:
    description:
      - Fulfillment IDs of the renewals to install, or the one word V(all).
      - An ID that is not available is unchanged if a license file has it in its name or as part of a serial number,
        else an error.
      - An installation cannot be taken back.
    type: list
    elements: str
    default: []
  installed_within_days:
    description: List the license files of this many days, 1 to 36500, by the host's clock.
    type: int
    default: 30
extends_documentation_fragment:
  - citrixfleet.licensing.license
  - citrixfleet.licensing.license.attributes
  - citrixfleet.licensing.license.action_group
"""

EXAMPLES = r"""
- name: Install renewals as they come
  citrixfleet.licensing.license_renewal:
    mode: install

- name: See what could be renewed, without touching the mode
  citrixfleet.licensing.license_renewal:
    check: true
  register: renewals

- name: Install everything that is available
  citrixfleet.licensing.license_renewal:
    install: all

# Ad hoc: ansible license_servers -m citrixfleet.licensing.license_renewal -a 'check=true' --check
"""

RETURN = r"""
before:
  description: The settings before the task.
  returned: success
  type: dict
  contains: &state
    mode:
      description: V(notify), V(install) or V(manual).
      type: str
after:
  description: The settings after the task, as read back; in check mode as they would be.
  returned: success
  type: dict
  contains: *state
available:
  description: Renewals that are available (after an installation, those that still are); null unless asked for.
  returned: success
  type: list
  elements: dict
  contains:
    fulfillment_id:
      description: What O(install) takes.
      type: str
    product:
      description: Product, edition and model.
      type: str
    serial_number:
      description: Serial number.
      type: str
    customer_success_services_date:
      description: Date until which the services are paid, ISO 8601.
      type: str
    quantity:
      description: Number of licenses.
      type: int
renewals_installed:
  description: Fulfillment IDs that this task installed, or in check mode would install.
  returned: success
  type: list
  elements: str
installed:
  description: License files of the last O(installed_within_days) days; the startup license is left out.
  returned: success
  type: list
  elements: dict
  contains:
    file:
      description: Name of the file.
      type: str
    date:
      description: When it was installed, ISO 8601.
      type: str
    date_source:
      description: Which date that is, V(file_created) (creation of the file) or V(issued) (the latest C(ISSUED=) in
        it).
      type: str
    licenses:
      description: The licenses in it, each with feature, count, dates, type and serial number.
      type: list
      elements: dict
unreadable:
  description: What could not be read, and why.
  returned: success
  type: list
  elements: dict
  contains:
    what:
      description: Name of the return value that is null.
      type: str
    reason:
      description: Why, in one line.
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
from ansible_collections.citrixfleet.licensing.plugins.module_utils._contracts import LICENSE_RENEWAL


def main() -> None:
    """Carries the argument specification; the work is done by the action plugin of the same name."""
    module = AnsibleModule(supports_check_mode=True, **LICENSE_RENEWAL.arguments)
    module.fail_json(msg="license_renewal runs on the controller, through its action plugin.")


if __name__ == "__main__":
    main()
