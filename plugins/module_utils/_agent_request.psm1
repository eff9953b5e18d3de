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
    'registry.read'   = 'key view names?'
    'port.owners'     = 'ports? timeout?'
    'account.resolve' = 'accounts'
}
$script:Changing = -split @'
file.write file.copy file.delete folder.delete service.stop service.start firewall.write job.start job.stop archive.create
'@

# Gives the operations that all forms of the module have, and those that came with this one.
function Get-AgentField {
    $tables = @{ read = $script:Fields }
    if (Test-Path -LiteralPath Function:\Get-AgentChangeField) { $tables.change = Get-AgentChangeField }
    if (Test-Path -LiteralPath Function:\Get-AgentJobField) { $tables.job = Get-AgentJobField }
    return $tables
}

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
    $name = $form = $null
    if ($Entry -is [Management.Automation.PSCustomObject]) { $name = $Entry.PSObject.Properties['op'] }
    if ($name) { $name = $name.Value }
    foreach ($table in (Get-AgentField).GetEnumerator()) { if ($table.Value.Keys -ccontains $name) { $form = $table } }
    if (-not $form) { Stop-Agent bad_request "$Where has an unknown op" }
    Assert-AgentField $Entry "$Own $($form.Value[$name])" $Where
    $operation = @{
        arguments = @{}; changes = $script:Changing -contains $name; expect = $null; tolerate = @()
        after = $null; if_done = $false; if_undone = $false; form = $form.Key
    }
    foreach ($property in $Entry.PSObject.Properties) {
        if ($null -eq $property.Value) { continue }
        if ($Own.Replace('?', '').Split(' ') -contains $property.Name) { $operation[$property.Name] = $property.Value }
        else { $operation.arguments[$property.Name.Replace('_', '')] = $property.Value }
    }
    $given = $operation.arguments
    $right = switch ($form.Key) {
        'change' { Test-AgentChangeEntry $name $given }
        'job' { Test-AgentJobEntry $name $given }
        default { $name -ne 'registry.read' -or $given['key'] -like 'SOFTWARE\*' }
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
    if ($Entry.changes -and $Entry.form -eq 'job') { $right = $false }
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
    $batch.changes = @($batch.ops | Where-Object { $_.changes -and $_.form -ne 'job' }).Count -gt 0
    foreach ($name in 'refusal', 'lock', 'snapin', 'address', 'certificate') { $batch[$name] = $null }
    $batch.stopped = @{}
    $batch.found_stopped = @{}
    $batch.dependants = [Collections.Generic.List[string]]::new()
    return $batch
}
