# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Citrix License Server to run on a laptop: real protocols in front, a real state behind, no Windows.

``winrm`` is the front that Ansible connects to, ``host`` the Windows host and the License Server behind it, ``fleet``
runs many of them in one process, ``cli`` is the command line. Nothing here is imported by the collection, and nothing
of the collection is imported here.
"""

from __future__ import annotations
