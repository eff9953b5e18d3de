# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Runs cases of the agent contract: the real text of the agent, with shim.psm1 in place of _agent_windows*.psm1. Each
# case has a runspace of its own, into which the files are loaded as Ansible loads them.
#
# -Job names a JSON file: {"modules": [path of a .psm1, ...], "script": path of _agent.ps1,
#   "cases": [{"host": path of a JSON file, "request": path of a text file, "result": path to write}, ...]}
# A result is {"output": [text, ...], "errors": [text, ...], "host": {what a request can change}, "running": [ids of the
# processes of jobs]}.
[CmdletBinding()] param([Parameter(Mandatory)] [string]$Job)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$script:ModulePath = $env:PSModulePath
$script:Loader = @'
param([string]$Text)
New-Module -ScriptBlock ([scriptblock]::Create($Text)) | Import-Module -Scope Global -DisableNameChecking
'@

# Makes what ConvertTo-Json writes as it was read: dates round trip, and only the keys that are wanted.
function ConvertTo-ShimResult {
    [CmdletBinding()] param($Value)
    if ($Value -is [datetime]) { return $Value.ToString('o') }
    if ($Value -is [string] -or $null -eq $Value -or $Value -is [ValueType]) { return $Value }
    if ($Value -is [Collections.IEnumerable]) { return , @(foreach ($item in $Value) { ConvertTo-ShimResult $item }) }
    $copy = [ordered]@{}
    foreach ($property in $Value.PSObject.Properties) {
        if ($property.Name -ne 'noted') { $copy[$property.Name] = ConvertTo-ShimResult $property.Value }
    }
    return $copy
}

# Runs one case and writes its result.
function Invoke-ShimCase {
    [CmdletBinding()] param($Case, $Plan)
    $shimHost = ConvertFrom-Json -InputObject ([IO.File]::ReadAllText($Case.host))
    $paths = @($script:ModulePath, $shimHost.module_path | Where-Object { $_ })
    $env:PSModulePath = $paths -join [IO.Path]::PathSeparator
    $env:SHIM_INSTALL = $shimHost.install
    $shell = [powershell]::Create()
    try {
        $shell.Runspace.SessionStateProxy.SetVariable('ErrorActionPreference', 'Stop')
        $shell.Runspace.SessionStateProxy.SetVariable('ShimHost', $shimHost)
        $arguments = @{ request = [IO.File]::ReadAllText($Case.request) }
        $shell.Runspace.SessionStateProxy.SetVariable('complex_args', $arguments)
        foreach ($path in $Plan.modules) {
            $null = $shell.AddScript($script:Loader).AddParameter('Text', [IO.File]::ReadAllText($path)).AddStatement()
        }
        $null = $shell.AddScript([IO.File]::ReadAllText($Plan.script))
        $output = @()
        $errors = @()
        try { $output = @($shell.Invoke() | ForEach-Object { [string]$_ }) }
        catch {
            # The error is the agent's; that it came out of Invoke() says nothing.
            $record = $_
            if ($_.Exception.InnerException -is [Management.Automation.RuntimeException]) {
                $record = $_.Exception.InnerException.ErrorRecord
            }
            $errors = @([string]$record, [string]$record.ScriptStackTrace)
        }
        # A work folder that the request deleted, and one that it made.
        $work = $null
        if ([IO.Directory]::Exists($shimHost.work)) { $work = $shimHost.work_folder }
        $running = @($shimHost.jobs | Where-Object { $_.state -eq 'running' } | ForEach-Object { $_.process_id })
        $result = @{
            output  = $output
            errors  = @($errors) + @($shell.Streams.Error | ForEach-Object { [string]$_ })
            running = $running
            host    = @{
                work_folder = $work
                services    = ConvertTo-ShimResult $shimHost.services
                listeners   = ConvertTo-ShimResult $shimHost.listeners
                firewall    = ConvertTo-ShimResult $shimHost.firewall
                snapin      = ConvertTo-ShimResult $shimHost.snapin
            }
        }
        [IO.File]::WriteAllText($Case.result, (ConvertTo-Json -InputObject $result -Depth 20 -Compress))
    }
    finally { $shell.Dispose() }
}

$plan = ConvertFrom-Json -InputObject ([IO.File]::ReadAllText($Job))
foreach ($case in $plan.cases) { Invoke-ShimCase -Case $case -Plan $plan }
