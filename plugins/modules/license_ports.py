# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: license_ports
short_description: The three ports of a Citrix License Server
version_added: 0.1.0
description:
  - Sets the ports of the License Server, of the Citrix vendor daemon and of Web Services for Licensing.
  - Reads the ports in force with C(Get-LicLocation), documented by Citrix, and from the listening sockets. Where the
    ports are kept is not documented; to change them takes a row of a profile of yours (O(profile)). Without one, a
    port that is as asked for is unchanged, and a change is refused before anything is touched.
  - Refuses ports that another process listens on, and equal ones.
  - Writes every place that the rows name while the services are stopped, moves the local ports of the License Server's
    rules in Windows Firewall, starts the services once, waits until they listen, and reads back. If one of these fails,
    the old files, rules and services are put back.
  - Later tasks of the same play find Web Services for Licensing at their new port by themselves, unless they are given
    O(admin_address).
options:
  license_server:
    description: License Server port, 27000 by default. Left out, it stays as it is.
    type: int
  vendor_daemon:
    description: Citrix vendor daemon port, 7279 by default. Left out, it stays as it is.
    type: int
  web_services:
    description: Web Services for Licensing port, 8083 by default. Left out, it stays as it is.
    type: int
extends_documentation_fragment:
  - citrixfleet.licensing.license
  - citrixfleet.licensing.license.files
  - citrixfleet.licensing.license.attributes
"""

EXAMPLES = r"""
- name: Move the vendor daemon away from a port that is taken
  citrixfleet.licensing.license_ports:
    vendor_daemon: 7280
    profile: files/our-license-servers.yml
  register: ports

- name: Say who has to be told
  ansible.builtin.debug:
    var: ports.dependents

# Ad hoc, to compare: ansible license_servers -m citrixfleet.licensing.license_ports -a web_services=8083 --check
"""

RETURN = r"""
before:
  description: The ports before the task, those in force where the services run.
  returned: success
  type: dict
  contains: &ports
    license_server:
      description: License Server port.
      type: int
    vendor_daemon:
      description: Citrix vendor daemon port.
      type: int
    web_services:
      description: Web Services for Licensing port.
      type: int
after:
  description: The ports after the task, as read back; in check mode as they would be.
  returned: success
  type: dict
  contains: *ports
in_force:
  description:
    - For each port, the C(port) in force, the C(source) that told it, V(Get-LicLocation) or V(listener), and the
      C(reason) if nobody did.
  returned: success
  type: dict
configured:
  description: The ports that the files of the profile's rows name, null where there is no row.
  returned: success
  type: dict
  contains: *ports
dependents:
  description: What others have to change, since they point at a port that moves.
  returned: success
  type: list
  elements: dict
  contains:
    port:
      description: Which of the three.
      type: str
    before:
      description: Old port.
      type: int
    after:
      description: New port.
      type: int
    change:
      description: Who or what has to be told.
      type: str
firewall:
  description: Rules of Windows Firewall that name an old port.
  returned: success
  type: list
  elements: dict
  contains:
    rule:
      description: Name of a rule that moves; display name of one that is left alone.
      type: str
    before:
      description: Its local ports before; null if it is left alone.
      type: list
      elements: str
    after:
      description: Its local ports after; null if it is left alone.
      type: list
      elements: str
    reason:
      description: Why it is left alone, else null.
      type: str
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
from ansible_collections.citrixfleet.licensing.plugins.module_utils._contracts import LICENSE_PORTS


def main() -> None:
    """Carries the argument specification; the work is done by the action plugin of the same name."""
    module = AnsibleModule(supports_check_mode=True, **LICENSE_PORTS.arguments)
    module.fail_json(msg="license_ports runs on the controller, through its action plugin.")


if __name__ == "__main__":
    main()
