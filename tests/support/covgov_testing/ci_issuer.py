"""A CI's OIDC issuer that listens on loopback: discovery and keys over HTTP, tokens with the claims of real ones."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from threading import Thread

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from joserfc.jwk import ECKey, RSAKey

from covgov_testing.fakes.auth import Claims, Clock, LocalIssuer

DISCOVERY = "/.well-known/openid-configuration"
KEYS = {"github": "/.well-known/jwks", "gitlab": "/oauth/discovery/keys"}
COMMIT = "c" * 40

#: What GitHub Actions says besides, after its reference of the token's claims.
GITHUB_CLAIMS: Mapping[str, object] = {
    "actor": "octo",
    "actor_id": "12",
    "base_ref": "",
    "event_name": "push",
    "head_ref": "",
    "job_workflow_ref": "acme/shop/.github/workflows/ci.yml@refs/heads/main",
    "ref_protected": "true",
    "ref_type": "branch",
    "repository": "acme/shop",
    "repository_id": "74",
    "repository_owner": "acme",
    "repository_owner_id": "65",
    "repository_visibility": "private",
    "run_attempt": "1",
    "run_id": "1001",
    "run_number": "10",
    "runner_environment": "github-hosted",
    "sha": COMMIT,
    "workflow": "ci",
}
#: What GitLab CI says, after its reference of ID tokens.
GITLAB_CLAIMS: Mapping[str, object] = {
    "ci_config_ref_uri": "gitlab.example/acme/web/shop//.gitlab-ci.yml@refs/heads/main",
    "ci_config_sha": COMMIT,
    "job_id": "1003",
    "job_project_id": "22",
    "job_project_path": "acme/web/shop",
    "namespace_id": "72",
    "namespace_path": "acme/web",
    "pipeline_id": "1212",
    "pipeline_source": "push",
    "project_id": "22",
    "project_path": "acme/web/shop",
    "project_visibility": "private",
    "ref_protected": "true",
    "ref_type": "branch",
    "runner_environment": "gitlab-hosted",
    "runner_id": 1,
    "sha": COMMIT,
    "user_access_level": "developer",
    "user_id": "42",
    "user_login": "octo",
}


class CiIssuer:
    """url: its name and its address. local: its keys and its faults (`keys`, `broken`). asked: the paths so far."""

    def __init__(self, kind: str, clock: Clock, url: str, audience: str, keys: list[RSAKey | ECKey]) -> None:
        self.kind = kind
        self.url = url
        self.audience = audience
        self.local = LocalIssuer(clock, keys)

    @property
    def asked(self) -> list[str]:
        return self.local.fetches

    def token(
        self, *, key: RSAKey | ECKey | None = None, header: Mapping[str, object] | None = None, **changed: object
    ) -> str:
        """A signed token of a push to main; see `claims`."""
        return self.local.sign(self.claims(**changed), key=key, **(header or {}))

    def claims(self, **changed: object) -> Claims:
        """Those of a push to main, good for five minutes; a value of None leaves a claim out."""
        names = {"iss": self.url, "aud": self.audience}
        if self.kind == "github":
            return self.local.github(**{**GITHUB_CLAIMS, **names, **changed})
        return self.local.gitlab(**{**GITLAB_CLAIMS, **names, **changed})

    def answer(self, path: str) -> tuple[int, bytes]:
        """Status and body; 404 for all that is neither discovery nor keys, 500 while it is broken."""
        if path == DISCOVERY:
            found = {
                "issuer": self.url,
                "jwks_uri": self.url + KEYS[self.kind],
                "response_types_supported": ["id_token"],
            }
            return 200, json.dumps(found).encode()
        if path != KEYS[self.kind]:
            return 404, b""
        try:
            return 200, self.local.fetch(path)
        except OSError:
            return 500, b""


class _Server(ThreadingHTTPServer):
    issuer: CiIssuer


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, _Server)
        status, body = self.server.issuer.answer(self.path)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it so
        """Says nothing."""


@contextmanager
def ci_issuer(
    kind: str, clock: Clock, audience: str, keys: list[RSAKey | ECKey], certificate: Path | None = None
) -> Iterator[CiIssuer]:
    """Answers while the block runs. certificate: of `certified`; without one it speaks plain HTTP."""
    server = _Server(("127.0.0.1", 0), _Handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    scheme = "http" if certificate is None else "https"
    server.issuer = CiIssuer(kind, clock, f"{scheme}://127.0.0.1:{server.server_port}", audience, keys)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.issuer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def certified(folder: Path) -> Path:
    """A key and a certificate for 127.0.0.1, signed by itself, in one file; SSL_CERT_FILE may name it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "issuer on loopback")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "issuer.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path
