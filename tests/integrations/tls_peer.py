"""A peer behind TLS with a certificate for one name: it writes down by which address and name it was called."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class TlsPeer:
    """Answers every request with 200; `seen` holds (address that was connected to, name in TLS, Host header)."""

    def __init__(self, folder: Path, name: str) -> None:
        self.certificate = folder / "fake.pem"
        key = folder / "fake.key"
        _write_certificate(name, self.certificate, key)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(self.certificate, key)
        self._names: list[str] = []
        self._context.sni_callback = lambda _sock, asked, _context: self._names.append(asked or "")
        self._listener = socket.create_server(("0.0.0.0", 0))  # noqa: S104 - the test asks by which loopback address
        self.port: int = self._listener.getsockname()[1]
        self.seen: list[tuple[str, str, str]] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(timeout=5)

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            plain.settimeout(5)
            address: str = plain.getsockname()[0]
            with suppress(OSError), self._context.wrap_socket(plain, server_side=True) as peer:
                head = _read_request(peer)
                host = head.lower().partition(b"\r\nhost:")[2].partition(b"\r\n")[0].decode().strip()
                self.seen.append((address, self._names[-1], host))
                peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")


def _read_request(peer: socket.socket) -> bytes:
    """The whole request: closing over an unread body would reset the connection under the answer."""
    data = b""
    while b"\r\n\r\n" not in data and (chunk := peer.recv(65_536)):
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    announced = head.lower().partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0]
    while len(body) < int(announced or 0) and (chunk := peer.recv(65_536)):
        body += chunk
    return head


def _write_certificate(name: str, certificate: Path, key_file: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
