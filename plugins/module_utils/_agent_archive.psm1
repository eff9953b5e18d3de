# GNU General Public License v3.0+ (see LICENSE)
# Here: files become a zip, but for private keys.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

# In a path, the name's last part alone: a folder may be called anything.
$script:PrivateName = '\.(key|pfx|p12|pvk|jks|ppk)(\.[^/\\]*)?\z'
$script:TextName = '\.(log|txt|csv|xml|opt|conf)(\.[0-9]+)?\z'
# What stands in private keys, and the bytes that UTF-16 has for it in both byte orders: a zero between two letters.
$script:Marks = 'PRIVATE KEY-----', 'PRIVATE KEY BLOCK-----', 'PRIVATE KEY ----', 'PuTTY-User-Key-File-'
$script:Marks = $script:Marks + @($script:Marks | ForEach-Object { return $_.ToCharArray() -join "`0" })
# How archives begin. Only into the first two kinds can be looked.
$script:Beginnings = [ordered]@{
    'zip'   = '50-4B-03-04'
    'gzip'  = '1F-8B-08'
    '7z'    = '37-7A-BC-AF-27-1C'
    'RAR'   = '52-61-72-21-1A-07'
    'CAB'   = '4D-53-43-46'
    'bzip2' = '42-5A-68'
    'xz'    = 'FD-37-7A-58-5A-00'
    'tar'   = '(..-){257}75-73-74-61-72'
}
# The header of a member of a gzip (RFC 1952). Of several, .NET Framework reads the first alone.
$script:Member = [regex]::new('\x1f\x8b\x08[\x00-\x1f](?s:.{4})[\x00\x02\x04][\x00-\x1f\xff]')
# How the record begins that ends a zip, and how many bytes it has at most, with a comment.
$script:ZipEnd = "PK$([char]5)$([char]6)"
$script:Tail = 65557
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

# Reads a stream to a copy of our own, in memory or, if it is large, in a file.
function Copy-AgentStream {
    param([IO.Stream]$Source, [string]$Spare, [Collections.IDictionary]$Progress)
    $length = $Source.Length
    if ($length -le $script:Memory) { $copy = [IO.MemoryStream]::new([int]$length) }
    else { $copy = Open-AgentFile $Spare Create ReadWrite None }
    try {
        $buffer = [byte[]]::new([int][math]::Min([long]$script:Block, $length))
        while ($copy.Length -lt $length) {
            $count = $Source.Read($buffer, 0, [int][math]::Min([long]$buffer.Length, $length - $copy.Length))
            if ($count -eq 0) { break }
            $copy.Write($buffer, 0, $count)
            $Progress.bytes = $Progress.bytes + $count
            Write-AgentProgress $Progress
        }
        $copy.Position = 0
        return $copy
    }
    catch {
        $copy.Dispose()
        throw
    }
}

# Names the kind of archive that begins with these bytes; nothing if it is none.
function Get-AgentArchiveKind {
    param([byte[]]$Start)
    $bytes = [BitConverter]::ToString($Start, 0, 262)
    foreach ($kind in $script:Beginnings.GetEnumerator()) { if ($bytes -match "\A$($kind.Value)") { return $kind.Key } }
}

