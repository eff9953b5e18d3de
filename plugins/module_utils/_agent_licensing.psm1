# GNU General Public License v3.0+ (see LICENSE)
# Here: the snap-in of the License Server and its cmdlets.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

# The parameters of the SDK documentation, beside those that the agent supplies.
$script:Cmdlets = @{
    'Get-LicAdministrator'       = 'AccountSid? ReadOnly?'
    'New-LicAdministrator'       = 'Account? Group? ReadOnly?'
    'Set-LicAdministrator'       = 'Account? AccountSid? Group? ReadOnly?'
    'Remove-LicAdministrator'    = 'Account? AccountSid?'
    'Get-LicCEIPOption'          = ''
    'Set-LicCEIPOption'          = 'CEIPOption?'
    'Get-LicConfigUsageSamples'  = ''
    'Set-LicConfigUsageSamples'  = 'Enable? PollingInterval? RetentionPeriod?'
    'Get-LicSARenewalOptions'    = ''
    'Set-LicSARenewalOptions'    = 'Option?'
    'Get-LicRenewals'            = ''
    'Install-LicRenewals'        = 'FulfillmentID?'
    'Get-LicInventory'           = 'CheckForSameSerialNumber? Locale?'
    'Get-LicServerInfo'          = ''
    'Get-LicEffectivePermission' = ''
    'Get-LicCertificate'         = ''
    'Get-LicLocation'            = 'LicenseServerAddress? LicenseServerPort? AddressType?'
}
# LicensingAdminStatus of the SDK documentation, and the one status that was seen in the field.
$script:Statuses = -split @'
CommunicationError InvalidCertificate CertificateVerificationFailed AuthorizationFailed UserNotAuthorized UserNotFound
NoUsers InvalidCEIPOption InvalidSARenewalOption NoSARenewals NoInventory LocaleUnsupported
CitrixLicensingVendorOrServiceDown FileAlreadyExists InvalidLicenseFile PollingIntervalMoreThanMaxValue
PollingIntervalLessThanMinValue RetentionPeriodLessThanMinValue UnknownError ActiveDirectoryAccountResolutionFailed
'@

# Refuses a cmdlet or a parameter that is not in the table.
function Assert-AgentCmdlet {
    param([string]$Name, $Parameters)
    if (-not $script:Cmdlets.ContainsKey($Name)) { Stop-Agent bad_request "$Name is no cmdlet of the contract" }
    if ($null -ne $Parameters) { Assert-AgentField $Parameters $script:Cmdlets[$Name] $Name }
}

# Loads the snap-in, once a batch: as a module, else as a snap-in.
function Import-AgentSnapin {
    param([hashtable]$Batch)
    if ($null -eq $Batch.snapin) {
        $Batch.snapin = [ordered]@{ route = 'module'; message = $null }
        try { $null = Import-Module -Name Citrix.Licensing.Admin.V1 -DisableNameChecking }
        catch {
            try {
                $null = Add-PSSnapin -Name Citrix.Licensing.Admin.V1
                $Batch.snapin.route = 'snapin'
            }
            catch { $Batch.snapin = [ordered]@{ route = $null; message = (ConvertTo-AgentError $_).message } }
        }
    }
    return $Batch.snapin
}

# Finds the documented status in an error. Where it stands is not documented: a property of the exception, the
# error's id and the messages are looked at, in that order.
function Get-AgentStatus {
    param([Management.Automation.ErrorRecord]$ErrorRecord)
    $base = $ErrorRecord.Exception.GetBaseException()
    $texts = @(
        foreach ($exception in $ErrorRecord.Exception, $base) {
            foreach ($name in 'LicensingAdminStatus', 'Status') {
                $property = $exception.PSObject.Properties[$name]
                if ($property) { $property.Value }
            }
        }
        $ErrorRecord.FullyQualifiedErrorId
        $ErrorRecord.Exception.Message
        $base.Message
    )
    foreach ($text in $texts) {
        foreach ($status in $script:Statuses) { if ($text -cmatch "\b$status\b") { return $status } }
    }
}

