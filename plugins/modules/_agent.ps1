#!powershell

# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

#AnsibleRequires -PowerShell ..module_utils._agent
#AnsibleRequires -PowerShell ..module_utils._agent_changes
#AnsibleRequires -PowerShell ..module_utils._agent_facts
#AnsibleRequires -PowerShell ..module_utils._agent_files
#AnsibleRequires -PowerShell ..module_utils._agent_licensing
#AnsibleRequires -PowerShell ..module_utils._agent_windows

if ($ExecutionContext.SessionState.LanguageMode -eq 'FullLanguage') {
    Invoke-Agent $complex_args['request']
    return
}
# Constrained language allows no methods and no conversions: what is asked is answered here, in constant text.
$shell = '{"windows":true,"edition":"' + $PSVersionTable.PSEdition + '","version":"' + $PSVersionTable.PSVersion +
    '","bits":64,"language_mode":"' + $ExecutionContext.SessionState.LanguageMode + '"}'
$server = '{"ok":true,"value":{"shell":' + $shell + ',"host":null,"user":null,"installation":null,"services":null,' +
    '"snapin":null,"admin_address":null}}'
$refusal = '{"ok":false,"error":{"kind":"unsupported_shell","message":"PowerShell runs in constrained language mode.",' +
    '"detail":{"reason":"language_mode"}}}'
$results = foreach ($operation in (ConvertFrom-Json -InputObject $complex_args['request']).ops) {
    if ($operation.op -eq 'server') { $server }
    else { $refusal }
}
'{"v":1,"failed":false,"results":[' + ($results -join ',') + '],"undone":[]}'
