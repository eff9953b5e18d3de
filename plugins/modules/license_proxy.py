# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: license_proxy
short_description: The proxy server of a Citrix License Server
version_added: 0.1.0
description:
  - Adds, changes or removes the proxy server that a License Server uses to reach Citrix.
  - Kept in C(WebServicesForLicensing\SimpleLicenseServiceConfig.xml). The file is documented; its element
    C(<Proxy>host:port</Proxy>) was described to us and is not published (recalled). It is written while Web Services
    for Licensing are stopped; if they do not start with it, the old file is put back. Another place can be given in
    O(profile).
  - The page of the Licensing Manager has the field since build 43000. Below that build the file is written all the
    same, and the page does not show it.
options:
  proxy:
    description:
      - The proxy as the page takes it, V(host:port), with a host name, an address, or an IPv6 address in brackets.
      - A scheme and credentials are refused; the License Server has no place for them.
    type: str
  state:
    description: V(present) sets O(proxy), which is then required; V(absent) removes what is set.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - citrixfleet.licensing.license
  - citrixfleet.licensing.license.files
  - citrixfleet.licensing.license.attributes
"""

EXAMPLES = r"""
- name: Reach Citrix through the proxy of the data center
  citrixfleet.licensing.license_proxy:
    proxy: proxy.corp.example:8080

- name: Reach Citrix directly
  citrixfleet.licensing.license_proxy:
    state: absent

# Ad hoc: ansible license_servers -m citrixfleet.licensing.license_proxy -a proxy=[2001:db8::1]:8080 --check --diff
"""

RETURN = r"""
before:
  description: The proxy before the task.
  returned: success
  type: dict
  contains: &proxy
    proxy:
      description: V(host:port); null for none, or where it could not be read, which RV(unreadable) then tells.
      type: str
after:
  description: The proxy after the task, as read back; in check mode as it would be.
  returned: success
  type: dict
  contains: *proxy
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
from ansible_collections.citrixfleet.licensing.plugins.module_utils._contracts import LICENSE_PROXY


def main() -> None:
    """Carries the argument specification; the work is done by the action plugin of the same name."""
    module = AnsibleModule(supports_check_mode=True, **LICENSE_PROXY.arguments)
    module.fail_json(msg="license_proxy runs on the controller, through its action plugin.")


if __name__ == "__main__":
    main()
