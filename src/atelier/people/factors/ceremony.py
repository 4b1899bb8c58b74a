"""What browsers are asked for passkeys, and what they answer, verified by the library.

Import this where it is used: the library and what it brings take 6 MB of each web process, and many never need it.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from atelier.base.crypto import from_base64url
from atelier.people.factors.tables import Passkey

TRANSPORTS = {each.value for each in AuthenticatorTransport}
PATIENCE = 120_000  # ms that a browser gives its owner


def creation(*, rp_id: str, challenge: bytes, member_id: UUID, email: str, name: str, present: list[Passkey]) -> str:
    """What a browser is asked for a new passkey, as JSON: one that is found without an e-mail and asks its owner."""
    return options_to_json(
        generate_registration_options(
            rp_id=rp_id,
            rp_name="Atelier",
            user_name=email,
            user_display_name=name,
            user_id=member_id.bytes,
            challenge=challenge,
            timeout=PATIENCE,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=_described(present),
        )
    )


def request(*, rp_id: str, challenge: bytes, allowed: list[Passkey]) -> str:
    """What a browser is asked for a passkey that exists, as JSON: one of `allowed`, or any if there are none."""
    return options_to_json(
        generate_authentication_options(
            rp_id=rp_id,
            challenge=challenge,
            timeout=PATIENCE,
            allow_credentials=_described(allowed),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def made(answer: dict[str, Any], *, challenge: bytes, rp_id: str, origin: str) -> VerifiedRegistration:
    """A new passkey, if the answer to `creation` is right; raises the library's errors, and what garbage does to it."""
    return verify_registration_response(
        credential=answer,
        expected_challenge=challenge,
        expected_rp_id=rp_id,
        expected_origin=origin,
        require_user_verification=True,
    )


def used(
    answer: dict[str, Any], *, challenge: bytes, rp_id: str, origin: str, public_key: bytes
) -> VerifiedAuthentication:
    """A use of a passkey, if the answer to `request` is right; raises as `made` does. Its counter is not looked at."""
    return verify_authentication_response(
        credential=answer,
        expected_challenge=challenge,
        expected_rp_id=rp_id,
        expected_origin=origin,
        credential_public_key=public_key,
        credential_current_sign_count=0,  # the caller looks at it, once the signature is known to be right
        require_user_verification=True,
    )


def _described(kept: list[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=from_base64url(each.credential),
            transports=[AuthenticatorTransport(way) for way in each.transports if way in TRANSPORTS] or None,
        )
        for each in kept
        if each.halted_at is None
    ]
