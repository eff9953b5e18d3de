# GNU General Public License v3.0+ (see LICENSE)
# Here: paths below the named roots, and reading what is there.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$script:Refused = '\A\z|[. ]\z|[\x00-\x1f<>"|?*:/]|\A(CON|PRN|AUX|NUL|(COM|LPT)[0-9\xb9\xb2\xb3]|CONIN\$|CONOUT\$) *(\.|\z)'

# Says whether something is there and is a reparse point.
function Test-AgentLink {
    param([string]$Path)
    $attributes = [int][IO.FileInfo]::new($Path).Attributes
    return $attributes -ne -1 -and ($attributes -band [int][IO.FileAttributes]::ReparsePoint) -ne 0
}

# Makes the path of the work folder, which is refused if it is there and not ours; with -Create, it is made.
function Get-AgentWorkFolder {
    param([switch]$Create)
    $full = [IO.Path]::Combine((Get-AgentProgramData), 'citrixfleet.licensing')
    if ($Create -and -not (Get-AgentFolderState $full)) { New-AgentFolder $full }
    $state = Get-AgentFolderState $full
    if ($state -and $state -ne 'ours') {
        Stop-Agent work_folder "$full is not of SYSTEM and Administrators alone: $state." @{ path = $full }
    }
    return $full
}

# Says whether a path is one of plain names.
function Test-AgentName {
    param([string]$Path)
    foreach ($segment in $Path.Split('\')) {
        if ([regex]::IsMatch($segment, $script:Refused, 'IgnoreCase, CultureInvariant')) { return $false }
    }
    return $true
}

# Makes the absolute path of a root and a relative path, and refuses all that could lead out of it.
function Resolve-AgentPath {
    param([ValidateSet('install', 'myfiles', 'work')] [string]$Root, [string]$Path, [switch]$AllowRoot)
    $refusal = @{ Kind = 'confined'; Message = "The path '$Path' is refused."; Detail = @{ path = $Path } }
    $segments = $Path.Split('\')
    if ($AllowRoot -and -not $Path) { $segments = @() }
    elseif (-not (Test-AgentName $Path)) { Stop-Agent @refusal }
    if ($Root -eq 'work') { $full = Get-AgentWorkFolder }
    else {
        $installation = Get-AgentInstallation
        if ($null -eq $installation) { Stop-Agent not_installed 'No License Server is installed on this host.' }
        $full = $installation[$Root]
    }
    foreach ($segment in $segments) {
        $full = [IO.Path]::Combine($full, $segment)
        if (Test-AgentLink $full) { Stop-Agent @refusal }
    }
    return $full
}

# Reads a stream from where it stands to its end.
function Read-AgentStream {
    param([IO.Stream]$Stream)
    $memory = [IO.MemoryStream]::new()
    $Stream.CopyTo($memory)
    return , $memory.ToArray()
}

# Makes the SHA-256 of bytes, in lower-case hexadecimal.
function Get-AgentHash {
    param([byte[]]$Bytes)
    $hash = [Security.Cryptography.SHA256]::Create().ComputeHash($Bytes)
    return [BitConverter]::ToString($hash).Replace('-', '').ToLowerInvariant()
}

# Operation file.read.
function Read-AgentFile {
    [CmdletBinding()] param([string]$Root, [string]$Path, [long]$Tail = [long]::MaxValue)
    $full = Resolve-AgentPath $Root $Path
    $value = [ordered]@{ exists = $false; size = $null; sha256 = $null; content = $null; created = $null; modified = $null }
    $file = [IO.FileInfo]::new($full)
    if (-not $file.Exists) { return $value }
    $stream = Open-AgentFile $full Open Read 'ReadWrite, Delete'
    try {
        $value.size = $stream.Length
        $whole = $stream.Length -le $Tail
        if (-not $whole) { $null = $stream.Seek(-$Tail, 'End') }
        $bytes = Read-AgentStream $stream
    }
    finally { $stream.Dispose() }
    if ($whole) {
        $value.size = $bytes.Length
        $value.sha256 = Get-AgentHash $bytes
    }
    $value.exists = $true
    $value.content = [Convert]::ToBase64String($bytes)
    $value.created = $file.CreationTimeUtc.ToString('o')
    $value.modified = $file.LastWriteTimeUtc.ToString('o')
    return $value
}

# Operation file.list. Links are not listed: file.read would refuse them.
function Find-AgentFile {
    [CmdletBinding()] param([string]$Root, [string]$Path, [string]$Pattern = '*', [bool]$Recurse, [bool]$Content)
    $name = '(?is)\A' + [regex]::Escape($Pattern).Replace('\*', '.*').Replace('\?', '.') + '\z'
    $found = [Collections.Generic.SortedDictionary[string, object]]::new([StringComparer]::Ordinal)
    $folders = [Collections.Generic.Queue[string]]::new()
    $folders.Enqueue($Path)
    while ($folders.Count -gt 0) {
        $above = $folders.Dequeue()
        $folder = [IO.DirectoryInfo]::new((Resolve-AgentPath $Root $above -AllowRoot))
        if (-not $folder.Exists) { continue }
        foreach ($entry in $folder.EnumerateFileSystemInfos()) {
            $relative = "$above\$($entry.Name)".TrimStart('\')
            if ($entry.Attributes.HasFlag([IO.FileAttributes]::ReparsePoint)) { continue }
            $item = [ordered]@{ path = $relative; size = $null }
            if ($Content) { $item.content = $item.sha256 = $null }
            if ($entry -is [IO.FileInfo]) {
                if (-not [regex]::IsMatch($entry.Name, $name, 'CultureInvariant')) { continue }
                $item.size = $entry.Length
                if ($Content -and $item.size -le 1048576) {
                    $file = Read-AgentFile $Root $relative
                    $item.content, $item.sha256 = $file.content, $file.sha256
                }
            }
            elseif (-not $Recurse) { continue }
            # Windows cannot look into a longer one.
            elseif ($entry.FullName.Length -lt 248) { $folders.Enqueue($relative); continue }
            $item.created = $entry.CreationTimeUtc.ToString('o')
            $item.modified = $entry.LastWriteTimeUtc.ToString('o')
            $found[$relative.ToUpperInvariant()] = $item
        }
    }
    return , @($found.Values)
}
