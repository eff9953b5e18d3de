# GNU General Public License v3.0+ (see LICENSE)
# Here: changes of files.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

# Gives the operations of this form of the module, as the table of _agent_request.psm1 has the others.
function Get-AgentChangeField {
    return @{
        'file.write'     = 'root path content replaces'
        'file.copy'      = 'root path sha256 to_root to_path replaces keep? ours?'
        'file.delete'    = 'root path replaces'
        'folder.delete'  = 'path'
        'service.stop'   = 'names timeout?'
        'service.start'  = 'names timeout?'
        'firewall.read'  = 'ports display_names?'
        'firewall.write' = 'name local_ports replaces'
    }
}

# Says whether the arguments of an operation of this form are those of the contract.
function Test-AgentChangeEntry {
    param([string]$Name, [hashtable]$Given)
    switch ($Name) {
        'file.write' { return $null -ne $Given['content'] -and $Given['replaces'] -ne 'any' }
        'file.delete' { return [bool]$Given['replaces'] }
        'file.copy' {
            $keeps = $null -ne $Given['keep']
            if ($keeps -ne ($Given['ours'] -is [array]) -or ($keeps -and $Given['replaces'] -ne 'any')) { return $false }
            return $Given['root'], $Given['toroot'] -ccontains 'work' -and $Given['sha256']
        }
        'firewall.write' {
            $ports = $Given['localports']
            return $ports -is [array] -and $ports -and $Given['replaces'] -is [array]
        }
    }
    return $true
}

# Opens the file that is to be replaced or deleted, if there is one. Until the handle is closed nobody can write to
# it: what is replaced is what was hashed. Windows replaces only a file whose open handles share deletion, so that
# somebody renames it in the meantime is not excluded.
function Open-AgentTarget {
    param([string]$Full)
    if (-not [IO.File]::Exists($Full)) { return }
    if ([IO.FileInfo]::new($Full).IsReadOnly) { throw [UnauthorizedAccessException]::new("$Full is read-only.") }
    Open-AgentFile $Full Open Read 'Read, Delete'
}

# Refuses the bytes of a file that are not the expected ones (none: there is no file); else writes their hash.
function Confirm-AgentHash {
    param([byte[]]$Bytes, [string]$Path, [string]$Expected)
    $hash = $null
    if ($null -ne $Bytes) { $hash = Get-AgentHash $Bytes }
    if ("$hash" -ne $Expected) { Stop-Agent changed "'$Path' is not as expected." @{ path = $Path; sha256 = $hash } }
    return $hash
}

# Puts a new file in the place of an old one. If Windows cannot rename the new one (ERROR_UNABLE_TO_MOVE_REPLACEMENT),
# the old one is gone already: then the new one is all that is left, and is not to be deleted.
function Switch-AgentFile {
    param([string]$New, [string]$Old)
    try { [IO.File]::Replace($New, $Old, [NullString]::Value) }
    catch {
        if ([IO.File]::Exists($Old)) { throw }
        [IO.File]::Move($New, $Old)
    }
}

# Writes bytes to a temporary file, and then puts it in the place of the file. File.Replace does that in one step and
# keeps the access list of the old file. A temporary file that was left there is deleted, not opened: it may have other
# names, or another access list. With a path to keep, what is replaced goes there first, unless its hash is one of ours;
# returned is whether that was so.
function Set-AgentFile {
    param([string]$Root, [string]$Path, [byte[]]$Bytes, [string]$Replaces, [string]$Keep, [string[]]$Ours)
    $kept = $false
    $full = Resolve-AgentPath $Root $Path
    $folder = [IO.Path]::GetDirectoryName($full)
    if ($Root -ne 'work' -and -not [IO.Directory]::Exists($folder)) {
        Stop-Agent not_found "There is no folder for '$Path'." @{ path = $Path }
    }
    $temporary = "$full.citrixfleet.tmp"
    $old = Open-AgentTarget $full
    try {
        $found = $null
        if ($old) { $found = Read-AgentStream $old }
        if ($Replaces -ne 'any') { $null = Confirm-AgentHash $found $Path $Replaces }
        if ($Keep -and $null -ne $found -and $Ours -notcontains (Get-AgentHash $found)) {
            $null = Set-AgentFile work $Keep $found any
            $kept = $true
        }
        if (Test-AgentLink $temporary) { Stop-Agent confined "A link is in the way of '$Path'." @{ path = $Path } }
        if ($Root -eq 'work') {
            $null = Get-AgentWorkFolder -Create
            $null = [IO.Directory]::CreateDirectory($folder)
        }
        try {
            [IO.File]::Delete($temporary)
            $new = Open-AgentFile $temporary CreateNew Write None
            try {
                $new.Write($Bytes, 0, $Bytes.Length)
                $new.Flush($true)
            }
            finally { $new.Dispose() }
            if ($old) { Switch-AgentFile $temporary $full }
            else { [IO.File]::Move($temporary, $full) }
        }
        finally { if (-not $old -or [IO.File]::Exists($full)) { [IO.File]::Delete($temporary) } }
    }
    finally { if ($old) { $old.Dispose() } }
    return $kept
}

