# GNU General Public License v3.0+ (see LICENSE)
# Here: of what only Windows has (see _agent_windows.psm1), processes that are started and ended, and disks.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

# Starts Windows PowerShell with a script, and makes its id and creation time. What WMI starts is outside of this shell's
# job object, with which Windows ends all that the connection started, and runs as our account. A scheduled task would
# need the account's password to do that, and a named pipe, as Ansible's async_wrapper has it, a text that it can send.
#
# The script is read as text and not given as a file: a group policy that wants files to be signed is stronger than
# -ExecutionPolicy. CREATE_BREAKAWAY_FROM_JOB: without it, the limits of WMI's own job object, as that of memory, hold
# for what it starts (learn.microsoft.com, "Create method of the Win32_Process class").
function Start-AgentProcess {
    param([string]$Script)
    $shell = [IO.Path]::Combine($PSHOME, 'powershell.exe')
    $command = ". ([scriptblock]::Create([IO.File]::ReadAllText('$($Script.Replace("'", "''"))')))"
    $encoded = [Convert]::ToBase64String([Text.Encoding]::Unicode.GetBytes($command))
    $line = "`"$shell`" -NoProfile -NonInteractive -ExecutionPolicy Bypass -EncodedCommand $encoded"
    $flags = @{ CreateFlags = [uint32]0x01000000 }
    $startup = New-CimInstance -ClassName Win32_ProcessStartup -Property $flags -ClientOnly
    $arguments = @{ CommandLine = $line; ProcessStartupInformation = $startup }
    $created = Invoke-CimMethod -ClassName Win32_Process -MethodName Create -Arguments $arguments
    if ($created.ReturnValue -ne 0) { Stop-Agent failed "Win32_Process.Create gave $($created.ReturnValue)." }
    $id = [int]$created.ProcessId
    foreach ($process in Get-AgentProcess) { if ($process.id -eq $id) { return $process } }
    # It has ended already.
    return @{ id = $id; created = Get-AgentTime }
}

# Ends a process of this id and creation time, and waits until it is gone; says whether there was one.
function Stop-AgentProcess {
    param([int]$Id, [datetime]$Created)
    try { $process = [Diagnostics.Process]::GetProcessById($Id) }
    catch [ArgumentException] { return $false }
    try {
        # While it is open, no other process gets the id.
        $null = $process.Handle
        foreach ($now in Get-AgentProcess) {
            if ($now.id -ne $Id -or $now.created.ToUniversalTime() -ne $Created) { continue }
            $process.Kill()
            if (-not $process.WaitForExit(30000)) { Stop-Agent timeout "Process $Id did not end." @{ name = "$Id" } }
            return $true
        }
    }
    catch [InvalidOperationException] {
        # It ended by itself.
        if ($_.Exception.GetBaseException().Data['kind']) { throw }
    }
    finally { $process.Dispose() }
    return $false
}

# Measures the disk of a path, which need not be there.
function Get-AgentDisk {
    param([string]$Path)
    $drive = [IO.DriveInfo]::new([IO.Path]::GetPathRoot($Path))
    return [ordered]@{ free = $drive.AvailableFreeSpace; size = $drive.TotalSize }
}
