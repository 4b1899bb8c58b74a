"""Content Credentials (F6): signed by the studio, read by any reader, kept from others, and never an address asked."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import c2pa
import pytest
from tests.assets.conftest import picture

from atelier.assets.credentials import Identity, Ingredient, Origin, brought
from atelier.assets.credentials.certificates import BadCertificate, check, issue, signature_of
from atelier.base.clock import now
from atelier.base.source_type import SourceType
from atelier.media import credentials
from atelier.media.pool import Broke, Pool
from atelier.media.refusals import Refused

KINDS = [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")]


def identity(organisation: str = "studio.example") -> Identity:
    certificates, key = issue(organisation, now())
    return Identity(certificates, *signature_of(key))


OURS = identity()


@pytest.fixture
def pool() -> Iterator[Pool]:
    pool = Pool(places=1)
    yield pool
    pool.close()


async def made(
    pool: Pool, data: bytes, content_type: str = "image/png", *ingredients: bytes, by: Identity = OURS, **more: Any
) -> tuple[bytes, dict[str, Any]]:
    """A picture as it is kept by a child, and what was found out about it."""
    paths = [Ingredient(Path(), content_type) for _ in ingredients]
    stated = Origin(by, SourceType.TRAINED, "a-model", paths).stated
    given = {"content_type": content_type, "settings": {}, "credentials": stated, "made": True, "limits": {}}
    files = [io.BytesIO(data), io.BytesIO(), io.BytesIO(), *map(io.BytesIO, ingredients)]
    return await run(pool, more.get("verb", "prepare_picture"), [each.getvalue() for each in files], given, by)


async def run(
    pool: Pool, verb: str, contents: list[bytes], given: dict[str, Any], by: Identity | None
) -> tuple[bytes, dict[str, Any]]:
    import tempfile

    files = [tempfile.TemporaryFile() for _ in contents]  # noqa: SIM115 - they vanish with the test
    for file, content in zip(files, contents, strict=True):
        file.write(content)
    facts = await pool.run("owner", verb, files, given, sign=by.sign if by else None)
    return files[1].read(), facts


def seen(data: bytes, content_type: str = "image/png") -> dict[str, Any]:
    """What a reader that knows nothing of us says of a file: its state, faults and manifests."""
    with c2pa.Reader(content_type, io.BytesIO(data)) as reader:
        return {"state": reader.get_validation_state(), **json.loads(reader.json())}


@pytest.mark.parametrize(("kind", "content_type"), KINDS)
async def test_any_reader_finds_who_made_a_picture_and_that_it_is_whole(
    pool: Pool, kind: str, content_type: str
) -> None:
    data, facts = await made(pool, picture(kind), content_type)
    assert facts["measures"] == {"credentials": True}
    found = seen(data, content_type)
    assert found["state"] == "Valid"
    assert {each["code"] for each in found["validation_status"]} == {"signingCredential.untrusted"}
    manifest = found["manifests"][found["active_manifest"]]
    assert manifest["signature_info"]["issuer"] == "studio.example"
    [action] = manifest["assertions"][0]["data"]["actions"]
    assert (action["action"], action["softwareAgent"]["name"]) == ("c2pa.created", "a-model")
    assert action["digitalSourceType"].endswith("/trainedAlgorithmicMedia")
    assert credentials.read(data, content_type, OURS.authority)["state"] == "trusted"  # type: ignore[index]
    assert credentials.read(data, content_type, identity().authority)["state"] == "valid"  # type: ignore[index]


@pytest.mark.parametrize(("kind", "content_type"), KINDS)
async def test_a_pixel_that_was_changed_afterwards_is_noticed(pool: Pool, kind: str, content_type: str) -> None:
    data, _ = await made(pool, picture(kind), content_type)
    found = credentials.read(data, content_type, OURS.authority)
    assert found is not None
    assert found["faults"] == []
    at = data.rindex(b"IDAT") + 20 if kind == "PNG" else len(data) - 20
    changed = bytearray(data)
    if kind == "WEBP":
        at = changed.index(b"VP8") + 30
    changed[at] ^= 1
    found = credentials.read(bytes(changed), content_type, OURS.authority)
    assert found is not None
    assert found["state"] == "invalid"
    assert "assertion.dataHash.mismatch" in found["faults"]


async def test_an_edit_names_the_picture_it_began_with_and_keeps_its_statement(pool: Pool) -> None:
    first, _ = await made(pool, picture())
    second, _ = await made(pool, picture(colour="#123456"), "image/png", first, picture(colour="#ffffff"))
    found = credentials.read(second, "image/png", OURS.authority)
    assert found is not None
    assert found["state"] == "trusted"
    assert [[each["action"] for each in manifest["actions"]] for manifest in found["manifests"]] == [
        ["c2pa.opened", "c2pa.edited"],
        ["c2pa.created"],
    ]
    assert found["manifests"][0]["actions"][1]["source"] == "compositeWithTrainedAlgorithmicMedia"
    whole = seen(second)
    related = [each["relationship"] for each in whole["manifests"][whole["active_manifest"]]["ingredients"]]
    assert related == ["parentOf", "inputTo"]


async def test_the_statement_of_a_provider_is_kept(pool: Pool) -> None:
    theirs, _ = await made(pool, picture(), by=identity("provider.example"))
    data, _ = await made(pool, theirs, "image/png", picture(colour="#ffffff"))
    found = credentials.read(data, "image/png", OURS.authority)
    assert found is not None
    assert found["state"] == "trusted"
    assert [manifest["issuer"] for manifest in found["manifests"]] == ["studio.example", "provider.example"]
    assert [each["action"] for each in found["manifests"][0]["actions"]] == ["c2pa.opened", "c2pa.edited.metadata"]


async def test_an_upload_keeps_the_statement_it_came_with_and_gets_none_if_it_had_none(pool: Pool) -> None:
    theirs, _ = await made(pool, picture("JPEG"), "image/jpeg", by=identity("camera.example"))
    given = {"content_type": "image/jpeg", "limits": {}, "credentials": brought(OURS)}
    data, facts = await run(pool, "bring_picture", [theirs, b"", b""], given, OURS)
    assert facts["measures"] == {"credentials": True}
    found = credentials.read(data, "image/jpeg", OURS.authority)
    assert found is not None
    assert found["state"] == "trusted"
    assert [manifest["issuer"] for manifest in found["manifests"]] == ["studio.example", "camera.example"]
    assert [each["action"] for each in found["manifests"][0]["actions"]] == ["c2pa.opened", "c2pa.transcoded"]

    data, facts = await run(pool, "bring_picture", [picture("JPEG"), b"", b""], given, OURS)
    assert facts["measures"] == {}
    assert credentials.read(data, "image/jpeg", OURS.authority) is None


async def test_a_child_gets_no_signature_that_its_call_has_not(pool: Pool) -> None:
    stated = Origin(OURS, SourceType.TRAINED, "a-model").stated
    given = {"content_type": "image/png", "settings": {}, "credentials": stated}
    with pytest.raises((Refused, Broke)):
        await run(pool, "prepare_picture", [picture(), b"", b""], given, None)


async def test_garbage_where_a_statement_should_be_is_kept_out(pool: Pool) -> None:
    data, _ = await made(pool, picture())
    at = data.index(b"jumb")
    broken = data[: at + 40] + bytes(200) + data[at + 240 :]
    given = {"content_type": "image/png", "limits": {}, "credentials": brought(OURS)}
    again, _ = await run(pool, "bring_picture", [broken, b"", b""], given, OURS)
    found = credentials.read(again, "image/png", OURS.authority)
    assert found is None or found["state"] == "trusted"


@pytest.mark.parametrize("curve", ["P-256", "P-384", "Ed25519", "P-521"])
async def test_an_operators_certificate_signs_with_its_kind_of_key(pool: Pool, curve: str) -> None:
    certificates, key = certificate_for(curve)
    if curve == "P-521":
        with pytest.raises(BadCertificate, match="P-256 or P-384"):
            check(certificates, key)
        return
    check(certificates, key)
    data, _ = await made(pool, picture(), by=Identity(certificates, *signature_of(key)))
    assert seen(data)["state"] == "Valid"


@pytest.mark.parametrize("fault", ["of another key", "without an organisation", "no certificate", "no key"])
def test_a_certificate_that_readers_would_call_false_is_refused(fault: str) -> None:
    certificates, key = issue("studio.example", now())
    match fault:
        case "of another key":
            key = issue("studio.example", now())[1]
        case "without an organisation":
            certificates, key = certificate_for("P-256", organisation=False)
        case "no certificate":
            certificates = "hello"
        case _:
            key = "hello"
    with pytest.raises(BadCertificate):
        check(certificates, key)


def certificate_for(curve: str, *, organisation: bool = True) -> tuple[str, str]:
    """(certificates, key) of a certificate on this curve, issued by an authority of P-256."""
    from datetime import timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    curves = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}
    key = ed25519.Ed25519PrivateKey.generate() if curve == "Ed25519" else ec.generate_private_key(curves[curve])
    root = ec.generate_private_key(ec.SECP256R1())
    names = [x509.NameAttribute(NameOID.COMMON_NAME, "Someone")]
    names += [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Their house")] * organisation
    usage = dict.fromkeys(("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False)
    usage |= dict.fromkeys(("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"), False)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name(names))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "An authority")]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=9))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, **usage), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root.public_key()), critical=False)
        .sign(root, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    return certificate.public_bytes(serialization.Encoding.PEM).decode(), pem
