# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """What the documentation of the modules has in common."""

    DOCUMENTATION = r"""
options:
  admin_address:
    description:
      - URL of the Web Services for Licensing to manage, such as V(https://ls001.example:8083).
      - By default those of the host itself, at V(https://localhost:<port>), the port being the one that the web service
        listens on, else 8083.
      - Set it when the task is delegated to a management host that has the PowerShell snap-in. Then only what the
        cmdlets tell is read; files, services and listening sockets are the management host's, and are left out.
    type: str
  profile:
    description:
      - Rows that say where settings live which Citrix does not document, added to those of the collection; a path on
        the controller to a YAML file, searched for as the files of a playbook or role are, or the list itself.
      - See C(docs/profiles.md) of the collection for the keys of a row.
    type: raw
requirements:
  - "On the controller: C(pywinrm) (connection winrm) or C(pypsrp) (connection psrp)."
  - "On the host: 64-bit Windows PowerShell 5.1, and Citrix' PowerShell snap-in C(Citrix.Licensing.Admin.V1), which is
    installed by C(LicensingAdmin_PowerShellSnapIn_x64.msi) from the folder C(x64\\Licensing) of the Virtual Apps and
    Desktops media."
notes:
  - Runs over the connection that the host already has (winrm, psrp, or ssh to PowerShell). One call of the host if
    nothing has to change, two if something does.
  - Over WinRM, a log-on with NTLM or Kerberos cannot be passed on by Windows to a second service (double hop). If Web
    Services for Licensing refuses it, use C(become) with C(ansible.builtin.runas), CredSSP, or Kerberos delegation.
  - If the host or the connection dies while files are changed, the next task with one of these modules takes that
    change back first, which may restart the services. The task is then changed, and says so in a warning. In check
    mode it says the same and takes nothing back; M(citrixfleet.licensing.license_info) warns only.
  - This is not a Citrix product.
seealso:
  - name: Citrix Licensing Manager, Settings
    description: Citrix' description of the page that these modules set.
    link: https://docs.citrix.com/en-us/licensing/current-release/citrix-licensing-manager/settings.html
author:
  - citrixfleet.licensing contributors (@citrixfleet)
"""

    FILES = r"""
options:
  service_timeout:
    description: Seconds that the services may take to stop, and again to start and to listen; 1 to 3600.
    type: int
    default: 300
  backups:
    description:
      - How many changes are kept on the server with the files as they were before, 0 to 100. The oldest go first.
      - They lie below C(%ProgramData%\citrixfleet.licensing\backup), which only SYSTEM and Administrators can open.
      - A file that somebody had changed again before a failed change was taken back is kept in C(found) beside it, and
        the error says so. Nobody deletes that but you.
    type: int
    default: 5
attributes:
  action_group:
    description:
      - Use C(group/citrixfleet.licensing.license) in C(module_defaults) to set O(admin_address) and O(profile) for all
        modules that take them, C(group/citrixfleet.licensing.license_files) to set O(service_timeout) and O(backups),
        too, for those that may change files.
    support: full
    membership:
      - citrixfleet.licensing.license
      - citrixfleet.licensing.license_files
notes:
  - Files are changed as one, with a manifest on the server while it lasts.
"""

    ATTRIBUTES = r"""
attributes:
  check_mode:
    description: Can run in check mode and say what would change, without changing anything.
    support: full
  diff_mode:
    description: Says what is different, before and after.
    support: full
  idempotent:
    description: A second run with the same options changes nothing.
    support: full
  async:
    description: Can run in the background.
    support: none
  platform:
    description: The hosts that can be managed.
    platforms: windows
    support: full
"""

    ACTION_GROUP = r"""
attributes:
  action_group:
    description:
      - Use C(group/citrixfleet.licensing.license) in C(module_defaults) to set O(admin_address) and O(profile) for all
        modules that take them.
    support: full
    membership:
      - citrixfleet.licensing.license
"""
