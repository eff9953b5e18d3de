# GNU General Public License v3.0+ (see LICENSE)
# Here: batches that outlive the connection, and the way of what they make to the controller.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

# The folder of the job that this process runs, and when its progress may be told again.
$script:JobFolder = $null
$script:JobProgress = [datetime]::MinValue

# Gives the operations of this form of the module, as the table of _agent_request.psm1 has the others.
function Get-AgentJobField {
    return @{
        'archive.create' = 'path files include_private_keys? pseudonyms? header? reserve?'
        'disk.space'     = 'root'
        'file.chunk'     = 'path offset length'
        'job.list'       = ''
        'job.poll'       = 'id'
        'job.start'      = 'id owner text request'
        'job.stop'       = 'id'
    }
}

# Says whether a value is a whole number between two others.
function Test-AgentWhole {
    param($Value, [long]$Least, [long]$Most)
    return (Test-AgentNumber $Value) -and $Value % 1 -eq 0 -and $Value -ge $Least -and $Value -le $Most
}

# Says whether the arguments of an operation of this form are those of the contract.
function Test-AgentJobEntry {
    param([string]$Name, [hashtable]$Given)
    switch ($Name) {
        'archive.create' { return Test-AgentArchiveEntry $Given }
        'disk.space' { return 'install', 'myfiles', 'work' -ccontains $Given['root'] }
        'file.chunk' {
            $length = Test-AgentWhole $Given['length'] 1 4194304
            return $length -and (Test-AgentWhole $Given['offset'] 0 ([long]::MaxValue))
        }
        'job.list' { return $true }
    }
    if ($Given['id'] -isnot [string] -or $Given['id'] -cnotmatch '\A[A-Za-z0-9-]{1,64}\z') { return $false }
    if ($Name -ne 'job.start') { return $true }
    $request = $Given['request']
    if ($Given['owner'] -isnot [string] -or $Given['text'] -isnot [string]) { return $false }
    $batch = ConvertFrom-AgentRequest (ConvertTo-AgentJson $request)
    foreach ($entry in $batch.ops + $batch.undo) { if ($entry.op -like 'job.*') { return $false } }
    return $true
}

# Runs one of the operations of this form.
function Invoke-AgentJobOperation {
    param([hashtable]$Operation)
    $arguments = $Operation.arguments
    switch ($Operation.op) {
        'archive.create' { New-AgentArchive @arguments }
        'disk.space' { Get-AgentDisk (Resolve-AgentPath $arguments['root'] '' -AllowRoot) }
        'file.chunk' { Read-AgentChunk @arguments }
        'job.list' { Get-AgentJobList }
        'job.poll' { Read-AgentJob @arguments }
        'job.start' { Start-AgentJob @arguments }
        'job.stop' { Stop-AgentJob @arguments }
    }
}

# Writes a text into a folder, so that who reads it finds the old one or the new one, and never a part.
function Write-AgentText {
    param([string]$Folder, [string]$Name, [string]$Text)
    $full = [IO.Path]::Combine($Folder, $Name)
    $temporary = "$full.new"
    $bytes = [Text.Encoding]::UTF8.GetBytes($Text)
    $stream = Open-AgentFile $temporary Create Write None
    try { $stream.Write($bytes, 0, $bytes.Length) }
    finally { $stream.Dispose() }
    if ([IO.File]::Exists($full)) { [IO.File]::Replace($temporary, $full, [NullString]::Value) }
    else { [IO.File]::Move($temporary, $full) }
}

# Reads a text that is written as above; nothing if there is none.
function Read-AgentText {
    param([string]$Folder, [string]$Name)
    $full = [IO.Path]::Combine($Folder, $Name)
    if (-not [IO.File]::Exists($full)) { return }
    $stream = Open-AgentFile $full Open Read 'ReadWrite, Delete'
    try { return [Text.Encoding]::UTF8.GetString((Read-AgentStream $stream)) }
    finally { $stream.Dispose() }
}

# Notes that somebody asks for a job.
function Set-AgentJobAsked {
    param([string]$Folder)
    $asked = [IO.Path]::Combine($Folder, 'asked')
    if ([IO.File]::Exists($asked)) { [IO.File]::SetLastWriteTimeUtc($asked, (Get-AgentTime)) }
}

