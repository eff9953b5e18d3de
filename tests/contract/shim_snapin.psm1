# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The cmdlets of Citrix.Licensing.Admin.V1 that the contract has, as a script module over the host of a case. The
# parameters are those of the SDK documentation; texts of errors and types are the shim's own.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

enum ShimPermission {
    Full
    ReadOnly
}

# Fails with a status.
function Stop-ShimCall {
    [CmdletBinding()] param([string]$Status)
    throw [InvalidOperationException]::new("The License Server answered ${Status}.")
}

# Fails as the host of the case says, before the call takes effect or after it.
function Assert-ShimCall {
    [CmdletBinding()] param([string]$Name, [switch]$After)
    $trouble = $global:ShimHost.snapin.errors.PSObject.Properties[$Name]
    if ($null -ne $trouble -and $trouble.Value.takes_effect -eq $After) { Stop-ShimCall $trouble.Value.status }
}

# Checks the address and, unless none is asked for, the hash of the certificate; then the trouble of the case.
function Assert-ShimConnection {
    [CmdletBinding()] param([string]$Name, [string]$AdminAddress, [string]$CertHash, [switch]$NoHash)
    if ($AdminAddress -ne $global:ShimHost.snapin.address) { Stop-ShimCall CommunicationError }
    if (-not $NoHash -and $CertHash -ne $global:ShimHost.snapin.certificate_hash) { Stop-ShimCall InvalidCertificate }
    Assert-ShimCall $Name
}

# Finds an administrator by SID or name.
function Find-ShimAdministrator {
    [CmdletBinding()] param([string]$Account, [string]$AccountSid)
    $found = @($global:ShimHost.snapin.administrators | Where-Object {
            ($AccountSid -and $_.AccountSid -eq $AccountSid) -or ($Account -and $_.Account -eq $Account)
        })
    if ($found.Count -gt 0) { return $found[0] }
}

# Names the permission of a switch.
function Get-ShimPermission {
    [CmdletBinding()] [OutputType([string])] param([switch]$ReadOnly)
    if ($ReadOnly) { return 'ReadOnly' }
    return 'Full'
}

function Get-LicCertificate {
    [CmdletBinding()] param([Parameter(Mandatory)] [string]$AdminAddress)
    Assert-ShimConnection Get-LicCertificate $AdminAddress -NoHash
    return [pscustomobject]@{ CertHash = $global:ShimHost.snapin.certificate_hash; Certificate = 'certificate' }
}

function Get-LicAdministrator {
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string]$AdminAddress, [string]$AccountSid, [switch]$ReadOnly, [string]$CertHash)
    Assert-ShimConnection Get-LicAdministrator $AdminAddress $CertHash
    $found = @($global:ShimHost.snapin.administrators)
    if ($found.Count -eq 0) { Stop-ShimCall NoUsers }
    if ($AccountSid) { $found = @($found | Where-Object { $_.AccountSid -eq $AccountSid }) }
    if ($ReadOnly) { $found = @($found | Where-Object { $_.Permissions -eq 'ReadOnly' }) }
    if ($found.Count -eq 0) { Stop-ShimCall UserNotFound }
    foreach ($one in $found) {
        [pscustomobject]@{
            Account     = $one.Account
            AccountSid  = $one.AccountSid
            Group       = $one.Group
            Permissions = [ShimPermission]$one.Permissions
        }
    }
}

function New-LicAdministrator {
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string]$AdminAddress, [Parameter(Mandatory)] [string]$Account, [switch]$Group,
        [switch]$ReadOnly, [string]$CertHash)
    Assert-ShimConnection New-LicAdministrator $AdminAddress $CertHash
    $known = @($global:ShimHost.accounts | Where-Object { $_.name -eq $Account -or $_.principal -eq $Account })
    if ($known.Count -eq 0) { Stop-ShimCall ActiveDirectoryAccountResolutionFailed }
    if ($null -eq (Find-ShimAdministrator -AccountSid $known[0].sid)) {
        $new = [pscustomobject]@{
            Account     = $known[0].name
            AccountSid  = $known[0].sid
            Group       = [bool]$Group
            Permissions = Get-ShimPermission -ReadOnly:$ReadOnly
        }
        $global:ShimHost.snapin.administrators = @($global:ShimHost.snapin.administrators) + $new
    }
    Assert-ShimCall New-LicAdministrator -After
}

function Set-LicAdministrator {
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string]$AdminAddress, [string]$Account, [string]$AccountSid, [switch]$Group,
        [switch]$ReadOnly, [string]$CertHash)
    Assert-ShimConnection Set-LicAdministrator $AdminAddress $CertHash
    $found = Find-ShimAdministrator $Account $AccountSid
    if ($null -eq $found) { Stop-ShimCall UserNotFound }
    $found.Group = [bool]$Group
    $found.Permissions = Get-ShimPermission -ReadOnly:$ReadOnly
    Assert-ShimCall Set-LicAdministrator -After
}

function Remove-LicAdministrator {
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string]$AdminAddress, [string]$Account, [string]$AccountSid, [string]$CertHash)
    Assert-ShimConnection Remove-LicAdministrator $AdminAddress $CertHash
    $found = Find-ShimAdministrator $Account $AccountSid
    if ($null -eq $found) { Stop-ShimCall UserNotFound }
    $left = @($global:ShimHost.snapin.administrators | Where-Object { $_.AccountSid -ne $found.AccountSid })
    $global:ShimHost.snapin.administrators = $left
    Assert-ShimCall Remove-LicAdministrator -After
}

