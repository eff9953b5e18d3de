# GNU General Public License v3.0+ (see LICENSE)
# Here: services are stopped and started.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

# Names the state of a service; nothing if there is no such service.
function Get-AgentState {
    param([string]$Name)
    $service = Get-AgentController $Name
    if ($service) { [string]$service.Status }
}

# Refuses services that do not exist, and makes the time by which all must be done.
function Get-AgentDeadline {
    param([string[]]$Names, [double]$Timeout)
    foreach ($name in $Names) {
        if (-not (Get-AgentState $name)) { Stop-Agent not_found "There is no service '$name'." @{ name = $name } }
    }
    return (Get-AgentTime).AddSeconds($Timeout)
}

# Waits a little, or ends the operation when its time is over.
function Wait-AgentMoment {
    param([string]$Name, [datetime]$Deadline)
    if ((Get-AgentTime) -ge $Deadline) { Stop-Agent timeout "'$Name' took too long." @{ name = $Name } }
    Wait-AgentTick
}

# Sends a start or a stop to a service.
function Send-AgentControl {
    param([string]$Name, [switch]$Stop)
    $service = Get-AgentController $Name
    try {
        if ($Stop) { $service.Stop() }
        else { $service.Start() }
    }
    catch {
        $failure = ConvertTo-AgentError $_
        $detail = @{ name = $Name }
        if ($failure.kind -ne 'access_denied') {
            $failure.kind = 'service'
            $detail['state'] = Get-AgentState $Name
        }
        Stop-Agent $failure.kind "'$Name': $($failure.message)" $detail
    }
}

# Adds the running dependants of a service to a list, deepest first, then the service itself.
function Add-AgentStopOrder {
    param([string]$Name, [Collections.Generic.List[string]]$Order)
    foreach ($dependant in (Get-AgentController $Name).DependentServices) {
        Add-AgentStopOrder $dependant.ServiceName $Order
    }
    if ((Get-AgentState $Name) -ne 'Stopped' -and -not $Order.Contains($Name)) { $Order.Add($Name) }
}

# Stops one service and waits until it, its processes and their listeners are gone.
function Stop-AgentOneService {
    param([string]$Name, [datetime]$Deadline)
    # Windows sends no stop to a service that still starts; `undo` finds it so after a start that took too long.
    while ((Get-AgentState $Name) -eq 'StartPending') { Wait-AgentMoment $Name $Deadline }
    $processes = @(Get-AgentProcessTree (Get-AgentService $Name).process_id)
    $ids = @($processes | ForEach-Object { $_.id })
    $ports = @(Get-AgentListener | Where-Object { $ids -contains $_.process_id } | ForEach-Object { $_.port })
    if ('StopPending', 'Stopped' -notcontains (Get-AgentState $Name)) { Send-AgentControl $Name -Stop }
    while ($true) {
        $alive = @(foreach ($now in Get-AgentProcess) {
                foreach ($old in $processes) { if ($now.id -eq $old.id -and $now.created -eq $old.created) { $now } }
            })
        $open = @(Get-AgentListener | Where-Object { $ports -contains $_.port })
        if ((Get-AgentState $Name) -eq 'Stopped' -and $alive.Count -eq 0 -and $open.Count -eq 0) { return }
        Wait-AgentMoment $Name $Deadline
    }
}

# Operation service.stop.
function Stop-AgentService {
    [CmdletBinding()] param([hashtable]$Batch, [string[]]$Names, [double]$Timeout = 300)
    $deadline = Get-AgentDeadline $Names $Timeout
    $Batch.address = $null
    $stopped = [Collections.Generic.List[string]]::new()
    foreach ($name in $Names) {
        $order = [Collections.Generic.List[string]]::new()
        Add-AgentStopOrder $name $order
        if ($order.Count -eq 0 -and -not $Batch.stopped[$name]) { $Batch.found_stopped[$name] = $true }
        foreach ($one in $order) {
            # Noted first, so that `undo` starts also what did not stop in time.
            $Batch.stopped[$one] = $true
            if ($one -ne $name) { $Batch.dependants.Add($one) }
            Stop-AgentOneService $one $deadline
            $stopped.Add($one)
        }
    }
    return @{ stopped = $stopped }
}

# Operation service.start.
function Start-AgentService {
    [CmdletBinding()] param([hashtable]$Batch, [string[]]$Names, [double]$Timeout = 300)
    $deadline = Get-AgentDeadline $Names $Timeout
    $Batch.address = $null
    $order = [Collections.Generic.List[string]]::new($Names)
    for ($index = $Batch.dependants.Count - 1; $index -ge 0; $index--) { $order.Add($Batch.dependants[$index]) }
    $started = [Collections.Generic.List[string]]::new()
    foreach ($name in $order) {
        # Windows does not start what has not ended yet; after a stop that took too long, `undo` finds it so.
        while ((Get-AgentState $name) -eq 'StopPending') { Wait-AgentMoment $name $deadline }
        $state = Get-AgentState $name
        if ($state -eq 'Running' -or $Batch.found_stopped[$name]) { continue }
        if ($state -ne 'StartPending') { Send-AgentControl $name }
        while ((Get-AgentState $name) -ne 'Running') {
            if ((Get-AgentState $name) -eq 'Stopped') {
                Stop-Agent service "'$name' ended while it started." @{ name = $name; state = 'Stopped' }
            }
            Wait-AgentMoment $name $deadline
        }
        $started.Add($name)
    }
    return @{ started = $started }
}
