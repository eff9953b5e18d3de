# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Self-signed P-256 certificates of the emulated listeners; one key serves all of a folder."""

from __future__ import annotations

import hashlib
import ipaddress
import os
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_LIFETIME = timedelta(days=3650)


@dataclass(frozen=True)
class Key:
    """A private key, made once and kept in a file."""

    private_key: ec.EllipticCurvePrivateKey

    @staticmethod
    def kept_in(path: Path) -> Key:
        """The key of a file; a new one, which is put there, if there is none."""
        if path.exists():
            loaded = serialization.load_pem_private_key(path.read_bytes(), None)
            if isinstance(loaded, ec.EllipticCurvePrivateKey):
                return Key(loaded)
        made = Key(ec.generate_private_key(ec.SECP256R1()))
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(made.pem())
        return made

    def pem(self) -> bytes:
        return self.private_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def certificate(self, host: str, addresses: Sequence[str] = ()) -> bytes:
        """A new self-signed certificate (PEM) for a host name, ``localhost`` and IP addresses."""
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        names = [x509.DNSName(one) for one in dict.fromkeys([host, "localhost"])]
        numbers = [x509.IPAddress(ipaddress.ip_address(one)) for one in addresses]
        now = datetime.now(timezone.utc)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.private_key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + _LIFETIME)
            .add_extension(x509.SubjectAlternativeName([*names, *numbers]), critical=False)
            .sign(self.private_key, hashes.SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.PEM)


def tls_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """A listener's TLS settings; OSError if the two files are not a certificate and its key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def winrm_context(folder: Path) -> ssl.SSLContext:
    """The TLS settings of the WinRM listeners, with the certificate in ``folder``, made there if there is none yet."""
    certificate, key = folder / "winrm-certificate.pem", folder / "winrm-key.pem"
    if not (certificate.exists() and key.exists()):
        certificate.write_bytes(Key.kept_in(key).certificate("localhost"))
    return tls_context(certificate, key)


def thumbprint(certificate: bytes) -> str:
    """SHA-1 of a PEM certificate, as .NET's ``GetCertHashString`` writes it.

    That CertHash has this form is the emulator's own choice: the SDK pages show no value of it. ValueError if the bytes
    are no certificate.
    """
    return hashlib.sha1(ssl.PEM_cert_to_DER_cert(certificate.decode("ascii"))).hexdigest().upper()
