# GNU General Public License v3.0+ (see LICENSE)
# Here: files become a zip, but for private keys.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

# In a path, the name's last part alone: a folder may be called anything.
$script:PrivateName = '\.(key|pfx|p12|pvk|jks|ppk)(\.[^/\\]*)?\z'
$script:TextName = '\.(log|txt|csv|xml|opt|conf)(\.[0-9]+)?\z'
$script:Mark = 'PRIVATE KEY-----'
# The bytes that UTF-16 has in both byte orders: a zero between two letters.
$script:WideMark = $script:Mark.ToCharArray() -join "`0"
$script:Bytewise = [Text.Encoding]::GetEncoding(28591)
$script:Block = 4194304
$script:Memory = 33554432
$script:Deepest = 3
$script:Reasons = @{
    not_found = 'missing'; access_denied = 'access_denied'; sharing_violation = 'sharing_violation'
    private_key = 'private_key'; unchecked_archive = 'unchecked_archive'
}

# Says whether the arguments of archive.create are those of the contract.
function Test-AgentArchiveEntry {
    param([hashtable]$Given)
    $path = $Given['path']
    if ($path -isnot [string] -or $path -notlike '*.zip' -or $Given['files'] -isnot [array]) { return $false }
    foreach ($file in $Given['files']) {
        Assert-AgentField $file 'root path' 'A file of the archive'
        if ('install', 'myfiles' -cnotcontains $file.root -or $file.path -isnot [string]) { return $false }
    }
    $keys = $Given['includeprivatekeys']
    if ($null -ne $keys -and $keys -isnot [bool]) { return $false }
    $header = $Given['header']
    if ($null -ne $header -and $header -isnot [Management.Automation.PSCustomObject]) { return $false }
    $reserve = $Given['reserve']
    if ($null -ne $reserve -and -not (Test-AgentWhole $reserve 0 ([long]::MaxValue))) { return $false }
    return $null -eq $Given['pseudonyms'] -or (Test-AgentPseudonym $Given['pseudonyms'])
}

# Notes why a file is left out. That the disk is full is not the file's fault.
function Set-AgentReason {
    param([hashtable]$Item, [Management.Automation.ErrorRecord]$ErrorRecord)
    $failure = ConvertTo-AgentError $ErrorRecord
    if ($failure.kind -eq 'disk_full') { throw $ErrorRecord }
    $reason = $script:Reasons[$failure.kind]
    if ($failure.kind -eq 'confined') {
        $reason = 'confined'
        if (Test-AgentName $Item.path) { $reason = 'link' }
    }
    if ($failure.detail['exception'] -eq 'System.IO.PathTooLongException') { $reason = 'path_too_long' }
    if (-not $reason) { $reason = 'failed' }
    $Item.reason = $reason
    $Item.message = $failure.message
}

