# GNU General Public License v3.0+ (see LICENSE)
# Here: the rules of Windows Firewall.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

# Says whether local ports as Windows keeps them name one of some ports. "Any" and other words name none.
function Test-AgentPort {
    param([string[]]$LocalPorts, [int[]]$Ports)
    foreach ($text in $LocalPorts) {
        if ($text -notmatch '\A[0-9]{1,5}(-[0-9]{1,5})?\z') { continue }
        $range = $text.Split('-')
        foreach ($port in $Ports) { if ([int]$range[0] -le $port -and $port -le [int]$range[-1]) { return $true } }
    }
    return $false
}

# Operation firewall.read. Without a License Server, no program is its own.
function Read-AgentFirewall {
    [CmdletBinding()] param([int[]]$Ports, [string[]]$DisplayNames = @())
    $folder = $null
    $installation = Get-AgentInstallation
    if ($installation) { $folder = $installation.install.TrimEnd('\') + '\' }
    $found = [Collections.Generic.SortedDictionary[string, object]]::new([StringComparer]::Ordinal)
    foreach ($rule in Get-AgentFirewallRule) {
        $own = $false
        if ($rule.program) {
            $rule.program = [Environment]::ExpandEnvironmentVariables($rule.program)
            $own = $folder -and $rule.program.StartsWith($folder, 'OrdinalIgnoreCase')
        }
        if ($own -or $DisplayNames -contains $rule.display_name -or (Test-AgentPort $rule.local_ports $Ports)) {
            $place = $rule.name.ToUpperInvariant() + "`0" + $rule.source
            $found[$place] = $rule
        }
    }
    return , @($found.Values)
}

# Operation firewall.write.
function Write-AgentFirewall {
    [CmdletBinding()] param([string]$Name, [string[]]$LocalPorts, [string[]]$Replaces)
    $filter = Get-AgentPortFilter $Name
    if (-not $filter) { Stop-Agent not_found "The local policy has no firewall rule '$Name'." @{ name = $Name } }
    $found = [string[]]@(foreach ($port in $filter.LocalPort) { $port })
    $set = [Collections.Generic.HashSet[string]]::new($found, [StringComparer]::OrdinalIgnoreCase)
    if (-not $set.SetEquals($Replaces)) {
        Stop-Agent changed "The firewall rule '$Name' is not as expected." @{ name = $Name; local_ports = $found }
    }
    Set-AgentPortFilter $filter $LocalPorts
    return @{ local_ports = $LocalPorts }
}
