# GNU General Public License v3.0+ (see LICENSE)
# Private, as all _agent*.psm1; the contract is docs/agent-contract.md. Here: a batch, and its answer.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$script:KindOfHResult = @{
    0x80070002 = 'not_found'
    0x80070003 = 'not_found'
    0x80070005 = 'access_denied'
    0x80070020 = 'sharing_violation'
    0x80070021 = 'sharing_violation'
    0x80070027 = 'disk_full'
    0x80070070 = 'disk_full'
    0x8013150A = 'access_denied'
}

# Ends the running operation with an error of the contract, which travels in the exception's data.
function Stop-Agent {
    param([string]$Kind, [string]$Message, [hashtable]$Detail = @{})
    $exception = [InvalidOperationException]::new($Message)
    $exception.Data['kind'] = $Kind
    $exception.Data['detail'] = $Detail
    throw $exception
}

# Makes the error object of whatever was caught; the operation's arguments name the path or key.
function ConvertTo-AgentError {
    param([Management.Automation.ErrorRecord]$ErrorRecord, [hashtable]$Arguments = @{})
    $exception = $ErrorRecord.Exception.GetBaseException()
    $kind = $exception.Data['kind']
    $detail = @{}
    if ($kind) { $detail = $exception.Data['detail'] }
    else {
        $kind = $script:KindOfHResult[$exception.HResult]
        # Win32Exception has the number 5 here, CimException the name.
        $code = $exception.PSObject.Properties['NativeErrorCode']
        if ($code -and '5', 'AccessDenied' -contains [string]$code.Value) { $kind = 'access_denied' }
        if (-not $kind) {
            $kind = 'failed'
            $detail['exception'] = $exception.GetType().FullName
        }
        elseif ($Arguments.ContainsKey('path')) { $detail['path'] = $Arguments['path'] }
        else { foreach ($name in 'key', 'name') { if ($Arguments[$name]) { $detail['name'] = $Arguments[$name] } } }
    }
    return @{ kind = $kind; message = ($exception.Message -replace '\s*[\r\n]+\s*', ' ').Trim(); detail = $detail }
}

# Says whether JSON has numbers for a value.
function Test-AgentNumber {
    param($Value)
    if ($Value -isnot [ValueType] -or $Value -is [bool] -or $Value -is [char]) { return $false }
    return $Value -is [decimal] -or $Value.GetType().IsPrimitive
}

# Writes ASCII JSON. (ConvertTo-Json of 5.1 writes an array that came out of a function as an object.)
function ConvertTo-AgentJson {
    param($Value)
    if ($null -eq $Value) { return 'null' }
    if ($Value -is [bool]) { return "$Value".ToLowerInvariant() }
    if (Test-AgentNumber $Value) { return "$Value" }
    # JSON as it is.
    if ($Value -is [Text.StringBuilder]) { return "$Value" }
    if ($Value -is [Management.Automation.PSCustomObject]) {
        $object = [ordered]@{}
        foreach ($property in $Value.PSObject.Properties) { $object[$property.Name] = $property.Value }
        $Value = $object
    }
    if ($Value -is [Collections.IDictionary]) {
        $members = foreach ($entry in $Value.GetEnumerator()) {
            (ConvertTo-AgentJson $entry.Key) + ':' + (ConvertTo-AgentJson $entry.Value)
        }
        return '{' + ($members -join ',') + '}'
    }
    if ($Value -is [Collections.IEnumerable] -and $Value -isnot [string]) {
        return '[' + (@(foreach ($item in $Value) { ConvertTo-AgentJson $item }) -join ',') + ']'
    }
    $escape = [Text.RegularExpressions.MatchEvaluator] { param($found) '\u{0:x4}' -f [int][char]$found.Value }
    return '"' + [regex]::Replace("$Value", '[^ !#-\[\]-~]', $escape) + '"'
}

# Says whether every wanted property of an item has its value, or one of its values. Types are compared as JSON's.
function Test-AgentMatch {
    param($Item, $Wanted)
    if ($Item -isnot [Collections.IDictionary]) { return $false }
    foreach ($property in $Wanted.PSObject.Properties) {
        $found = $Item[$property.Name]
        if ($found -is [string]) { $found = $found.ToUpperInvariant() }
        $values = @(foreach ($value in @($property.Value)) {
                if ($value -is [string]) { $value = $value.ToUpperInvariant() }
                ConvertTo-AgentJson $value
            })
        if ($values -cnotcontains (ConvertTo-AgentJson $found)) { return $false }
    }
    return $true
}

# Says whether a value is as expected.
function Test-AgentExpectation {
    param($Value, $Expect)
    foreach ($condition in $Expect.PSObject.Properties) {
        if ($condition.Name -eq 'matches') {
            if (-not (Test-AgentMatch $Value $condition.Value)) { return $false }
            continue
        }
        if ($Value -is [Collections.IDictionary] -or $Value -isnot [Collections.IEnumerable]) { return $false }
        foreach ($wanted in $condition.Value) {
            $present = @(foreach ($item in $Value) { if (Test-AgentMatch $item $wanted) { $true } }).Count -gt 0
            if ($present -ne ($condition.Name -eq 'includes')) { return $false }
        }
    }
    return $true
}