# Runs one cmdlet. Each is spelled out: nothing else can be run.
function Invoke-AgentSnapin {
    param([string]$Name, [hashtable]$Arguments, [string]$Step = 'cmdlet')
    try {
        switch ($Name) {
            'Get-LicAdministrator' { Get-LicAdministrator @Arguments }
            'New-LicAdministrator' { New-LicAdministrator @Arguments }
            'Set-LicAdministrator' { Set-LicAdministrator @Arguments }
            'Remove-LicAdministrator' { Remove-LicAdministrator @Arguments }
            'Get-LicCEIPOption' { Get-LicCEIPOption @Arguments }
            'Set-LicCEIPOption' { Set-LicCEIPOption @Arguments }
            'Get-LicConfigUsageSamples' { Get-LicConfigUsageSamples @Arguments }
            'Set-LicConfigUsageSamples' { Set-LicConfigUsageSamples @Arguments }
            'Get-LicSARenewalOptions' { Get-LicSARenewalOptions @Arguments }
            'Set-LicSARenewalOptions' { Set-LicSARenewalOptions @Arguments }
            'Get-LicRenewals' { Get-LicRenewals @Arguments }
            'Install-LicRenewals' { Install-LicRenewals @Arguments }
            'Get-LicInventory' { Get-LicInventory @Arguments }
            'Get-LicServerInfo' { Get-LicServerInfo @Arguments }
            'Get-LicEffectivePermission' { Get-LicEffectivePermission @Arguments }
            'Get-LicCertificate' { Get-LicCertificate @Arguments }
            'Get-LicLocation' { Get-LicLocation @Arguments }
        }
    }
    catch {
        $detail = @{ status = (Get-AgentStatus $_); exception = $_.Exception.GetType().FullName; step = $Step }
        Stop-Agent cmdlet $_.Exception.Message $detail
    }
}

# Makes the address of Web Services for Licensing.
function Get-AgentAddress {
    param([hashtable]$Batch)
    if ($Batch.admin_address) { return $Batch.admin_address }
    if (-not $Batch.address) {
        $service = Get-AgentService CitrixWebServicesforLicensing
        $ids = @()
        if ($service) { $ids = @(Get-AgentProcessTree $service.process_id | ForEach-Object { $_.id }) }
        $ports = @(Get-AgentListener | Where-Object { $ids -contains $_.process_id } | ForEach-Object { $_.port })
        if ($ports.Count -eq 0 -or $ports -contains 8083) { $ports = @(8083) }
        $Batch.address = "https://localhost:$(@($ports | Sort-Object)[0])"
    }
    return $Batch.address
}

# Gets the hash of the certificate there, once a batch.
function Get-AgentCertificateHash {
    param([hashtable]$Batch)
    if (-not $Batch.certificate) {
        $arguments = @{ AdminAddress = (Get-AgentAddress $Batch) }
        $Batch.certificate = (Invoke-AgentSnapin Get-LicCertificate $arguments certificate).CertHash
    }
    return $Batch.certificate
}

# Makes a value of JSON from whatever a cmdlet gave: an enum becomes its name, a date ISO 8601 with its kind.
function ConvertTo-AgentValue {
    param($Value)
    if ($null -eq $Value -or $Value -is [bool] -or (Test-AgentNumber $Value)) { return $Value }
    if ($Value -is [datetime]) { return $Value.ToString('o') }
    # Not IEnumerable: foreach takes a dictionary or an XML node for one item, and this would never end.
    if ($Value -isnot [Collections.IList]) { return "$Value" }
    return , @(foreach ($item in $Value) { ConvertTo-AgentValue $item })
}

# Operation cmdlet.
function Invoke-AgentCmdlet {
    [CmdletBinding()] param([hashtable]$Batch, [string]$Name, $Parameters, [string[]]$Select)
    $snapin = Import-AgentSnapin $Batch
    if (-not $snapin.route) { Stop-Agent snapin_missing $snapin.message }
    $arguments = @{}
    if ($Parameters) { foreach ($one in $Parameters.PSObject.Properties) { $arguments[$one.Name] = $one.Value } }
    if ($Name -ne 'Get-LicLocation') { $arguments.AdminAddress = Get-AgentAddress $Batch }
    if ('Get-LicLocation', 'Get-LicCertificate', 'Get-LicServerInfo' -notcontains $Name) {
        $arguments.CertHash = Get-AgentCertificateHash $Batch
    }
    $found = Invoke-AgentSnapin $Name $arguments
    $items = @(foreach ($item in $found) {
            if ($null -eq $Select) {
                ConvertTo-AgentValue $item
                continue
            }
            $row = [ordered]@{}
            foreach ($wanted in $Select) {
                $row[$wanted] = $null
                $property = $item.PSObject.Properties[$wanted]
                if ($property) { $row[$wanted] = ConvertTo-AgentValue $property.Value }
            }
            $row
        })
    return , $items
}
