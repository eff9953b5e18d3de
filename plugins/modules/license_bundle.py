# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: license_bundle
short_description: Support bundle of a Citrix License Server
version_added: 0.1.0
description:
  - Makes a support bundle on a License Server, brings it to the controller, checks it, and leaves nothing on the
    server.
  - The bundle is a zip of the folders that Citrix names for the support bundle of the Licensing Manager, with a
    manifest. It is made by this collection and is not the file that the Licensing Manager generates; no interface of
    that is documented.
  - The zip is made by a process of its own, which goes on if the connection breaks. The way back is in ranges, each
    with a hash, and is taken up where it broke.
  - Files that are open are read all the same. What cannot be read is left out and told in RV(left_out).
options:
  dest:
    description:
      - Where the bundle goes on the controller. A path that ends in C(.zip) is the file, unless a folder has that name;
        any other is a folder. Folders that are missing are made.
      - V({host}) stands for the name in the inventory, V({date}) for the server's time, V({build}) for its build. In a
        folder the file is called V({host}-{date}-{build}.zip).
    type: path
    required: true
  force:
    description: Whether a file that is there is replaced.
    type: bool
    default: false
  max_age:
    description:
      - Seconds. The newest earlier bundle of the same server at O(dest) that is not older, is whole, and was made with
        the same O(include_private_keys), O(pseudonym_key), O(log_days) and O(log_size) is taken, and no other is made.
      - Else one is made, as without O(max_age); a file that has its very path already is an error without O(force).
    type: int
    default: 0
  include_private_keys:
    description:
      - Whether files with private keys are in the bundle. If not, C(server.key), other files of keys, files that have a
        private key as text anywhere (PEM, OpenPGP, SSH2, PuTTY), zip and gzip files with one of these, and archives
        that cannot be looked into are left out.
    type: bool
    default: false
  pseudonym_key:
    description:
      - With it, names of users and devices in text files (C(user@device), C(DOMAIN\user)) are replaced by pseudonyms,
        which are the same for the same name in all bundles that are made with the same key. At least 16 characters.
    type: str
  log_days:
    description: Logs that were not written in so many days are left out.
    type: int
  log_size:
    description: MiB of logs in the bundle, the newest first; the others are left out.
    type: int
  reserve:
    description: MiB that stay free on the disk of the server; else no bundle is made.
    type: int
    default: 512
  job_timeout:
    description: Seconds that the server may take to make the bundle.
    type: int
    default: 3600
extends_documentation_fragment:
  - citrixfleet.licensing.license.attributes
attributes:
  idempotent:
    description: A second run with the same options changes nothing.
    support: partial
    details: Every run makes a new bundle and is changed, unless there is one that O(max_age) allows to take instead.
requirements:
  - "On the controller: C(pywinrm) (connection winrm) or C(pypsrp) (connection psrp)."
  - "On the host: 64-bit Windows PowerShell 5.1. The snap-in is not needed."
notes:
  - The task keywords C(timeout), C(throttle) and C(serial) hold as for every task. What a run that was killed leaves on
    the server is ended and deleted by the next run from the same controller, or by any run once nobody has asked for it
    for 30 minutes. What it leaves beside O(dest) is deleted after a day by the next run of the same user.
  - The bundle has license files, user names, and configuration in it. On the controller only its owner can read it.
  - This is not a Citrix product.
seealso:
  - name: Citrix Licensing Manager, Settings
    description: Citrix' description of the support bundle.
    link: https://docs.citrix.com/en-us/licensing/current-release/citrix-licensing-manager/settings.html
author:
  - citrixfleet.licensing contributors (@citrixfleet)
"""

EXAMPLES = r"""
- name: Bundles of all License Servers, with pseudonyms
  citrixfleet.licensing.license_bundle:
    dest: /srv/bundles/
    pseudonym_key: "{{ vault_pseudonym_key }}"
    log_days: 14

- name: One bundle a day, whoever asks
  citrixfleet.licensing.license_bundle:
    dest: /srv/bundles/{host}/{date}.zip
    max_age: 86400
  register: bundle

- name: Stop if anything of high importance is missing
  ansible.builtin.assert:
    that: not bundle.missing

# Ad hoc, how large it would be: ansible license_servers -m citrixfleet.licensing.license_bundle -a dest=/tmp/ --check
"""

RETURN = r"""
path:
  description: The bundle on the controller; in check mode where it would be.
  returned: success
  type: str
reused:
  description: Whether it is an earlier bundle, see O(max_age).
  returned: success
  type: bool
size:
  description: Bytes of the bundle; null in check mode.
  returned: success
  type: int
sha256:
  description: Hash of the bundle; null in check mode.
  returned: success
  type: str
files:
  description:
    - The files in it, each with C(path) in the zip, C(size), C(sha256), C(modified), and the number of C(pseudonyms).
      In check mode path and size of the files that would be tried.
  returned: success
  type: list
  elements: dict
files_size:
  description: Bytes of the files before compression.
  returned: success
  type: int
left_out:
  description: What is not in it, and why.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: File in the zip's spelling, or folder of Citrix' table.
      type: str
    reason:
      description:
        - V(missing), V(access_denied), V(sharing_violation), V(path_too_long), V(link), V(confined), V(private_key),
          V(unchecked_archive), V(too_old), V(size_limit), V(failed).
      type: str
    message:
      description: In words.
      type: str
missing:
  description: The rows of Citrix' table of files of high importance of which nothing is in the bundle.
  returned: success
  type: list
  elements: str
seconds:
  description: How long it took; null where no bundle was made.
  returned: success
  type: dict
  contains:
    collecting:
      description: Seconds to make the bundle on the server.
      type: float
    fetching:
      description: Seconds to bring it to the controller.
      type: float
free_on_server:
  description: Bytes free on the server before; null where unknown.
  returned: success
  type: int
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
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.contract import BUNDLE_ARGUMENTS


def main() -> None:
    """Carries the argument specification; the work is done by the action plugin of the same name."""
    module = AnsibleModule(supports_check_mode=True, **BUNDLE_ARGUMENTS)
    module.fail_json(msg="license_bundle runs on the controller, through its action plugin.")


if __name__ == "__main__":
    main()
