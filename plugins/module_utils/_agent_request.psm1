# GNU General Public License v3.0+ (see LICENSE)
# Here: a request is read, and all of it checked before its first operation runs.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

# Operation -> its fields, "?" = may be left out. What a field holds is checked by the operation's typed parameters.
$script:Fields = @{
    'server'          = ''
    'cmdlet'          = 'name parameters? select?'
    'file.read'       = 'root path tail?'
    'file.list'       = 'root path pattern? recurse? content?'
    'file.write'      = 'root path content replaces'
    'file.copy'       = 'root path sha256 to_root to_path replaces'
    'file.delete'     = 'root path replaces'
    'folder.delete'   = 'path'
    'registry.read'   = 'key view names?'
    'service.stop'    = 'names timeout?'
    'service.start'   = 'names timeout?'
    'port.owners'     = 'ports? timeout?'
    'firewall.read'   = 'ports display_names?'
    'firewall.write'  = 'name local_ports replaces'
    'account.resolve' = 'accounts'
}
$script:Changing = -split 'file.write file.copy file.delete folder.delete service.stop service.start firewall.write'

# Refuses what is not an object of these fields.
function Assert-AgentField {
    param($Value, [string]$Fields, [string]$Where)
    if ($Value -isnot [Management.Automation.PSCustomObject]) { Stop-Agent bad_request "$Where is no object" }
    $given = @($Value.PSObject.Properties | ForEach-Object { $_.Name })
    $known = $Fields.Replace('?', '').Split(' ')
    foreach ($name in $given) { if ($known -cnotcontains $name) { Stop-Agent bad_request "$Where has no field $name" } }
    foreach ($name in $Fields.Split(' ')) {
        if ($name -and -not $name.EndsWith('?') -and $given -cnotcontains $name) { Stop-Agent bad_request "$Where lacks $name" }
    }
}

# Checks an entry of `ops` or `undo` and makes what the batch runs: its own fields, and the operation's arguments.
function ConvertFrom-AgentEntry {
    param($Entry, [string]$Own, [string]$Where)
    $name = $null
    if ($Entry -is [Management.Automation.PSCustomObject]) { $name = $Entry.PSObject.Properties['op'] }
    if (-not $name -or $script:Fields.Keys -cnotcontains $name.Value) { Stop-Agent bad_request "$Where has an unknown op" }
    $name = $name.Value
    Assert-AgentField $Entry "$Own $($script:Fields[$name])" $Where
    $operation = @{
        arguments = @{}; changes = $script:Changing -contains $name; expect = $null; tolerate = @()
        after = $null; if_done = $false; if_undone = $false
    }
    foreach ($property in $Entry.PSObject.Properties) {
        if ($null -eq $property.Value) { continue }
        if ($Own.Replace('?', '').Split(' ') -contains $property.Name) { $operation[$property.Name] = $property.Value }
        else { $operation.arguments[$property.Name.Replace('_', '')] = $property.Value }
    }
    $given = $operation.arguments
    $right = switch ($name) {
        'registry.read' { $given['key'] -like 'SOFTWARE\*' }
        'file.copy' { $given['root'], $given['toroot'] -ccontains 'work' -and $given['sha256'] }
        'firewall.write' { $given['localports'] -is [array] -and $given['localports'] -and $given['replaces'] -is [array] }
        default { $true }
    }
    if (-not $right) { Stop-Agent bad_request "$Where is no $name of the contract" }
    if ($name -eq 'cmdlet') {
        Assert-AgentCmdlet $given['name'] $given['parameters']
        $operation.changes = $given['name'] -notlike 'Get-*'
    }
    if ($null -ne $operation.expect) {
        if ($operation.changes) { Stop-Agent bad_request "$Where expects something of a change" }
        Assert-AgentField $operation.expect 'matches? includes? excludes?' "$Where.expect"
    }
    return $operation
}

# Refuses an entry of `undo` whose conditions are not of the contract.
function Assert-AgentCondition {
    param([hashtable]$Entry, [int]$Count)
    $after = $Entry.after
    $right = -not $Entry.if_done
    if ($null -ne $after) { $right = (Test-AgentNumber $after) -and $after -ge 0 -and $after -lt $Count }
    if (-not $right -or $Entry.if_done -isnot [bool] -or $Entry.if_undone -isnot [bool]) {
        Stop-Agent bad_request 'undo has a condition that is not of the contract'
    }
}

# Reads and checks a request, and makes the batch: what to run, and what its operations tell each other.
function ConvertFrom-AgentRequest {
    param([string]$Text)
    try { $request = ConvertFrom-Json -InputObject $Text }
    catch { Stop-Agent bad_request "The request is not JSON: $($_.Exception.Message)" }
    Assert-AgentField $request 'v ops admin_address? lock_timeout? undo?' 'The request'
    $batch = @{ admin_address = $null; lock_timeout = 60; undo = @() }
    foreach ($property in $request.PSObject.Properties) { $batch[$property.Name] = $property.Value }
    if (-not (Test-AgentNumber $batch.v) -or $batch.v -ne 1 -or $batch.ops -isnot [array] -or $batch.undo -isnot [array]) {
        Stop-Agent bad_request 'The request is not of version 1.'
    }
    $batch.ops = @(foreach ($entry in $batch.ops) { ConvertFrom-AgentEntry $entry 'op tolerate? expect?' ops })
    $batch.undo = @(foreach ($entry in $batch.undo) { ConvertFrom-AgentEntry $entry 'op after? if_done? if_undone?' undo })
    foreach ($entry in $batch.undo) { Assert-AgentCondition $entry $batch.ops.Count }
    $batch.changes = @($batch.ops | Where-Object { $_.changes }).Count -gt 0
    foreach ($name in 'refusal', 'lock', 'snapin', 'address', 'certificate') { $batch[$name] = $null }
    $batch.stopped = @{}
    $batch.found_stopped = @{}
    $batch.dependants = [Collections.Generic.List[string]]::new()
    return $batch
}
