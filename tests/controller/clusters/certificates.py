"""Certificates for a test's server and its client, made on the spot."""

from __future__ import annotations

import base64
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def make_certificate() -> tuple[bytes, bytes]:
    """A self-signed certificate for 127.0.0.1 and kube.example, and its key, PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    names = [x509.IPAddress(IPv4Address("127.0.0.1")), x509.DNSName("kube.example")]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(hours=1))
        .not_valid_after(datetime.now(UTC) + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName(names), False)
        .add_extension(x509.BasicConstraints(True, None), True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), private


def encode(pem: bytes) -> str:
    """As a kubeconfig holds it."""
    return base64.b64encode(pem).decode()


@dataclass
class Tls:
    """A server's side of TLS, and what a kubeconfig's cluster says so that it is believed."""

    context: ssl.SSLContext
    authority: bytes

    @property
    def cluster(self) -> dict[str, Any]:
        return {"certificate-authority-data": encode(self.authority)}


def make_tls(directory: Path, trusted: bytes | None = None) -> Tls:
    """`trusted` makes the server ask for a client's certificate."""
    certificate, key = make_certificate()
    (directory / "server.pem").write_bytes(certificate + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "server.pem")
    if trusted is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=trusted.decode())
    return Tls(context, certificate)
