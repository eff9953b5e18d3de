# GNU General Public License v3.0+ (see LICENSE)
# Here: folders of the work folder go.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

# Deletes the folders above a path of the work folder that are empty now, the work folder included.
function Clear-AgentWorkFolder {
    param([string]$Full)
    $work = Get-AgentWorkFolder
    $folder = [IO.Path]::GetDirectoryName($Full)
    try {
        while ($folder.Length -ge $work.Length) {
            [IO.Directory]::Delete($folder)
            $folder = [IO.Path]::GetDirectoryName($folder)
        }
    }
    catch [IO.IOException] {
        # It is not empty, and that is no error.
        return
    }
}

# Deletes a folder with all that is in it. (Directory.Delete of .NET Framework cannot do that where a junction is.)
function Remove-AgentTree {
    param([string]$Full)
    foreach ($entry in [IO.DirectoryInfo]::new($Full).GetFileSystemInfos()) {
        if ($entry -is [IO.DirectoryInfo] -and -not (Test-AgentLink $entry.FullName)) { Remove-AgentTree $entry.FullName }
        else { $entry.Delete() }
    }
    [IO.Directory]::Delete($Full)
}
