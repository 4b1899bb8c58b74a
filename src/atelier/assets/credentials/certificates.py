"""The studio's own certificate authority, and the certificate that its pictures are signed with.

The extensions are those that C2PA 2.2, section 14.5.1, asks of a claim signer: no authority of its own, the key usage
digitalSignature, the extended key usage of claim signing, and the key identifiers of both certificates.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, HashAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFE = timedelta(days=3650)
CLAIM_SIGNING = x509.ObjectIdentifier("1.3.6.1.4.1.62558.2.1")
LONGEST_NAME = 64  # characters of an organisation: X.520, ub-organization-name
_CURVES: dict[str, tuple[str, HashAlgorithm, int]] = {
    "secp256r1": ("es256", SHA256(), 32),
    "secp384r1": ("es384", SHA384(), 48),
}

Signature = Callable[[bytes], bytes]


class BadCertificate(ValueError):
    """A certificate or key that cannot sign Content Credentials; the message says why."""


def issue(organisation: str, at: datetime) -> tuple[str, str]:
    """(certificates, key) of a new authority and a certificate that it issued, both PEM; the certificate comes first.

    The authority's own key is not kept: nobody can issue a second certificate in its name.
    """
    root, leaf = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name, leaf_name = _name(organisation, "Atelier authority"), _name(organisation, "Atelier")
    starts, ends = at - timedelta(days=1), at + LIFE
    authority = (
        _builder(root_name, root_name, root.public_key(), starts, ends)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(sign=False, issue=True), critical=True)
        .sign(root, SHA256())
    )
    certificate = (
        _builder(leaf_name, root_name, leaf.public_key(), starts, ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(sign=True, issue=False), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([CLAIM_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION]),
            critical=False,
        )
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root.public_key()), critical=False)
        .sign(root, SHA256())
    )
    chain = "".join(each.public_bytes(Encoding.PEM).decode() for each in (certificate, authority))
    return chain, leaf.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def signature_of(key_pem: str) -> tuple[str, Signature]:
    """(algorithm as C2PA names it, a function that signs) of a private key; raises `BadCertificate`."""
    try:
        key = load_pem_private_key(key_pem.encode(), None)
    except (ValueError, TypeError) as error:
        raise BadCertificate(f"the key is not a PEM private key without a password: {error}") from None
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return "ed25519", key.sign
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _CURVES:
        algorithm, hashed, size = _CURVES[key.curve.name]
        return algorithm, lambda data: _plain(key.sign(data, ec.ECDSA(hashed)), size)
    raise BadCertificate("the key must be of the curve P-256 or P-384, or Ed25519")


def check(certificates: str, key_pem: str) -> None:
    """Raise `BadCertificate` unless the first certificate is of this key, has an organisation, and may sign claims."""
    try:
        first = x509.load_pem_x509_certificates(certificates.encode())[0]
        key = load_pem_private_key(key_pem.encode(), None)
    except (ValueError, TypeError, IndexError) as error:
        raise BadCertificate(f"no PEM certificates or no PEM key without a password: {error}") from None
    signature_of(key_pem)
    if first.public_key() != key.public_key():
        raise BadCertificate("the first certificate is not that of the key")
    if not first.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME):
        # readers call the signature of such a certificate false: c2pa-rs, issue 2262
        raise BadCertificate("the certificate names no organisation (O)")


def authority_of(certificates: str) -> str:
    """The last certificate of a chain, PEM: what a reader must know to trust the studio."""
    return x509.load_pem_x509_certificates(certificates.encode())[-1].public_bytes(Encoding.PEM).decode()


def fingerprint(certificate: str) -> str:
    """The SHA-256 of a PEM certificate, as people compare it: `AB:CD:…`."""
    return x509.load_pem_x509_certificate(certificate.encode()).fingerprint(SHA256()).hex(":").upper()


def _name(organisation: str, common: str) -> x509.Name:
    named = [(NameOID.ORGANIZATION_NAME, organisation[:LONGEST_NAME]), (NameOID.COMMON_NAME, common)]
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in named])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, starts: datetime, ends: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(starts)
        .not_valid_after(ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, sign: bool, issue: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=issue,
        crl_sign=issue,
        encipher_only=False,
        decipher_only=False,
    )


def _plain(signature: bytes, size: int) -> bytes:
    """A DER signature as COSE writes it: r and s, each in so many bytes (RFC 9053, 2.1)."""
    return b"".join(part.to_bytes(size, "big") for part in decode_dss_signature(signature))
