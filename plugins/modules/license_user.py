# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: license_user
short_description: User and group accounts of a Citrix License Server
version_added: 0.1.0
description:
  - Sets which users and groups may administer or read a Citrix License Server, as the tab Account of the Citrix
    Licensing Manager does.
  - Adds and changes accounts, reads them back, and only then demotes and removes others. If something fails on the
    way, what was done is taken back. At least one administrator always stays.
  - Interface C(Get-), C(New-), C(Set-) and C(Remove-LicAdministrator), documented by Citrix for Active Directory
    accounts. That they take local accounts, as the page does, is not documented.
  - Citrix publishes no minimum version of these cmdlets; the examples of its SDK pages are of 11.11.
options:
  name:
    description:
      - The account, as C(DOMAIN\name), C(name@domain), C(COMPUTER\name), C(.\name), or a SID.
      - Accounts are compared by SID, so any spelling will do. An account whose name no longer resolves can be
        removed by its SID.
      - Mutually exclusive with O(accounts).
    type: str
  type:
    description:
      - Whether the account is a user or a group.
      - Needed to add an account; left out, an existing one keeps its type.
      - It is what the License Server is told; whether Windows has a user or a group of that name is not looked up.
    type: str
    choices: [user, group]
  role:
    description:
      - V(administrator) has full permission. V(user) has read-only access through Studio and cannot log in to the
        Licensing Manager.
      - Needed to add an account; left out, an existing one keeps its role.
    type: str
    choices: [administrator, user]
  state:
    description:
      - Whether the account is to be on the list, V(present) if left out.
      - Mutually exclusive with O(accounts).
    type: str
    choices: [present, absent]
  accounts:
    description: Several accounts, all set in one go. Mutually exclusive with O(name), O(type), O(role) and O(state).
    type: list
    elements: dict
    suboptions:
      name:
        description: As O(name).
        type: str
        required: true
      type:
        description: As O(type).
        type: str
        choices: [user, group]
      role:
        description: As O(role).
        type: str
        choices: [administrator, user]
      state:
        description: As O(state).
        type: str
        choices: [present, absent]
        default: present
  exclusive:
    description:
      - Remove every account that is not named with O(state=present).
      - The group C(BUILTIN\Administrators) and the account that the task runs as stay while they are administrators
        (see RV(kept)), unless O(allow_removal_of) names them.
    type: bool
    default: false
  allow_removal_of:
    description:
      - Protected administrators that may be removed or demoted.
      - V(builtin_administrators) is the group with the SID C(S-1-5-32-544), V(connected_account) the account that
        the task runs as.
    type: list
    elements: str
    choices: [builtin_administrators, connected_account]
    default: []
extends_documentation_fragment:
  - citrixfleet.licensing.license
  - citrixfleet.licensing.license.attributes
  - citrixfleet.licensing.license.action_group
"""

EXAMPLES = r"""
- name: Let the Citrix administrators administer every License Server
  citrixfleet.licensing.license_user:
    name: CORP\ctx-admins
    type: group
    role: administrator

- name: Exactly these accounts, and the protected ones
  citrixfleet.licensing.license_user:
    exclusive: true
    accounts:
      - name: CORP\ctx-admins
        type: group
        role: administrator
      - name: helpdesk@corp.example
        type: group
        role: user

- name: Remove an account that was deleted from the domain
  citrixfleet.licensing.license_user:
    name: S-1-5-21-1315084875-1285793635-2418123456-1107
    state: absent

- name: Manage a License Server without the snap-in from a management host
  citrixfleet.licensing.license_user:
    name: CORP\ctx-admins
    type: group
    role: administrator
    admin_address: https://ls001.corp.example:8083
  delegate_to: management01

# Ad hoc, with the backslash doubled, since key=value arguments know escapes such as \a and \n:
# ansible license_servers -m citrixfleet.licensing.license_user -a 'name=CORP\\ctx-admins type=group role=administrator'
"""

RETURN = r"""
before:
  description: The accounts before the task.
  returned: success
  type: dict
  contains: &state
    accounts:
      description: All accounts, sorted by name.
      type: list
      elements: dict
      contains:
        name:
          description: Name as the License Server lists it.
          type: str
        sid:
          description: Security identifier.
          type: str
        type:
          description: V(user) or V(group).
          type: str
        role:
          description: V(administrator) or V(user).
          type: str
after:
  description: The accounts after the task, as read back; in check mode as they would be.
  returned: success
  type: dict
  contains: *state
kept:
  description: Accounts that O(exclusive) would have removed but for their protection, with the reason.
  returned: success
  type: list
  elements: dict
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
from ansible_collections.citrixfleet.licensing.plugins.module_utils._contracts import LICENSE_USER


def main() -> None:
    """Carries the argument specification; the work is done by the action plugin of the same name."""
    module = AnsibleModule(supports_check_mode=True, **LICENSE_USER.arguments)
    module.fail_json(msg="license_user runs on the controller, through its action plugin.")


if __name__ == "__main__":
    main()
