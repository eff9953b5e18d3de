# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: license_usage
short_description: Usage statistics and historical use of a Citrix License Server
version_added: 0.1.0
description:
  - Sets whether a Citrix License Server shares usage statistics with Citrix (Customer Experience Improvement
    Program and Call Home) and how long it keeps historical use, and reports the last uploads.
  - Sharing is voluntary. It is not the compliance upload, which Citrix requires since 11.17.2 build 40000 and which
    has no documented switch.
  - Interface C(Get-) and C(Set-LicCEIPOption), C(Get-) and C(Set-LicConfigUsageSamples), documented by Citrix; that
    their retention period is the one of the page is inferred. Uploads are read from C(LS\logs\log_ctxuploader.log),
    of which one block is public (observed).
  - Needs License Server 11.12.1 or later.
options:
  share_usage_statistics:
    description:
      - V(call_home) shares statistics with the identity of the server, which includes the Customer Experience
        Improvement Program; V(anonymous) shares them without; V(none) shares nothing.
      - Newer builds describe Call Home only; whether they still take V(anonymous) is not documented.
      - Left out, it stays as it is.
    type: str
    choices: [call_home, anonymous, none]
  collect_historical_use:
    description: Whether samples of the license use are collected. Left out, it stays as it is.
    type: bool
  retention_days:
    description: How many days samples are kept, at least 30. Left out, it stays as it is.
    type: int
  polling_minutes:
    description: Minutes between two samples, 5 to 1440; Citrix recommends 15. Left out, it stays as it is.
    type: int
  when_collection_off:
    description:
      - What to do if O(retention_days) or O(polling_minutes) is given and the collection is off.
      - V(error) changes nothing and says so, V(enable) switches the collection on.
    type: str
    choices: [error, enable]
    default: error
extends_documentation_fragment:
  - citrixfleet.licensing.license
  - citrixfleet.licensing.license.attributes
  - citrixfleet.licensing.license.action_group
"""

EXAMPLES = r"""
- name: Share nothing, and keep two years of historical use
  citrixfleet.licensing.license_usage:
    share_usage_statistics: none
    retention_days: 730
    when_collection_off: enable

- name: Report the last uploads
  citrixfleet.licensing.license_usage:
  register: usage

- name: Stop where the last compliance upload failed
  ansible.builtin.assert:
    that: usage.last_uploads.compliance.outcome == 'success'
    fail_msg: "{{ usage.last_uploads.compliance.reason }} {{ usage.last_uploads.compliance.hint }}"

# Ad hoc: ansible license_servers -m citrixfleet.licensing.license_usage -a 'retention_days=730' --check --diff
"""

RETURN = r"""
before:
  description: The settings before the task.
  returned: success
  type: dict
  contains: &state
    share_usage_statistics:
      description: V(call_home), V(anonymous) or V(none).
      type: str
    collect_historical_use:
      description: Whether samples are collected.
      type: bool
    retention_days:
      description: Days that samples are kept; null while nothing is collected.
      type: int
    polling_minutes:
      description: Minutes between two samples; null while nothing is collected.
      type: int
after:
  description: The settings after the task, as read back; in check mode as they would be.
  returned: success
  type: dict
  contains: *state
last_uploads:
  description: The last upload of each program, null for one that the log does not have.
  returned: success
  type: dict
  contains:
    ceip:
      description: Customer Experience Improvement Program.
      type: dict
      contains:
        outcome:
          description: V(success) or V(failure).
          type: str
        time:
          description: When, ISO 8601 in UTC.
          type: str
        code:
          description: Code of the uploader.
          type: str
        reason:
          description: Its message.
          type: str
        upload_type:
          description: Type as the log spells it.
          type: str
        confidence:
          description: V(observed) for the one type that is public, else V(recalled); the type was assigned by its
            words.
          type: str
        hint:
          description: What to look at after a failure, else null.
          type: str
    call_home:
      description: Call Home, as RV(last_uploads.ceip).
      type: dict
    service_provider:
      description: Citrix Service Provider, as RV(last_uploads.ceip).
      type: dict
    compliance:
      description: Compliance, as RV(last_uploads.ceip).
      type: dict
    other:
      description: Uploads of types that belong to none of these.
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
from ansible_collections.citrixfleet.licensing.plugins.module_utils._contracts import LICENSE_USAGE


def main() -> None:
    """Carries the argument specification; the work is done by the action plugin of the same name."""
    module = AnsibleModule(supports_check_mode=True, **LICENSE_USAGE.arguments)
    module.fail_json(msg="license_usage runs on the controller, through its action plugin.")


if __name__ == "__main__":
    main()