function Get-LicCEIPOption {
    [CmdletBinding()] param([Parameter(Mandatory)] [string]$AdminAddress, [string]$CertHash)
    Assert-ShimConnection Get-LicCEIPOption $AdminAddress $CertHash
    return [pscustomobject]@{ CEIPOption = $global:ShimHost.snapin.ceip }
}

function Set-LicCEIPOption {
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string]$AdminAddress, [Parameter(Mandatory)] [string]$CEIPOption, [string]$CertHash)
    Assert-ShimConnection Set-LicCEIPOption $AdminAddress $CertHash
    if ('None', 'Anonymous', 'Diagnostic' -notcontains $CEIPOption) { Stop-ShimCall InvalidCEIPOption }
    # It is written Diagnostic and read Diag.
    $global:ShimHost.snapin.ceip = $CEIPOption -replace 'Diagnostic', 'Diag'
    Assert-ShimCall Set-LicCEIPOption -After
}

function Get-LicConfigUsageSamples {
    [CmdletBinding()] param([Parameter(Mandatory)] [string]$AdminAddress, [string]$CertHash)
    Assert-ShimConnection Get-LicConfigUsageSamples $AdminAddress $CertHash
    return $global:ShimHost.snapin.usage_samples
}

function Set-LicConfigUsageSamples {
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string]$AdminAddress, [bool]$Enable, [int]$PollingInterval, [int]$RetentionPeriod,
        [string]$CertHash)
    Assert-ShimConnection Set-LicConfigUsageSamples $AdminAddress $CertHash
    $samples = $global:ShimHost.snapin.usage_samples
    if ($PSBoundParameters.ContainsKey('PollingInterval')) {
        if ($PollingInterval -lt 5) { Stop-ShimCall PollingIntervalLessThanMinValue }
        if ($PollingInterval -gt 1440) { Stop-ShimCall PollingIntervalMoreThanMaxValue }
        $samples.PollingInterval = $PollingInterval
    }
    if ($PSBoundParameters.ContainsKey('RetentionPeriod')) {
        if ($RetentionPeriod -lt 30) { Stop-ShimCall RetentionPeriodLessThanMinValue }
        $samples.RetentionPeriod = $RetentionPeriod
    }
    if ($PSBoundParameters.ContainsKey('Enable')) { $samples.Enabled = $Enable }
    Assert-ShimCall Set-LicConfigUsageSamples -After
}

function Get-LicSARenewalOptions {
    [CmdletBinding()] param([Parameter(Mandatory)] [string]$AdminAddress, [string]$CertHash)
    Assert-ShimConnection Get-LicSARenewalOptions $AdminAddress $CertHash
    return [pscustomobject]@{ SARenewalOption = $global:ShimHost.snapin.renewal }
}

function Set-LicSARenewalOptions {
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string]$AdminAddress, [Parameter(Mandatory)] [string]$Option, [string]$CertHash)
    Assert-ShimConnection Set-LicSARenewalOptions $AdminAddress $CertHash
    if ('Notify', 'Install', 'Manual' -notcontains $Option) { Stop-ShimCall InvalidSARenewalOption }
    $global:ShimHost.snapin.renewal = $Option
    Assert-ShimCall Set-LicSARenewalOptions -After
}

function Get-LicRenewals {
    [CmdletBinding()] param([Parameter(Mandatory)] [string]$AdminAddress, [string]$CertHash)
    Assert-ShimConnection Get-LicRenewals $AdminAddress $CertHash
    if (@($global:ShimHost.snapin.renewals).Count -eq 0) { Stop-ShimCall NoSARenewals }
    return $global:ShimHost.snapin.renewals
}

function Install-LicRenewals {
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string]$AdminAddress, [Parameter(Mandatory)] [string]$FulfillmentID, [string]$CertHash)
    Assert-ShimConnection Install-LicRenewals $AdminAddress $CertHash
    $left = @($global:ShimHost.snapin.renewals | Where-Object { $_.FulfillmentId -ne $FulfillmentID })
    $global:ShimHost.snapin.renewals = $left
    Assert-ShimCall Install-LicRenewals -After
}

function Get-LicInventory {
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string]$AdminAddress, [switch]$CheckForSameSerialNumber, [string]$Locale,
        [string]$CertHash)
    Assert-ShimConnection Get-LicInventory $AdminAddress $CertHash
    return $global:ShimHost.snapin.inventory
}

function Get-LicServerInfo {
    [CmdletBinding()] param([Parameter(Mandatory)] [string]$AdminAddress)
    Assert-ShimConnection Get-LicServerInfo $AdminAddress -NoHash
    return $global:ShimHost.snapin.server_info
}

function Get-LicEffectivePermission {
    [CmdletBinding()] param([Parameter(Mandatory)] [string]$AdminAddress, [string]$CertHash)
    Assert-ShimConnection Get-LicEffectivePermission $AdminAddress $CertHash
    return [pscustomobject]@{ Permissions = [ShimPermission]$global:ShimHost.snapin.effective_permission }
}

function Get-LicLocation {
    [CmdletBinding()] param([string]$LicenseServerAddress, [int]$LicenseServerPort = 27000, [string]$AddressType = 'WSL')
    Assert-ShimCall Get-LicLocation
    return $global:ShimHost.snapin.locations.PSObject.Properties[$AddressType].Value
}