# Operation file.write.
function Write-AgentFile {
    [CmdletBinding()] param([string]$Root, [string]$Path, [string]$Content, [string]$Replaces)
    $bytes = [Convert]::FromBase64String($Content)
    $null = Set-AgentFile $Root $Path $bytes $Replaces
    return @{ sha256 = (Get-AgentHash $bytes) }
}

# Operation file.copy. An error at the target names the target.
function Copy-AgentFile {
    [CmdletBinding()]
    param(
        [string]$Root, [string]$Path, [string]$Sha256, [string]$ToRoot, [string]$ToPath, [string]$Replaces,
        [string]$Keep, [string[]]$Ours
    )
    $full = Resolve-AgentPath $Root $Path
    $bytes = $null
    if ([IO.File]::Exists($full)) {
        $stream = Open-AgentFile $full Open Read 'ReadWrite, Delete'
        try { $bytes = Read-AgentStream $stream }
        finally { $stream.Dispose() }
    }
    $value = @{ sha256 = Confirm-AgentHash $bytes $Path $Sha256 }
    try { $kept = Set-AgentFile $ToRoot $ToPath $bytes $Replaces $Keep $Ours }
    catch {
        $failure = ConvertTo-AgentError $_ @{ path = $ToPath }
        Stop-Agent $failure.kind $failure.message $failure.detail
    }
    if ($Keep) { $value.kept = $kept }
    return $value
}

# Operation file.delete.
function Remove-AgentFile {
    [CmdletBinding()] param([string]$Root, [string]$Path, [string]$Replaces)
    $full = Resolve-AgentPath $Root $Path
    $old = Open-AgentTarget $full
    try {
        $found = $null
        if ($old) { $found = Read-AgentStream $old }
        $hash = Confirm-AgentHash $found $Path $Replaces
        [IO.File]::Delete($full)
    }
    finally { if ($old) { $old.Dispose() } }
    if ($Root -eq 'work') { Clear-AgentWorkFolder $full }
    return @{ sha256 = $hash }
}

# Operation folder.delete.
function Remove-AgentFolder {
    [CmdletBinding()] param([string]$Path)
    $full = Resolve-AgentPath work $Path
    if ([IO.File]::Exists($full)) { Stop-Agent not_found "'$Path' is no folder." @{ path = $Path } }
    if (-not [IO.Directory]::Exists($full)) { return @{ deleted = $false } }
    Remove-AgentTree $full
    Clear-AgentWorkFolder $full
    return @{ deleted = $true }
}

# Runs one of the operations that change something, or are on the firewall.
function Invoke-AgentChange {
    param([hashtable]$Operation, [hashtable]$Batch)
    $arguments = $Operation.arguments
    switch ($Operation.op) {
        'file.write' { Write-AgentFile @arguments }
        'file.copy' { Copy-AgentFile @arguments }
        'file.delete' { Remove-AgentFile @arguments }
        'folder.delete' { Remove-AgentFolder @arguments }
        'service.stop' { Stop-AgentService -Batch $Batch @arguments }
        'service.start' { Start-AgentService -Batch $Batch @arguments }
        'firewall.read' { Read-AgentFirewall @arguments }
        'firewall.write' { Write-AgentFirewall @arguments }
    }
}