# Describes the job of a folder. Whoever was killed while it made the folder left nothing that says more.
function Get-AgentJob {
    param([string]$Folder, [object[]]$Processes)
    $info = [IO.DirectoryInfo]::new($Folder)
    $job = [ordered]@{ owner = $null; process_id = -1; created = 0; started = $info.CreationTimeUtc.Ticks }
    try {
        $told = ConvertFrom-Json -InputObject (Read-AgentText $Folder 'job.json')
        $known = @{}
        foreach ($name in $job.Keys) { $known[$name] = $told.PSObject.Properties[$name].Value }
        $job = $known
    }
    catch { $job.owner = $null }
    $asked = [IO.FileInfo]::new([IO.Path]::Combine($Folder, 'asked'))
    $job['asked'] = $info.LastWriteTimeUtc
    if ($asked.Exists) { $job['asked'] = $asked.LastWriteTimeUtc }
    $job['state'] = 'ended'
    foreach ($process in $Processes) {
        $same = $process.id -eq $job.process_id -and $process.created.ToUniversalTime().Ticks -eq $job.created
        if ($same) { $job['state'] = 'running' }
    }
    # After the processes: one that has just ended has written its result before.
    if ([IO.File]::Exists([IO.Path]::Combine($Folder, 'result.json'))) { $job['state'] = 'done' }
    return $job
}

# Operation job.list.
function Get-AgentJobList {
    $found = [Collections.Generic.SortedDictionary[string, object]]::new([StringComparer]::Ordinal)
    $folder = [IO.DirectoryInfo]::new((Resolve-AgentPath work jobs))
    if ($folder.Exists) {
        $processes = @(Get-AgentProcess)
        foreach ($entry in $folder.GetDirectories()) {
            $job = Get-AgentJob $entry.FullName $processes
            $found[$entry.Name.ToUpperInvariant()] = [ordered]@{
                id      = $entry.Name
                owner   = $job.owner
                state   = $job.state
                started = [datetime]::new($job.started, 'Utc').ToString('o')
                asked   = $job.asked.ToString('o')
            }
        }
    }
    return , @($found.Values)
}

# Operation job.poll.
function Read-AgentJob {
    [CmdletBinding()] param([string]$Id)
    $folder = Resolve-AgentPath work "jobs\$Id"
    if (-not [IO.Directory]::Exists($folder)) { Stop-Agent not_found "There is no job '$Id'." @{ name = $Id } }
    Set-AgentJobAsked $folder
    $job = Get-AgentJob $folder @(Get-AgentProcess)
    $value = [ordered]@{ state = $job.state; progress = $null; answer = $null }
    # What a job tells is JSON and stays so.
    try {
        $progress = Read-AgentText $folder 'progress.json'
        if ($progress) { $value.progress = [Text.StringBuilder]::new($progress) }
    }
    catch [IO.IOException], [UnauthorizedAccessException] {
        # It is being replaced.
        $value.progress = $null
    }
    if ($job.state -eq 'done') { $value.answer = [Text.StringBuilder]::new((Read-AgentText $folder 'result.json')) }
    return $value
}

