# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Stands in for plugins/module_utils/_agent_windows*.psm1 where the contract's cases run on a PowerShell without
# Windows: the same functions, answered from the host of the case ($global:ShimHost, see shim.ps1).
using namespace System.IO

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$script:Created = [DateTime]::new(2026, 11, 23, 6, 0, 0, [DateTimeKind]::Utc)
$script:Time = [DateTime]::new(2026, 11, 24, 9, 0, 0, [DateTimeKind]::Utc)

# What is written to a disk that is full after some bytes. It is not kept: whatever fills the disk deletes its file.
class ShimStream : MemoryStream {
    [void] Write([byte[]]$buffer, [int]$offset, [int]$count) {
        $full = $this.Length + $count -gt $global:ShimHost.disk.full_after
        if ($full) { throw [IOException]::new('No space.', 0x80070070) }
        ([MemoryStream]$this).Write($buffer, $offset, $count)
    }

    # A FileStream has this one, too.
    [void] Flush([bool]$toDisk) { $this.Flush() }
}

# Gives a property of an object, or a default where it is absent.
function Get-ShimProperty {
    [CmdletBinding()] param($Object, [string]$Name, $Default)
    $property = $Object.PSObject.Properties[$Name]
    if ($null -eq $property) { return $Default }
    return $property.Value
}

# Finds a service of the host by its name.
function Find-ShimService {
    [CmdletBinding()] param([string]$Name)
    return $global:ShimHost.services | Where-Object { $_.name -eq $Name }
}

function Get-AgentShell {
    [CmdletBinding()] param()
    $shell = $global:ShimHost.shell
    return [ordered]@{
        windows       = $shell.windows
        edition       = $shell.edition
        version       = $shell.version
        bits          = $shell.bits
        language_mode = $shell.language_mode
    }
}

function Get-AgentHost {
    [CmdletBinding()] param()
    $clock = $global:ShimHost.clock
    # ConvertFrom-Json of PowerShell 7 makes a DateTime of what looks like one.
    if ($clock -is [datetime]) { $clock = $clock.ToString('o') }
    return [ordered]@{ name = $global:ShimHost.name; domain = $global:ShimHost.domain_dns; clock = $clock }
}

# The clock stands still, and jumps where somebody waits.
function Get-AgentTime {
    [CmdletBinding()] [OutputType([datetime])] param()
    return $script:Time
}

function Wait-AgentTick {
    [CmdletBinding()] param()
    $script:Time = $script:Time.AddSeconds(1)
}

function Get-AgentUser {
    [CmdletBinding()] param()
    $user = $global:ShimHost.user
    return [ordered]@{ name = $user.name; sid = $user.sid; groups = @($user.groups); elevated = $user.elevated }
}

function Get-AgentProgramData {
    [CmdletBinding()] [OutputType([string])] param()
    return $global:ShimHost.program_data
}

function Open-AgentFile {
    [CmdletBinding()] param([string]$Path, [IO.FileMode]$Mode, [IO.FileAccess]$Access, [IO.FileShare]$Share)
    $trouble = Get-ShimProperty $global:ShimHost.troubles $Path ''
    if ($trouble -eq 'locked') { throw [IO.IOException]::new("$Path is in use.", 0x80070020) }
    if ($trouble -eq 'denied') { throw [UnauthorizedAccessException]::new("Access to $Path is denied.") }
    if ($global:ShimHost.disk_full -and $Access -ne 'Read') { throw [IO.IOException]::new('No space.', 0x80070070) }
    if ($Path.Length -ge 260) { throw [IO.PathTooLongException]::new("$Path is too long.") }
    if ($null -ne $global:ShimHost.disk.full_after -and $Access -ne 'Read') {
        [IO.File]::WriteAllText($Path, '')
        return [ShimStream]::new()
    }
    return [IO.FileStream]::new($Path, $Mode, $Access, $Share)
}

function Get-AgentFolderState {
    [CmdletBinding()] [OutputType([string])] param([string]$Path)
    if ([IO.Directory]::Exists($Path)) { return $global:ShimHost.work_folder }
}

function New-AgentFolder {
    [CmdletBinding()] param([string]$Path)
    $null = [IO.Directory]::CreateDirectory($Path)
    $global:ShimHost.work_folder = 'ours'
}

