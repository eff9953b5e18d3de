# GNU General Public License v3.0+ (see LICENSE)
# Here: names of people and devices in text become pseudonyms.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

# Both ways a byte is one character.
$script:Latin1 = [Text.Encoding]::GetEncoding(28591)
$script:TextBlock = 4194304

# Says whether the pseudonyms of an archive are those of the contract.
function Test-AgentPseudonym {
    param($Given)
    Assert-AgentField $Given 'key domains' 'pseudonyms'
    if ($Given.key -isnot [string] -or $Given.domains -isnot [array]) { return $false }
    foreach ($domain in $Given.domains) { if ($domain -isnot [string]) { return $false } }
    try { return $null -ne [Convert]::FromBase64String($Given.key) }
    catch [FormatException] { return $false }
}

# Makes what replaces names: the pattern, the key, and the pseudonyms that it has given. A name is looked for only where
# one can begin, and not tried shorter: without that, a long word takes forever.
function New-AgentPseudonym {
    param($Given)
    $letter = '[\p{L}\p{Nd}._$-]'
    $pattern = "(?>(?<user>$letter+))@(?<device>$letter+)"
    $domains = @($Given.domains | Where-Object { $_ } | ForEach-Object { return [regex]::Escape($_) }) -join '|'
    if ($domains) {
        $pattern = "(?<domain>(?i:$domains)\\)(?>(?<user>$letter+))(@(?<device>$letter+))?|$pattern"
    }
    return @{
        pattern  = [regex]::new("(?<!$letter)($pattern)", 'CultureInvariant, ExplicitCapture, Compiled')
        hmac     = [Security.Cryptography.HMACSHA256]::new([Convert]::FromBase64String($Given.key))
        given    = [Collections.Hashtable]::new([StringComparer]::Ordinal)
        replaced = 0
    }
}

# Makes the pseudonym of a name: the same for the same name, in any letters, with the same key.
function Get-AgentPseudonym {
    param([hashtable]$Pseudonyms, [string]$Kind, [string]$Name)
    $hash = $Pseudonyms.hmac.ComputeHash([Text.Encoding]::UTF8.GetBytes($Name.ToLowerInvariant()))
    return $Kind + '-' + [BitConverter]::ToString($hash, 0, 5).Replace('-', '').ToLowerInvariant()
}

# Replaces the names in a text.
function Edit-AgentText {
    param([hashtable]$Pseudonyms, [string]$Text)
    $evaluator = [Text.RegularExpressions.MatchEvaluator] {
        param($found)
        $device = $found.Groups['device']
        $Pseudonyms.replaced = $Pseudonyms.replaced + 1 + [int]$device.Success
        $new = $Pseudonyms.given[$found.Value]
        if (-not $new) {
            $new = $found.Groups['domain'].Value + (Get-AgentPseudonym $Pseudonyms user $found.Groups['user'].Value)
            if ($device.Success) { $new = $new + '@' + (Get-AgentPseudonym $Pseudonyms device $device.Value) }
            $Pseudonyms.given[$found.Value] = $new
        }
        $new
    }
    return $Pseudonyms.pattern.Replace($Text, $evaluator)
}

# Tells the encoding of a text by its byte-order mark.
function Get-AgentEncoding {
    param([IO.Stream]$Stream)
    $mark = [byte[]]::new(3)
    $Stream.Position = 0
    $null = $Stream.Read($mark, 0, 3)
    $Stream.Position = 0
    switch -Regex ([BitConverter]::ToString($mark)) {
        '\AEF-BB-BF' { return [Text.UTF8Encoding]::new($true, $true) }
        '\AFF-FE' { return [Text.Encoding]::Unicode }
        '\AFE-FF' { return [Text.Encoding]::BigEndianUnicode }
    }
    return $script:Latin1
}

# Finds where the last line of a buffer begins that may go on behind it. A line of more than the buffer is cut at a blank.
function Find-AgentCut {
    param([byte[]]$Bytes, [int]$Count, [Text.Encoding]$Encoding)
    $width = [math]::Min(2, $Encoding.GetByteCount(' '))
    foreach ($character in "`n", ' ') {
        $wanted = $Encoding.GetBytes($character)
        $value = [byte][char]$character
        $place = [array]::IndexOf($wanted, $value)
        $at = [array]::LastIndexOf($Bytes, $value, $Count - 1, $Count)
        while ($at -ge 0) {
            $start = $at - $place
            $whole = $width -eq 1 -or ($start % 2 -eq 0 -and $start + 1 -lt $Count -and $Bytes[$start + 1 - $place] -eq 0)
            if ($whole) { return $start + $width }
            if ($at -eq 0) { break }
            $at = [array]::LastIndexOf($Bytes, $value, $at - 1, $at)
        }
        if ($Count -lt $Bytes.Length) { return 0 }
    }
    return $Count - $Count % $width
}

# Writes the bytes of some whole lines, with pseudonyms for the names in them. Where there are none, all bytes stay.
function Write-AgentLine {
    param([IO.Stream]$Target, [byte[]]$Bytes, [int]$Count, [Text.Encoding]$Encoding, [hashtable]$Pseudonyms)
    $before = $Pseudonyms.replaced
    $even = $Count - $Count % [math]::Min(2, $Encoding.GetByteCount(' '))
    try { $text = $Encoding.GetString($Bytes, 0, $even) }
    catch [ArgumentException] {
        # It is not the UTF-8 that its mark says.
        $Encoding = $script:Latin1
        $text = $Encoding.GetString($Bytes, 0, $even)
    }
    $new = Edit-AgentText $Pseudonyms $text
    if ($Pseudonyms.replaced -eq $before) {
        $Target.Write($Bytes, 0, $Count)
        return $Count
    }
    $written = $Encoding.GetBytes($new)
    $Target.Write($written, 0, $written.Length)
    $Target.Write($Bytes, $even, $Count - $even)
    return $written.Length + $Count - $even
}

# Copies a text with pseudonyms for the names in it, and counts the bytes.
function Copy-AgentText {
    param([IO.Stream]$Source, [IO.Stream]$Target, [hashtable]$Pseudonyms)
    $encoding = Get-AgentEncoding $Source
    $buffer = [byte[]]::new($script:TextBlock)
    $size = [long]0
    $held = 0
    while ($true) {
        $read = $Source.Read($buffer, $held, $buffer.Length - $held)
        $count = $held + $read
        $end = $count
        if ($read -gt 0) { $end = Find-AgentCut $buffer $count $encoding }
        if ($end -gt 0) { $size = $size + (Write-AgentLine $Target $buffer $end $encoding $Pseudonyms) }
        $held = $count - $end
        [Buffer]::BlockCopy($buffer, $end, $buffer, 0, $held)
        if ($read -eq 0) { return $size }
    }
}
