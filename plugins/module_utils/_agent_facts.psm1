# GNU General Public License v3.0+ (see LICENSE)
# Here: what the host is.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$script:Services = @('Citrix Licensing', 'CitrixWebServicesforLicensing', 'CtxLSPortSvc', 'CitrixLicensingSupportService',
    'Citrix_GTLicensingProv')

# Reads where the License Server is installed; nothing if it is not.
function Get-AgentInstallation {
    $values = Read-AgentRegistry 'SOFTWARE\Citrix\LicenseServer\Install' 32
    if (-not $values -or -not $values['Version'] -or -not $values['LS_Install_Dir']) { return }
    $slash = [IO.Path]::DirectorySeparatorChar
    $install = [IO.Path]::GetDirectoryName("$($values['LS_Install_Dir'].value)".TrimEnd($slash))
    $myfiles = ''
    $flexlm = Read-AgentRegistry 'SOFTWARE\FLEXlm License Manager\CitrixLicensing' 32
    if ($flexlm -and $flexlm['License']) { $myfiles = "$($flexlm['License'].value)".Split(';')[0].TrimEnd($slash) }
    if (-not $myfiles) { $myfiles = [IO.Path]::Combine($install, 'MyFiles') }
    return [ordered]@{ version = "$($values['Version'].value)"; install = $install; myfiles = $myfiles }
}

# Lists a process and its descendants. A child is not older than its parent: process ids are used again.
function Get-AgentProcessTree {
    param($Id)
    $all = @(Get-AgentProcess)
    $tree = [Collections.Generic.List[object]]::new()
    foreach ($process in $all) { if ($Id -and $process.id -eq $Id) { $tree.Add($process) } }
    for ($index = 0; $index -lt $tree.Count; $index++) {
        foreach ($process in $all) {
            $child = $process.parent -eq $tree[$index].id -and $process.created -ge $tree[$index].created
            if ($child -and -not $tree.Contains($process)) { $tree.Add($process) }
        }
    }
    return $tree
}

# Operation server. In a shell that is refused, only the shell itself is looked at.
function Get-AgentServer {
    [CmdletBinding()] param([hashtable]$Batch)
    $server = [ordered]@{
        shell = Get-AgentShell; host = $null; user = $null; installation = $null; services = $null
        snapin = $null; admin_address = $null
    }
    if ($Batch.refusal) { return $server }
    $server.host = Get-AgentHost
    $server.user = Get-AgentUser
    $server.user.logon_type = 'other'
    $types = @{ 'S-1-5-2' = 'network'; 'S-1-5-3' = 'batch'; 'S-1-5-4' = 'interactive'; 'S-1-5-6' = 'service' }
    foreach ($sid in $server.user.groups) { if ($types[$sid]) { $server.user.logon_type = $types[$sid] } }
    $server.installation = Get-AgentInstallation
    $server.services = @(Get-AgentService $script:Services)
    $server.snapin = Import-AgentSnapin $Batch
    $server.admin_address = [ordered]@{ address = (Get-AgentAddress $Batch); certificate_hash = $false; error = $null }
    if ($server.snapin.route) {
        try { $server.admin_address.certificate_hash = [bool](Get-AgentCertificateHash $Batch) }
        catch { $server.admin_address.error = ConvertTo-AgentError $_ }
    }
    return $server
}

# Operation registry.read.
function Get-AgentRegistry {
    [CmdletBinding()] param([string]$Key, [int]$View, [string[]]$Names)
    $values = Read-AgentRegistry $Key $View
    $found = [Collections.Generic.SortedDictionary[string, object]]::new([StringComparer]::Ordinal)
    if ($values) {
        # Not .Keys: that would be a value of this name, where there is one.
        foreach ($entry in $values.GetEnumerator()) {
            if ($null -eq $Names -or $Names -contains $entry.Key) { $found[$entry.Key.ToUpperInvariant()] = $entry.Value }
        }
    }
    return [ordered]@{ exists = $null -ne $values; values = @($found.Values) }
}

# Operation port.owners. What is expected of it may take its time: it looks again until that is over.
function Get-AgentPortOwner {
    [CmdletBinding()] param([int[]]$Ports, [double]$Timeout, $Expect)
    $deadline = (Get-AgentTime).AddSeconds($Timeout)
    while ($true) {
        $names = @{}
        foreach ($process in Get-AgentProcess) { $names[$process.id] = $process.name }
        $found = [Collections.Generic.SortedDictionary[string, object]]::new([StringComparer]::Ordinal)
        foreach ($listener in Get-AgentListener) {
            if ($null -ne $Ports -and $Ports -notcontains $listener.port) { continue }
            $listener.process = $names[$listener.process_id]
            $found['{0:d5} {1} {2}' -f $listener.port, $listener.address, $listener.process_id] = $listener
        }
        $value = @($found.Values)
        $met = $null -eq $Expect -or (Test-AgentExpectation $value $Expect)
        if ($met -or (Get-AgentTime) -ge $deadline) { return , $value }
        Wait-AgentTick
    }
}

# Operation account.resolve. A SID is no error: it may be all that is left of an account.
function Resolve-AgentAccount {
    [CmdletBinding()] param([string[]]$Accounts)
    $answers = @(foreach ($account in $Accounts) {
            $answer = [ordered]@{ account = $account; sid = $null; name = $null; error = $null }
            try {
                if ($account -match '\AS-1-\d{1,14}(-\d{1,10}){1,15}\z') { $answer.sid = $account.ToUpperInvariant() }
                else { $answer.sid = ConvertTo-AgentSid $account }
                $answer.name = ConvertFrom-AgentSid $answer.sid
            }
            catch { $answer.error = ConvertTo-AgentError $_ }
            $answer
        })
    return , $answers
}
