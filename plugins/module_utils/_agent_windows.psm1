# GNU General Public License v3.0+ (see LICENSE)
# Here: all that only Windows has, each behind one small function with plain input and output. The contract tests put
# tests/contract/shim.psm1 in place of _agent_windows*.psm1, and run the rest as it is on a PowerShell without Windows.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

# Describes this PowerShell.
function Get-AgentShell {
    return [ordered]@{
        windows       = [Environment]::OSVersion.Platform -eq 'Win32NT'
        edition       = $PSVersionTable['PSEdition']
        version       = [string]$PSVersionTable.PSVersion
        bits          = [IntPtr]::Size * 8
        language_mode = [string]$ExecutionContext.SessionState.LanguageMode
    }
}

# Describes this computer.
function Get-AgentHost {
    $computer = Get-CimInstance -ClassName Win32_ComputerSystem
    $domain = $null
    if ($computer.PartOfDomain) { $domain = $computer.Domain }
    return [ordered]@{ name = $computer.Name; domain = $domain; clock = (Get-AgentTime).ToString('o') }
}

# Tells the time, in UTC.
function Get-AgentTime {
    return [DateTime]::UtcNow
}

# Lets a little time pass.
function Wait-AgentTick {
    Start-Sleep -Milliseconds 200
}

# Describes the account that this runs as, by its token.
function Get-AgentUser {
    $identity = [Security.Principal.WindowsIdentity]::GetCurrent()
    $role = [Security.Principal.WindowsBuiltInRole]::Administrator
    return [ordered]@{
        name     = $identity.Name
        sid      = $identity.User.Value
        groups   = @($identity.Groups | ForEach-Object { $_.Value })
        elevated = [Security.Principal.WindowsPrincipal]::new($identity).IsInRole($role)
    }
}

# Names the folder for the data of programs.
function Get-AgentProgramData {
    return [Environment]::GetFolderPath('CommonApplicationData')
}

# Opens a file. The one door to the bytes of files.
function Open-AgentFile {
    param([string]$Path, [IO.FileMode]$Mode, [IO.FileAccess]$Access, [IO.FileShare]$Share)
    return [IO.FileStream]::new($Path, $Mode, $Access, $Share)
}

# Says what a folder is: ours, link, foreign_owner, loose; nothing if there is none.
function Get-AgentFolderState {
    param([string]$Path)
    if (-not [IO.Directory]::Exists($Path)) { return }
    if ([IO.File]::GetAttributes($Path).HasFlag([IO.FileAttributes]::ReparsePoint)) { return 'link' }
    $trusted = 'S-1-5-18', 'S-1-5-32-544'
    $security = [IO.Directory]::GetAccessControl($Path)
    if ($trusted -notcontains $security.GetOwner([Security.Principal.SecurityIdentifier]).Value) { return 'foreign_owner' }
    foreach ($rule in $security.GetAccessRules($true, $true, [Security.Principal.SecurityIdentifier])) {
        if ($trusted -notcontains $rule.IdentityReference.Value) { return 'loose' }
    }
    return 'ours'
}

# Makes a folder of SYSTEM and Administrators alone. It has this security from its first moment.
function New-AgentFolder {
    param([string]$Path)
    $security = [Security.AccessControl.DirectorySecurity]::new()
    $security.SetSecurityDescriptorSddlForm('O:BAG:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)')
    $null = [IO.Directory]::CreateDirectory($Path, $security)
}

# Reads a key below HKEY_LOCAL_MACHINE: name -> name, type, value of JSON. Nothing if there is no such key.
function Read-AgentRegistry {
    param([string]$Key, [int]$View)
    $machine = [Microsoft.Win32.RegistryKey]::OpenBaseKey('LocalMachine', "Registry$View")
    $opened = $machine.OpenSubKey($Key)
    if ($null -eq $opened) { return }
    $values = @{}
    foreach ($name in $opened.GetValueNames()) {
        $type = [string]$opened.GetValueKind($name)
        $value = $opened.GetValue($name, $null, 'DoNotExpandEnvironmentNames')
        switch ($type) {
            'DWord' { $value = [BitConverter]::ToUInt32([BitConverter]::GetBytes($value), 0) }
            'QWord' { $value = [BitConverter]::ToUInt64([BitConverter]::GetBytes($value), 0) }
            'MultiString' { $value = [string[]]$value }
            default { if ($value -is [byte[]]) { $value = [Convert]::ToBase64String($value) } }
        }
        $values[$name] = [ordered]@{ name = $name; type = $type; value = $value }
    }
    return $values
}

# Lists the processes: id, parent, name, created.
function Get-AgentProcess {
    $names = 'ProcessId', 'ParentProcessId', 'Name', 'CreationDate'
    foreach ($process in Get-CimInstance -ClassName Win32_Process -Property $names) {
        @{
            id      = [int]$process.ProcessId
            parent  = [int]$process.ParentProcessId
            name    = $process.Name -replace '\.exe\z', ''
            created = $process.CreationDate
        }
    }
}

# Lists the listening TCP sockets.
function Get-AgentListener {
    foreach ($socket in Get-NetTCPConnection -State Listen) {
        [ordered]@{
            port       = [int]$socket.LocalPort
            address    = $socket.LocalAddress
            process_id = [int]$socket.OwningProcess
            process    = $null
        }
    }
}

# Describes those of the named services that exist, in the order of the names.
function Get-AgentService {
    param([string[]]$Names)
    $started = @{}
    foreach ($process in Get-AgentProcess) { $started[$process.id] = $process.created }
    $all = @{}
    foreach ($service in Get-CimInstance -ClassName Win32_Service) { $all[$service.Name] = $service }
    foreach ($name in $Names) {
        $service = $all[$name]
        if (-not $service) { continue }
        $fact = [ordered]@{
            name         = $service.Name
            display_name = $service.DisplayName
            state        = $service.State.Replace(' ', '')
            start_mode   = $service.StartMode
            process_id   = $null
            account      = $service.StartName
            start_time   = $null
        }
        if ($service.ProcessId -ne 0) {
            $fact.process_id = [int]$service.ProcessId
            $time = $started[$fact.process_id]
            if ($time) { $fact.start_time = $time.ToUniversalTime().ToString('o') }
        }
        $fact
    }
}

# Gets the controller of a service as it is now; nothing if there is no such service.
function Get-AgentController {
    param([string]$Name)
    Get-Service -Name ([WildcardPattern]::Escape($Name)) -ErrorAction Ignore
}

# Makes the SID of an account's name.
function ConvertTo-AgentSid {
    param([string]$Name)
    $full = $Name
    if ($Name.StartsWith('.\')) { $full = [Environment]::MachineName + $Name.Substring(1) }
    try { return [Security.Principal.NTAccount]::new($full).Translate([Security.Principal.SecurityIdentifier]).Value }
    catch [Security.Principal.IdentityNotMappedException] {
        Stop-Agent not_found "There is no account '$Name'." @{ name = $Name }
    }
}

# Makes the name of a SID's account; nothing if it has none.
function ConvertFrom-AgentSid {
    param([string]$Sid)
    try { return [Security.Principal.SecurityIdentifier]::new($Sid).Translate([Security.Principal.NTAccount]).Value }
    catch [SystemException] { return $null }
}

# Takes the mutex of all changes; nothing if it is not free in time.
function Enter-AgentLock {
    param([double]$Seconds)
    $mutex = [Threading.Mutex]::new($false, 'Global\citrixfleet.licensing')
    try { if ($mutex.WaitOne([TimeSpan]::FromSeconds($Seconds))) { return $mutex } }
    catch [Threading.AbandonedMutexException] { return $mutex }
}
