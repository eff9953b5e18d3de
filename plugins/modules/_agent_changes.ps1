#!powershell

# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

#AnsibleRequires -PowerShell ..module_utils._agent
#AnsibleRequires -PowerShell ..module_utils._agent_changes
#AnsibleRequires -PowerShell ..module_utils._agent_facts
#AnsibleRequires -PowerShell ..module_utils._agent_files
#AnsibleRequires -PowerShell ..module_utils._agent_firewall
#AnsibleRequires -PowerShell ..module_utils._agent_folders
#AnsibleRequires -PowerShell ..module_utils._agent_licensing
#AnsibleRequires -PowerShell ..module_utils._agent_request
#AnsibleRequires -PowerShell ..module_utils._agent_services
#AnsibleRequires -PowerShell ..module_utils._agent_windows
#AnsibleRequires -PowerShell ..module_utils._agent_windows_firewall

Invoke-Agent $complex_args['request']
