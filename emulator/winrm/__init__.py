# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The WinRM front of an emulated server: WS-Management over HTTP and HTTPS.

``wsman`` and ``shells`` are the protocol (text in, text out), ``authentication`` and ``encryption`` one connection's
security, ``http`` the message syntax, ``payload`` what Ansible sends on standard input, ``server`` the sockets.

The sources of the protocol are [MS-WSMV], the recorded exchanges with real servers in pypsrp's repository
(tests/tests_pypsrp/responses) and the error texts of the Windows SDK's wsmerror.h.
"""

from __future__ import annotations