function Read-AgentRegistry {
    [CmdletBinding()] [OutputType([hashtable])] param([string]$Key, [int]$View)
    $values = @{}
    foreach ($value in $global:ShimHost.registry) {
        if ($value.key -eq $Key -and $value.view -eq $View) {
            $values[$value.name] = [ordered]@{ name = $value.name; type = $value.type; value = $value.value }
        }
    }
    if ($values.Count -gt 0) { return $values }
}

function Get-AgentProcess {
    [CmdletBinding()] param()
    foreach ($service in $global:ShimHost.services) {
        if ($null -eq $service.process_id) { continue }
        $names = @($global:ShimHost.listeners | Where-Object { $_.process_id -eq $service.process_id })
        $name = $service.name
        if ($names.Count -gt 0) { $name = $names[0].process }
        @{ id = [int]$service.process_id; parent = 4; name = $name; created = $script:Created }
        foreach ($child in $service.children) {
            @{ id = [int]$child.process_id; parent = [int]$service.process_id; name = $child.name; created = $script:Created }
        }
    }
    foreach ($job in $global:ShimHost.jobs) {
        if ($job.state -ne 'running') { continue }
        @{ id = [int]$job.process_id; parent = 4; name = 'powershell'; created = $script:Created }
    }
}

# Runs the job at once: the agent's text and this one as one script, with the line that the job's own text ends with.
function Start-AgentProcess {
    [CmdletBinding()] param([string]$Script)
    $line = [IO.File]::ReadAllText($Script).TrimEnd().Split("`n")[-1]
    $texts = @($global:ShimHost.texts | ForEach-Object { return [IO.File]::ReadAllText($_) })
    [IO.File]::WriteAllText($Script, (($texts + $line) -join "`n"))
    $shell = [powershell]::Create()
    try {
        $shell.Runspace.SessionStateProxy.SetVariable('ShimHost', $global:ShimHost)
        $null = $shell.AddCommand($Script).Invoke()
    }
    finally { $shell.Dispose() }
    return @{ id = 9999; created = $script:Created }
}

function Stop-AgentProcess {
    [CmdletBinding()] [OutputType([bool])] param([int]$Id, [datetime]$Created)
    foreach ($job in $global:ShimHost.jobs) {
        if ($job.state -ne 'running' -or $job.process_id -ne $Id -or $Created -ne $script:Created) { continue }
        $job.state = 'ended'
        return $true
    }
    return $false
}

function Get-AgentDisk {
    [CmdletBinding()] param([string]$Path)
    $disk = $global:ShimHost.disk
    return [ordered]@{ free = $disk.free; size = $disk.size }
}

function Get-AgentListener {
    [CmdletBinding()] param()
    foreach ($listener in $global:ShimHost.listeners) {
        [ordered]@{
            port       = [int]$listener.port
            address    = $listener.address
            process_id = [int]$listener.process_id
            process    = $null
        }
    }
}

function Get-AgentService {
    [CmdletBinding()] param([string[]]$Names)
    foreach ($name in $Names) {
        foreach ($service in @(Find-ShimService $name)) {
            if ($null -eq $service) { continue }
            $start = $service.start_time
            if ($start -is [datetime]) { $start = $start.ToString('o') }
            [ordered]@{
                name         = $service.name
                display_name = $service.display_name
                state        = $service.state
                start_mode   = $service.start_mode
                process_id   = $service.process_id
                account      = $service.account
                start_time   = $start
            }
        }
    }
}

# Takes the processes and listeners of a service away, and notes them for its next start.
function Stop-ShimService {
    [CmdletBinding()] param($Service)
    if ($Service.on_stop -eq 'hangs') {
        $Service.state = 'StopPending'
        return
    }
    $ids = @($Service.process_id) + @($Service.children | ForEach-Object { $_.process_id })
    $listeners = @($global:ShimHost.listeners | Where-Object { $ids -contains $_.process_id })
    $global:ShimHost.listeners = @($global:ShimHost.listeners | Where-Object { $ids -notcontains $_.process_id })
    $noted = @{ Ids = $ids; Children = @($Service.children); Listeners = $listeners }
    Add-Member -InputObject $Service -NotePropertyName noted -NotePropertyValue $noted -Force
    $Service.state = 'Stopped'
    $Service.process_id = $null
    $Service.start_time = $null
    $Service.children = @()
}

