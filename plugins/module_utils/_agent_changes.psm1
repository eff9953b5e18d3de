# GNU General Public License v3.0+ (see LICENSE)
# Here: changes of files.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

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

# Writes bytes to a temporary file, and then puts it in the place of the file. File.Replace does that in one step and
# keeps the access list of the old file. A temporary file that was left there is deleted, not opened: it may have other
# names, or another access list.
function Set-AgentFile {
    param([string]$Root, [string]$Path, [byte[]]$Bytes, [string]$Replaces)
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
        $null = Confirm-AgentHash $found $Path $Replaces
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
            if ($old) { [IO.File]::Replace($temporary, $full, [NullString]::Value) }
            else { [IO.File]::Move($temporary, $full) }
        }
        finally { [IO.File]::Delete($temporary) }
    }
    finally { if ($old) { $old.Dispose() } }
}

# Operation file.write.
function Write-AgentFile {
    [CmdletBinding()] param([string]$Root, [string]$Path, [string]$Content, [string]$Replaces)
    $bytes = [Convert]::FromBase64String($Content)
    Set-AgentFile $Root $Path $bytes $Replaces
    return @{ sha256 = (Get-AgentHash $bytes) }
}

# Operation file.copy. An error at the target names the target.
function Copy-AgentFile {
    [CmdletBinding()]
    param([string]$Root, [string]$Path, [string]$Sha256, [string]$ToRoot, [string]$ToPath, [string]$Replaces)
    $full = Resolve-AgentPath $Root $Path
    $bytes = $null
    if ([IO.File]::Exists($full)) {
        $stream = Open-AgentFile $full Open Read 'ReadWrite, Delete'
        try { $bytes = Read-AgentStream $stream }
        finally { $stream.Dispose() }
    }
    $hash = Confirm-AgentHash $bytes $Path $Sha256
    try { Set-AgentFile $ToRoot $ToPath $bytes $Replaces }
    catch {
        $failure = ConvertTo-AgentError $_ @{ path = $ToPath }
        Stop-Agent $failure.kind $failure.message $failure.detail
    }
    return @{ sha256 = $hash }
}

# Deletes the folders above a path of the work folder that are empty now, the work folder included.
function Clear-AgentWorkFolder {
    param([string]$Full)
    $work = Get-AgentWorkFolder
    $folder = [IO.Path]::GetDirectoryName($Full)
    try {
        while ($folder.Length -ge $work.Length) {
            [IO.Directory]::Delete($folder)
            $folder = [IO.Path]::GetDirectoryName($folder)
        }
    }
    catch [IO.IOException] {
        # It is not empty, and that is no error.
        return
    }
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

# Deletes a folder with all that is in it. (Directory.Delete of .NET Framework cannot do that where a junction is.)
function Remove-AgentTree {
    param([string]$Full)
    foreach ($entry in [IO.DirectoryInfo]::new($Full).GetFileSystemInfos()) {
        if ($entry -is [IO.DirectoryInfo] -and -not (Test-AgentLink $entry.FullName)) { Remove-AgentTree $entry.FullName }
        else { $entry.Delete() }
    }
    [IO.Directory]::Delete($Full)
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