# Names what makes this shell one that the operations do not run in.
function Get-AgentRefusal {
    $shell = Get-AgentShell
    if (-not $shell.windows) { return 'not_windows' }
    if ($shell.edition -ne 'Desktop') { return 'edition' }
    if ($shell.version -notlike '5.1*') { return 'version' }
    if ($shell.bits -ne 64) { return 'bits' }
    if ($shell.language_mode -ne 'FullLanguage') { return 'language_mode' }
}

# Runs one operation, which writes its value as one object.
function Invoke-AgentOperation {
    param([hashtable]$Operation, [hashtable]$Batch)
    $arguments = $Operation.arguments
    switch ($Operation.op) {
        'server' { Get-AgentServer $Batch }
        'cmdlet' { Invoke-AgentCmdlet -Batch $Batch @arguments }
        'file.read' { Read-AgentFile @arguments }
        'file.list' { Find-AgentFile @arguments }
        'registry.read' { Get-AgentRegistry @arguments }
        'port.owners' { Get-AgentPortOwner -Expect $Operation.expect @arguments }
        'account.resolve' { Resolve-AgentAccount @arguments }
        { $Operation.form -eq 'job' } { Invoke-AgentJobOperation $Operation }
        default { Invoke-AgentChange $Operation $Batch }
    }
}

# Answers an operation's result or its error. Where the batch changes anything, nothing runs without the mutex.
function Get-AgentResult {
    param([hashtable]$Operation, [hashtable]$Batch)
    try {
        if ($Batch.refusal -and $Operation.op -ne 'server') {
            $message = 'This shell is not 64-bit Windows PowerShell 5.1 in full language mode.'
            Stop-Agent unsupported_shell $message @{ reason = $Batch.refusal }
        }
        if ($Batch.changes -and -not $Batch.refusal -and -not $Batch.lock) {
            $Batch.lock = Enter-AgentLock $Batch.lock_timeout
            if (-not $Batch.lock) { Stop-Agent busy 'Another batch on this host did not end in time.' }
        }
        $value = Invoke-AgentOperation $Operation $Batch
        if ($null -ne $Operation.expect -and -not (Test-AgentExpectation $value $Operation.expect)) {
            foreach ($item in $value) { if ($item -is [Collections.IDictionary]) { $item.Remove('content') } }
            Stop-Agent expect 'The value is not as expected.' @{ found = $value }
        }
        return [ordered]@{ ok = $true; value = $value }
    }
    catch { return [ordered]@{ ok = $false; error = (ConvertTo-AgentError $_ $Operation.arguments) } }
}

# Runs the operations and, if a failure stops them, the undo entries; fills in the answer.
function Invoke-AgentBatch {
    param([hashtable]$Batch, [Collections.IDictionary]$Answer)
    $failure = $null
    $attempted = 0
    foreach ($operation in $Batch.ops) {
        if ($failure) {
            $skipped = @{ kind = 'skipped'; message = 'An operation before this one failed.'; detail = @{} }
            $Answer.results.Add(@{ ok = $false; error = $skipped })
            continue
        }
        $attempted++
        $result = Get-AgentResult $operation $Batch
        $Answer.results.Add($result)
        if ($result.ok) { continue }
        $names = '*', $result.error.kind, $result.error.detail['status']
        $tolerated = @($operation.tolerate | Where-Object { $names -ccontains $_ }).Count -gt 0
        if (-not $tolerated -or $result.error.kind -eq 'busy') { $failure = $result.error }
    }
    if (-not $failure -or $failure.kind -eq 'busy') { return }
    $undone = $true
    for ($index = 0; $index -lt $Batch.undo.Count; $index++) {
        $entry = $Batch.undo[$index]
        if ($null -ne $entry.after -and $entry.after -ge $attempted) { continue }
        if ($entry.if_done -and -not $Answer.results[$entry.after].ok) { continue }
        if ($entry.if_undone -and -not $undone) { continue }
        $result = Get-AgentResult $entry $Batch
        $undone = $undone -and ($result.ok -or $entry.op -eq 'cmdlet')
        $result['index'] = $index
        $Answer.undone.Add($result)
    }
}

# Answers a request: JSON text in, one line of ASCII JSON out.
function Invoke-Agent {
    [CmdletBinding()] [OutputType([string])] param([string]$Request)
    $answer = [ordered]@{ v = 1; failed = $false }
    $answer.results = [Collections.Generic.List[object]]::new()
    $answer.undone = [Collections.Generic.List[object]]::new()
    $batch = @{}
    try {
        $batch = ConvertFrom-AgentRequest $Request
        $batch.refusal = Get-AgentRefusal
        Invoke-AgentBatch $batch $answer
    }
    catch {
        $failure = ConvertTo-AgentError $_
        if ($failure.kind -ne 'bad_request') { throw }
        $answer.failed = $true
        $answer.msg = $failure.message
    }
    finally {
        if ($batch['lock']) {
            $batch.lock.ReleaseMutex()
            $batch.lock.Dispose()
        }
    }
    ConvertTo-AgentJson $answer
}
