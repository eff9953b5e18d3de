# GNU General Public License v3.0+ (see LICENSE)
# Here: of what only Windows has (see _agent_windows.psm1), its firewall.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

# Lists the inbound rules of the local policy and of group policy. Each store is asked by itself: a name may be in both.
# It is asked three times, and the answers joined: to ask for the ports of one rule after the other takes minutes.
function Get-AgentFirewallRule {
    $stores = [ordered]@{ PersistentStore = 'local'; RSOP = 'group_policy' }
    foreach ($store in $stores.Keys) {
        try { $rules = @(Get-NetFirewallRule -PolicyStore $store -ErrorAction Stop) }
        catch {
            # No group policy has any. (The local policy always has some.)
            if ($store -eq 'RSOP' -and [string]$_.CategoryInfo.Category -eq 'ObjectNotFound') { continue }
            throw
        }
        if ($rules.Count -eq 0) { continue }
        $ports = @{}
        foreach ($filter in Get-NetFirewallPortFilter -PolicyStore $store -ErrorAction Stop) {
            $ports[$filter.InstanceID] = $filter
        }
        $programs = @{}
        foreach ($filter in Get-NetFirewallApplicationFilter -PolicyStore $store -ErrorAction Stop) {
            $programs[$filter.InstanceID] = $filter.Program
        }
        foreach ($rule in $rules) {
            $port = $ports[$rule.InstanceID]
            # Without its ports, it was deleted in the meantime.
            if (-not $port -or [string]$rule.Direction -ne 'Inbound') { continue }
            $program = $programs[$rule.InstanceID]
            if ($program -eq 'Any') { $program = $null }
            [ordered]@{
                name         = $rule.InstanceID
                display_name = $rule.DisplayName
                enabled      = [string]$rule.Enabled -eq 'True'
                action       = [string]$rule.Action
                program      = $program
                protocol     = $port.Protocol
                local_ports  = @(foreach ($one in $port.LocalPort) { [string]$one })
                source       = $stores[$store]
            }
        }
    }
}

# Gets the port filter of one rule of the local policy; nothing if there is no such rule. (-Name takes wildcards.)
function Get-AgentPortFilter {
    param([string]$Name)
    foreach ($filter in Get-NetFirewallPortFilter -PolicyStore PersistentStore -ErrorAction Stop) {
        if ($filter.InstanceID -eq $Name) { return $filter }
    }
}

# Sets the local ports of a port filter.
function Set-AgentPortFilter {
    param($Filter, [string[]]$Ports)
    Set-NetFirewallPortFilter -InputObject $Filter -LocalPort $Ports -ErrorAction Stop
}