# Ends if a stream of so many bytes holds a private key, or is an archive that holds one or cannot be looked into. Each
# block is searched together with the end of the one before. That an entry has another length than its archive says is
# what shows that it is encrypted: .NET Framework decompresses it all the same.
function Assert-AgentContent {
    param([IO.Stream]$Stream, [long]$Length, [int]$Depth)
    $buffer = [byte[]]::new([int][math]::Max(512, [math]::Min([long]$script:Block, $Length)))
    $copy = $kind = $null
    $tail = ''
    $done = [long]0
    do {
        $count = Read-AgentBlock $Stream $buffer
        if ($done -eq 0) {
            $kind = Get-AgentArchiveKind $buffer
            if ($kind -and $Depth -gt 0) {
                if ($Length -le $script:Memory) { $copy = [IO.MemoryStream]::new([int]$Length) }
                else { $kind = "large $kind in an archive" }
            }
        }
        $done = $done + $count
        $text = $tail + $script:Bytewise.GetString($buffer, 0, $count)
        foreach ($mark in $script:Marks) {
            $found = $text.IndexOf($mark, [StringComparison]::Ordinal)
            if ($found -ge 0) { Stop-Agent private_key 'It holds a private key.' }
        }
        if ($kind -eq 'gzip' -and $script:Member.IsMatch($text, 1)) { $kind = 'gzip of several members' }
        $tail = $text.Substring([math]::Max(0, $text.Length - $script:Tail))
        if ($copy) { $copy.Write($buffer, 0, $count) }
    } while ($count -eq $buffer.Length -and $done -le $Length)
    if ($done -ne $Length) { Stop-Agent unchecked_archive 'It is encrypted or broken.' }
    $end = $tail.LastIndexOf($script:ZipEnd, [StringComparison]::Ordinal)
    if (-not $kind -and $end -ge 0 -and $done - $tail.Length + $end -gt 0) { $kind = 'zip with something before it' }
    if (-not $copy) { $copy = $Stream }
    if ($kind) { Assert-AgentArchive $copy $kind ($Depth + 1) }
}

# Ends if an archive holds a private key, or cannot be looked into.
function Assert-AgentArchive {
    param([IO.Stream]$Stream, [string]$Kind, [int]$Depth)
    $archive = $null
    try {
        if ($Depth -gt $script:Deepest) { Stop-Agent unchecked_archive 'It has archives in one another, too deep.' }
        if ($Kind -eq 'zip') {
            $Stream.Position = 0
            $archive = [IO.Compression.ZipArchive]::new($Stream, 'Read', $true)
            foreach ($entry in $archive.Entries) { Assert-AgentZipEntry $entry $Depth }
        }
        elseif ($Kind -eq 'gzip') {
            # Its last bytes are its length.
            $size = [byte[]]::new(4)
            $null = $Stream.Seek(-4, 'End')
            $null = $Stream.Read($size, 0, 4)
            $Stream.Position = 0
            $archive = [IO.Compression.GZipStream]::new($Stream, [IO.Compression.CompressionMode]::Decompress, $true)
            Assert-AgentContent $archive ([BitConverter]::ToUInt32($size, 0)) $Depth
        }
        else { Stop-Agent unchecked_archive "It cannot be looked into: $Kind." }
    }
    catch {
        $failure = ConvertTo-AgentError $_
        if ($failure.kind -ne 'private_key') { $failure.kind = 'unchecked_archive' }
        Stop-Agent $failure.kind $failure.message
    }
    finally { if ($archive) { $archive.Dispose() } }
}

# Looks into one entry of a zip.
function Assert-AgentZipEntry {
    param($Entry, [int]$Depth)
    if ($Entry.FullName -match $script:PrivateName) { Stop-Agent private_key "It holds '$($Entry.FullName)'." }
    $inside = $Entry.Open()
    try { Assert-AgentContent $inside $Entry.Length $Depth }
    finally { $inside.Dispose() }
}

# Reads a file to a copy of our own, which may be put in.
function Read-AgentItem {
    param([hashtable]$Item, [string]$Spare, [bool]$Search, [Collections.IDictionary]$Progress)
    if ($Search -and $Item.name -match $script:PrivateName) { Stop-Agent private_key 'It is named as a private key.' }
    $stream = Open-AgentFile $Item.full Open Read 'ReadWrite, Delete'
    try {
        $Item.modified = [IO.File]::GetLastWriteTimeUtc($Item.full)
        $copy = Copy-AgentStream $stream $Spare $Progress
    }
    finally { $stream.Dispose() }
    try {
        if ($Search) { Assert-AgentContent $copy $copy.Length 0 }
        $copy.Position = 0
        return $copy
    }
    catch {
        $copy.Dispose()
        throw
    }
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