# Operation job.start.
function Start-AgentJob {
    [CmdletBinding()] param([string]$Id, [string]$Owner, [string]$Text, $Request)
    $path = "jobs\$Id"
    $folder = Resolve-AgentPath work $path
    if ([IO.Directory]::Exists($folder) -or [IO.File]::Exists($folder)) {
        Stop-Agent changed "There is a job '$Id'." @{ path = $path }
    }
    $null = Get-AgentWorkFolder -Create
    $null = [IO.Directory]::CreateDirectory($folder)
    $process = $null
    try {
        Write-AgentText $folder 'request.json' (ConvertTo-AgentJson $Request)
        Write-AgentText $folder 'agent.ps1' "$Text`nInvoke-AgentJob '$($folder.Replace("'", "''"))'`n"
        Write-AgentText $folder 'asked' ''
        Set-AgentJobAsked $folder
        $process = Start-AgentProcess ([IO.Path]::Combine($folder, 'agent.ps1'))
        $created = $process.created.ToUniversalTime().Ticks
        $job = @{ owner = $Owner; process_id = $process.id; created = $created; started = (Get-AgentTime).Ticks }
        Write-AgentText $folder 'job.json' (ConvertTo-AgentJson $job)
    }
    catch {
        $failure = ConvertTo-AgentError $_ @{ path = $path }
        try {
            # Without job.json, nobody else knows it.
            if ($process) { $null = Stop-AgentProcess $process.id $process.created.ToUniversalTime() }
            $null = Stop-AgentJob $Id
        }
        catch { $failure.message = "$($failure.message) '$path' stays: $($_.Exception.Message)" }
        Stop-Agent $failure.kind $failure.message $failure.detail
    }
    return @{ process_id = $process.id }
}

# Operation job.stop. What looks into new files, as scanners do, may still have them open for a moment.
function Stop-AgentJob {
    [CmdletBinding()] param([string]$Id)
    $folder = Resolve-AgentPath work "jobs\$Id"
    $value = [ordered]@{ stopped = $false; deleted = $false }
    if (-not [IO.Directory]::Exists($folder)) { return $value }
    $job = Get-AgentJob $folder @()
    if ($job.process_id -gt 0) {
        $value.stopped = Stop-AgentProcess $job.process_id ([datetime]::new($job.created, 'Utc'))
    }
    $deadline = (Get-AgentTime).AddSeconds(10)
    while ([IO.Directory]::Exists($folder)) {
        try { Remove-AgentTree $folder }
        catch [IO.IOException], [UnauthorizedAccessException] {
            if ((Get-AgentTime) -ge $deadline) { throw }
            Wait-AgentTick
        }
    }
    Clear-AgentWorkFolder $folder
    $value.deleted = $true
    return $value
}

# Runs the request of a job, whose folder this is, and leaves the answer there. What a job's process calls.
function Invoke-AgentJob {
    [CmdletBinding()] param([string]$Folder)
    $script:JobFolder = $Folder
    $answer = Invoke-Agent (Read-AgentText $Folder 'request.json')
    Write-AgentText $Folder 'result.json' $answer
}

# Tells how far a job is, at most once a second. Without a job there is nobody to tell.
function Write-AgentProgress {
    param([Collections.IDictionary]$Progress)
    $now = Get-AgentTime
    if (-not $script:JobFolder -or $now -lt $script:JobProgress) { return }
    $script:JobProgress = $now.AddSeconds(1)
    try { Write-AgentText $script:JobFolder 'progress.json' (ConvertTo-AgentJson $Progress) }
    catch [IO.IOException], [UnauthorizedAccessException] {
        # Somebody reads it at this moment, or the disk is full, which the work itself will find.
        return
    }
}

# Fills a buffer from a stream, as far as that goes, and makes the number of bytes.
function Read-AgentBlock {
    param([IO.Stream]$Stream, [byte[]]$Buffer)
    $count = 0
    do {
        $read = $Stream.Read($Buffer, $count, $Buffer.Length - $count)
        $count = $count + $read
    } while ($read -gt 0 -and $count -lt $Buffer.Length)
    return $count
}

# Operation file.chunk.
function Read-AgentChunk {
    [CmdletBinding()] param([string]$Path, [long]$Offset, [int]$Length)
    $full = Resolve-AgentPath work $Path
    if (-not [IO.File]::Exists($full)) { Stop-Agent not_found "There is no file '$Path'." @{ path = $Path } }
    $folders = $Path.Split('\')
    if ($folders.Count -gt 2 -and $folders[0] -eq 'jobs') {
        Set-AgentJobAsked (Resolve-AgentPath work "jobs\$($folders[1])")
    }
    $stream = Open-AgentFile $full Open Read 'ReadWrite, Delete'
    try {
        $size = $stream.Length
        $bytes = [byte[]]::new([int][math]::Max([long]0, [math]::Min([long]$Length, $size - $Offset)))
        $null = $stream.Seek($Offset, 'Begin')
        if ((Read-AgentBlock $stream $bytes) -lt $bytes.Length) { Stop-Agent failed "'$Path' became shorter." }
    }
    finally { $stream.Dispose() }
    return [ordered]@{ content = [Convert]::ToBase64String($bytes); sha256 = (Get-AgentHash $bytes); size = $size }
}
