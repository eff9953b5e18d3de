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

# Deletes a file, a link or an empty folder. Windows deletes nothing that is read-only.
function Remove-AgentEntry {
    param([IO.FileSystemInfo]$Entry)
    if ($Entry.Attributes.HasFlag([IO.FileAttributes]::ReadOnly)) { $Entry.Attributes = 'Normal' }
    $Entry.Delete()
}

# Deletes a folder with all that is in it. (Directory.Delete of .NET Framework cannot do that where a junction is.)
function Remove-AgentTree {
    param([string]$Full)
    $folder = [IO.DirectoryInfo]::new($Full)
    foreach ($entry in $folder.GetFileSystemInfos()) {
        if ($entry -is [IO.DirectoryInfo] -and -not (Test-AgentLink $entry.FullName)) { Remove-AgentTree $entry.FullName }
        else { Remove-AgentEntry $entry }
    }
    Remove-AgentEntry $folder
}
