# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: license_info
short_description: Everything that can be read of a Citrix License Server
version_added: 0.1.0
description:
  - Reads version and build, services, ports, proxy, supplemental grace period, display language, accounts, sharing of
    usage statistics, historical use, the mode of renewals, the installed license files and the last uploads of a Citrix
    License Server, in one call.
  - What cannot be read is null, with the reason in RV(unreadable), so that a server without the snap-in, or without
    a License Server, still gives a result. What was not asked for is null too.
options:
  gather_subset:
    description:
      - What to read, V(all), V(services), V(ports), V(proxy), V(options), V(accounts), V(usage), V(renewal),
        V(licenses), V(last_uploads).
      - A name with V(!) before it is left out.
    type: list
    elements: str
    default: [all]
extends_documentation_fragment:
  - citrixfleet.licensing.license
  - citrixfleet.licensing.license.attributes
  - citrixfleet.licensing.license.action_group
"""

EXAMPLES = r"""
- name: Read everything
  citrixfleet.licensing.license_info:
  register: license_server

- name: Refuse builds that the License Activation Service does not support offline
  ansible.builtin.assert:
    that: license_server.server.build >= 53100

- name: Read all but the license files
  citrixfleet.licensing.license_info:
    gather_subset: ['!licenses']

# Ad hoc: ansible license_servers -m citrixfleet.licensing.license_info -a 'gather_subset=accounts'
"""

RETURN = r"""
services:
  description: Windows services of the License Server, each with name, display name, state, start mode, process,
    account.
  returned: success
  type: list
  elements: dict
ports:
  description:
    - The three ports, each with the C(port) in force, the C(source) that it was read from, and the C(reason) if it has
      none. C(configured) is the port in the files of O(profile), which takes effect when the services start.
  returned: success
  type: dict
  contains:
    license_server:
      description: License Server port, 27000 by default.
      type: dict
    vendor_daemon:
      description: Citrix vendor daemon port, 7279 by default.
      type: dict
    web_services:
      description: Web Services for Licensing port, 8083 by default.
      type: dict
proxy:
  description: The C(proxy), null for none.
  returned: success
  type: dict
options:
  description:
    - The C(supplemental_grace_period) and the C(display_language), null where no profile says where they are kept, with
      the C(reason).
  returned: success
  type: dict
accounts:
  description: Accounts, as RV(citrixfleet.licensing.license_user#module:after.accounts).
  returned: success
  type: list
  elements: dict
usage:
  description: Settings, as RV(citrixfleet.licensing.license_usage#module:after).
  returned: success
  type: dict
renewal:
  description: Settings, as RV(citrixfleet.licensing.license_renewal#module:after).
  returned: success
  type: dict
licenses:
  description: All license files, as RV(citrixfleet.licensing.license_renewal#module:installed).
  returned: success
  type: list
  elements: dict
last_uploads:
  description: Uploads, as RV(citrixfleet.licensing.license_usage#module:last_uploads).
  returned: success
  type: dict
interfaces:
  description:
    - For each setting of the profiles, and each other key above, the C(interface) that it is read through, the
      C(confidence) in it, V(documented) by Citrix, V(observed) in public, V(recorded) from a server, or V(recalled),
      and the C(source). Null where there is no interface.
  returned: success
  type: dict
before:
  description: Always empty; here for the sake of the same keys in every module.
  returned: success
  type: dict
after:
  description: Always empty.
  returned: success
  type: dict
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
from ansible_collections.citrixfleet.licensing.plugins.module_utils._contracts import LICENSE_INFO


def main() -> None:
    """Carries the argument specification; the work is done by the action plugin of the same name."""
    module = AnsibleModule(supports_check_mode=True, **LICENSE_INFO.arguments)
    module.fail_json(msg="license_info runs on the controller, through its action plugin.")


if __name__ == "__main__":
    main()