# Gives a service new processes, which listen where the old ones did.
function Start-ShimService {
    [CmdletBinding()] param($Service)
    if ($Service.on_start -eq 'fails') { throw [InvalidOperationException]::new('The service did not start.') }
    $noted = Get-ShimProperty $Service noted @{ Ids = @(1000); Children = @(); Listeners = @() }
    $Service.process_id = $noted.Ids[0] + 5000
    $Service.start_time = $global:ShimHost.clock
    $Service.state = 'StartPending'
    if ($Service.on_start -eq 'hangs') { return }
    $Service.children = @(foreach ($child in $noted.Children) {
            [pscustomobject]@{ process_id = $child.process_id + 5000; name = $child.name }
        })
    $Service.state = 'Running'
    $new = @(foreach ($old in $noted.Listeners) {
            $id = $old.process_id + 5000
            [pscustomobject]@{ port = $old.port; address = $old.address; process_id = $id; process = $old.process }
        })
    $all = @($global:ShimHost.listeners) + $new
    $global:ShimHost.listeners = @($all | Sort-Object -Property port)
}

function Get-AgentController {
    [CmdletBinding()] param([string]$Name)
    $service = Find-ShimService $Name
    if ($null -eq $service) { return }
    $dependants = @($global:ShimHost.services | Where-Object { $_.depends_on -contains $Name } |
            ForEach-Object { [pscustomobject]@{ ServiceName = $_.name } })
    $controller = [pscustomobject]@{ Status = $service.state; DependentServices = $dependants; Service = $service }
    Add-Member -InputObject $controller -MemberType ScriptMethod -Name Stop -Value { Stop-ShimService $this.Service }
    Add-Member -InputObject $controller -MemberType ScriptMethod -Name Start -Value { Start-ShimService $this.Service }
    return $controller
}

function ConvertTo-AgentSid {
    param([string]$Name)
    $domain = $Name.Split('\')[0]
    if ($Name.Contains('\') -and $global:ShimHost.unreachable_domains -contains $domain) {
        throw [SystemException]::new("The domain $domain could not be contacted.")
    }
    $full = $Name
    if ($domain -eq '.') { $full = $global:ShimHost.name + $Name.Substring(1) }
    foreach ($account in $global:ShimHost.accounts) {
        if ($full -eq $account.name -or $full -eq $account.principal -or $full -eq $account.name.Split('\')[1]) {
            return $account.sid
        }
    }
    Stop-Agent not_found "There is no account '$Name'." -Detail @{ name = $Name }
}

function ConvertFrom-AgentSid {
    [CmdletBinding()] [OutputType([string])] param([string]$Sid)
    foreach ($account in $global:ShimHost.accounts) { if ($account.sid -eq $Sid) { return $account.name } }
}

function Get-AgentFirewallRule {
    [CmdletBinding()] param()
    foreach ($rule in $global:ShimHost.firewall) {
        if ($rule.direction -ne 'Inbound') { continue }
        $program = $rule.program
        # The install folder of this case is another than that of the case's host.
        if ($program) { $program = $global:ShimHost.programs.PSObject.Properties[$program].Value }
        [ordered]@{
            name         = $rule.name
            display_name = $rule.display_name
            enabled      = $rule.enabled
            action       = $rule.action
            program      = $program
            protocol     = $rule.protocol
            local_ports  = @($rule.local_ports)
            source       = $rule.source
        }
    }
}

function Get-AgentPortFilter {
    [CmdletBinding()] param([string]$Name)
    foreach ($rule in $global:ShimHost.firewall) {
        if ($rule.name -eq $Name -and $rule.source -eq 'local') {
            return [pscustomobject]@{ LocalPort = $rule.local_ports; Rule = $rule }
        }
    }
}

function Set-AgentPortFilter {
    [CmdletBinding()] param($Filter, [string[]]$Ports)
    $Filter.Rule.local_ports = $Ports
}

function Enter-AgentLock {
    [CmdletBinding()] param([double]$Seconds)
    if ($global:ShimHost.lock_held) { return }
    return [Threading.Mutex]::new($true)
}

# The snap-in by its other route; Windows PowerShell has this cmdlet, PowerShell 7 does not.
function Add-PSSnapin {
    [CmdletBinding()] param([string]$Name)
    if ($global:ShimHost.snapin.route -ne 'snapin') {
        throw [ArgumentException]::new("The snap-in $Name is not installed on this computer.")
    }
    Import-Module -Name $global:ShimHost.snapin_file -Global -DisableNameChecking
}