# Looks at the files, each once: the name of its entry, where it is, how large, and why it is left out, if that shows.
function Get-AgentArchiveItem {
    param([object[]]$Files)
    $places = [Collections.Generic.HashSet[string]]::new([StringComparer]::OrdinalIgnoreCase)
    $names = [Collections.Generic.HashSet[string]]::new([StringComparer]::OrdinalIgnoreCase)
    $null = $names.Add('manifest.json')
    foreach ($file in $Files) {
        $name = $file.path.Replace('\', '/')
        if ($file.root -eq 'myfiles') { $name = "MyFiles/$name" }
        $item = @{ path = $file.path; name = $name; full = "${name}?"; size = [long]0; reason = $null; message = $null }
        try {
            $item.full = Resolve-AgentPath $file.root $file.path
            $found = [IO.FileInfo]::new($item.full)
            if (-not $found.Exists) { Stop-Agent not_found 'There is no such file.' }
            $item.size = $found.Length
        }
        catch { Set-AgentReason $item $_ }
        if (-not $places.Add($item.full)) { continue }
        if (-not $item.reason -and -not $names.Add($name)) {
            $item.reason = 'failed'
            $item.message = 'The archive has another entry of this name.'
        }
        $item
    }
}

# Reads a stream to a copy of our own, in memory or, if it is large, in a file. A private key in it is found on the way,
# with as much of the last block as may hold the beginning of one.
function Copy-AgentStream {
    param([IO.Stream]$Source, [long]$Length, [string]$Spare, [bool]$Search, [Collections.IDictionary]$Progress)
    if ($Length -le $script:Memory) { $copy = [IO.MemoryStream]::new([int]$Length) }
    else { $copy = Open-AgentFile $Spare Create ReadWrite None }
    try {
        $buffer = [byte[]]::new([int][math]::Min($script:Block, $Length))
        $before = ''
        while ($copy.Length -lt $Length) {
            $count = $Source.Read($buffer, 0, [int][math]::Min($buffer.Length, $Length - $copy.Length))
            if ($count -eq 0) { break }
            if ($Search) {
                $text = $before + $script:Bytewise.GetString($buffer, 0, $count)
                foreach ($mark in $script:Mark, $script:WideMark) {
                    $found = $text.IndexOf($mark, [StringComparison]::Ordinal)
                    if ($found -ge 0) { Stop-Agent private_key 'It holds a private key.' }
                }
                $before = $text.Substring([math]::Max(0, $text.Length - $script:WideMark.Length))
            }
            $copy.Write($buffer, 0, $count)
            if ($Progress) {
                $Progress.bytes = $Progress.bytes + $count
                Write-AgentProgress $Progress
            }
        }
        $copy.Position = 0
        return $copy
    }
    catch {
        $copy.Dispose()
        throw
    }
}

# Says whether a stream begins as a zip does, and goes back to its beginning.
function Test-AgentZip {
    param([IO.Stream]$Stream)
    $start = [byte[]]::new(4)
    $null = $Stream.Read($start, 0, 4)
    $Stream.Position = 0
    return [BitConverter]::ToString($start) -eq '50-4B-03-04'
}

# Ends if a zip holds a private key, or cannot be looked into. That an entry has another length than the zip says is what
# shows that it is encrypted: .NET Framework decompresses it all the same.
function Assert-AgentZip {
    param([IO.Stream]$Stream, [string]$Spare, [int]$Depth)
    $zip = $null
    try {
        if ($Depth -gt $script:Deepest) { Stop-Agent unchecked_archive 'It has zips in zips that are too deep.' }
        $zip = [IO.Compression.ZipArchive]::new($Stream, 'Read', $true)
        foreach ($entry in $zip.Entries) {
            if ($entry.FullName -match $script:PrivateName) { Stop-Agent private_key "It holds '$($entry.FullName)'." }
            Assert-AgentZipEntry $entry "$Spare.zip" $Depth
        }
    }
    catch {
        $failure = ConvertTo-AgentError $_
        if ($failure.kind -ne 'private_key') { $failure.kind = 'unchecked_archive' }
        Stop-Agent $failure.kind $failure.message
    }
    finally { if ($zip) { $zip.Dispose() } }
    $Stream.Position = 0
}

# Looks into one entry of a zip.
function Assert-AgentZipEntry {
    param($Entry, [string]$Spare, [int]$Depth)
    $inside = $Entry.Open()
    $copy = $null
    try {
        $copy = Copy-AgentStream $inside $Entry.Length $Spare $true
        if ($copy.Length -ne $Entry.Length -or $inside.ReadByte() -ne -1) {
            Stop-Agent unchecked_archive "'$($Entry.FullName)' in it is encrypted or broken."
        }
        if (Test-AgentZip $copy) { Assert-AgentZip $copy $Spare ($Depth + 1) }
    }
    finally {
        if ($copy) { $copy.Dispose() }
        $inside.Dispose()
        [IO.File]::Delete($Spare)
    }
}

# Reads a file to a copy of our own, which may be put in.
function Read-AgentItem {
    param([hashtable]$Item, [string]$Spare, [bool]$Search, [Collections.IDictionary]$Progress)
    if ($Search -and $Item.name -match $script:PrivateName) { Stop-Agent private_key 'Its name is that of a private key.' }
    $stream = Open-AgentFile $Item.full Open Read 'ReadWrite, Delete'
    try {
        $Item.modified = [IO.File]::GetLastWriteTimeUtc($Item.full)
        $copy = Copy-AgentStream $stream $stream.Length $Spare $Search $Progress
    }
    finally { $stream.Dispose() }
    if ($Search -and (Test-AgentZip $copy)) {
        try { Assert-AgentZip $copy $Spare 1 }
        catch {
            $copy.Dispose()
            throw
        }
    }
    return $copy
}

# Makes the text of bytes, in lower-case hexadecimal.
function ConvertTo-AgentHex {
    param([byte[]]$Bytes)
    return [BitConverter]::ToString($Bytes).Replace('-', '').ToLowerInvariant()
}

# Puts a file into a zip, and makes its line of the manifest. Zips keep local times, from 1980 on.
function Add-AgentItem {
    param($Zip, [hashtable]$Item, [IO.Stream]$Copy, [hashtable]$Pseudonyms)
    $entry = $Zip.CreateEntry($Item.name, 'Fastest')
    $time = $Item.modified.ToLocalTime()
    if ($time.Year -lt 1980 -or $time.Year -gt 2107) { $time = [datetime]::new(1980, 1, 1) }
    $entry.LastWriteTime = [DateTimeOffset]::new($time)
    $hash = [Security.Cryptography.SHA256]::Create()
    $target = [Security.Cryptography.CryptoStream]::new($entry.Open(), $hash, 'Write')
    $size = $Copy.Length
    $names = 0
    try {
        if ($Pseudonyms -and $Item.name -match $script:TextName) {
            $before = $Pseudonyms.replaced
            $size = Copy-AgentText $Copy $target $Pseudonyms
            $names = $Pseudonyms.replaced - $before
        }
        else { $Copy.CopyTo($target, $script:Block) }
    }
    finally { $target.Dispose() }
    return [ordered]@{
        path       = $Item.name
        size       = $size
        sha256     = ConvertTo-AgentHex $hash.Hash
        modified   = $Item.modified.ToString('o')
        pseudonyms = $names
    }
}

# Writes the zip of some files, and fills in the manifest, which is its last entry.
function Write-AgentArchive {
    param([IO.Stream]$Stream, [string]$Spare, [hashtable]$Task, [Collections.IDictionary]$Manifest)
    $zip = [IO.Compression.ZipArchive]::new($Stream, 'Create', $true)
    try {
        foreach ($item in $Task.items) {
            $Task.progress.path = $item.name
            Write-AgentProgress $Task.progress
            $copy = $null
            try {
                if (-not $item.reason) {
                    try { $copy = Read-AgentItem $item $Spare $Task.search $Task.progress }
                    catch { Set-AgentReason $item $_ }
                }
                if ($copy) { $Manifest.files.Add((Add-AgentItem $zip $item $copy $Task.pseudonyms)) }
                else {
                    $left = [ordered]@{ path = $item.name; reason = $item.reason; message = $item.message }
                    $Manifest.left_out.Add($left)
                }
            }
            finally {
                if ($copy) { $copy.Dispose() }
                [IO.File]::Delete($Spare)
            }
            $Task.progress.files = $Task.progress.files + 1
        }
        $bytes = [Text.Encoding]::UTF8.GetBytes((ConvertTo-AgentJson $Manifest))
        $entry = $zip.CreateEntry('manifest.json', 'Fastest').Open()
        try { $entry.Write($bytes, 0, $bytes.Length) }
        finally { $entry.Dispose() }
    }
    finally { $zip.Dispose() }
}

# Makes what an archive is to be, and ends if the disk has no room for its files.
function New-AgentArchiveTask {
    param([string]$Full, [string]$Path, [object[]]$Files, [long]$Reserve)
    # Windows PowerShell does not load it by itself.
    $assembly = 'System.IO.Compression, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089'
    $null = [type]::GetType("System.IO.Compression.ZipArchive, $assembly", $true)
    if ($Files.Count -gt 0) { $null = Resolve-AgentPath install '' -AllowRoot }
    $items = @(Get-AgentArchiveItem $Files)
    $total = [long]0
    foreach ($item in $items) { $total = $total + $item.size }
    $free = (Get-AgentDisk $Full).free
    if ($free -lt $total + $Reserve) {
        $detail = @{ path = $Path; free = $free; needed = $total + $Reserve }
        Stop-Agent disk_full "The disk has $free free bytes, and $($total + $Reserve) are needed." $detail
    }
    $progress = [ordered]@{ files = 0; bytes = [long]0; total_files = $items.Count; total_bytes = $total; path = $null }
    return @{ items = $items; progress = $progress; search = $true; pseudonyms = $null }
}

# Operation archive.create. Whatever fails, nothing of it stays.
function New-AgentArchive {
    [CmdletBinding()]
    param([string]$Path, [object[]]$Files, [bool]$IncludePrivateKeys, $Pseudonyms, $Header = @{}, [long]$Reserve)
    $full = Resolve-AgentPath work $Path
    if ([IO.File]::Exists($full) -or [IO.Directory]::Exists($full)) {
        Stop-Agent changed "There is something at '$Path'." @{ path = $Path }
    }
    $task = New-AgentArchiveTask $full $Path $Files $Reserve
    $task.search = -not $IncludePrivateKeys
    if ($Pseudonyms) { $task.pseudonyms = New-AgentPseudonym $Pseudonyms }
    $manifest = [ordered]@{ version = 1; created = (Get-AgentTime).ToString('o'); header = $Header }
    foreach ($name in 'files', 'left_out') { $manifest[$name] = [Collections.Generic.List[object]]::new() }
    $null = Get-AgentWorkFolder -Create
    try {
        $null = [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($full))
        $stream = Open-AgentFile $full CreateNew ReadWrite None
        try {
            Write-AgentArchive $stream "$full.copy" $task $manifest
            $size = $stream.Length
            $stream.Position = 0
            $hash = [Security.Cryptography.SHA256]::Create().ComputeHash($stream)
        }
        finally { $stream.Dispose() }
    }
    catch {
        $failure = $_
        [IO.File]::Delete($full)
        Clear-AgentWorkFolder $full
        throw $failure
    }
    return [ordered]@{ size = $size; sha256 = (ConvertTo-AgentHex $hash); manifest = $manifest }
}
