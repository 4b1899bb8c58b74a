"""Content Credentials inside a file: signed and read with c2pa-rs. Runs in the child process of `pool` alone.

The private key stays in the parent: the child asks it for the one signature that a call may have.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import c2pa

# a file may name an address for its manifest: nobody makes the studio ask it
_OFFLINE = {"remote_manifest_fetch": False, "ocsp_fetch": False}
_SIGNING = {"builder": {"thumbnail": {"enabled": False}}, "verify": _OFFLINE}
_SEVERAL = 40  # manifests of a file that are listed at most


class CannotSign(Exception):
    """A file that c2pa-rs does not take, though others do; the message is its own."""


def sign(
    data: bytes,
    content_type: str,
    stated: Mapping[str, Any],
    ingredients: Sequence[bytes],
    *,
    upstream: bytes | None,
    signature: Callable[[bytes], bytes],
) -> bytes:
    """`data` with a signed manifest inside; `stated` is what `Origin.stated` returns.

    `upstream` is the file as its maker left it where that has credentials of its own: it becomes the parent, so that
    its manifest is kept, and everything else is what it was made from. Raises `CannotSign`.
    """
    manifest, given = json.loads(json.dumps(stated["manifest"])), [dict(each) for each in stated["ingredients"]]
    files = [(described, described.pop("format"), file) for described, file in zip(given, ingredients, strict=True)]
    if upstream is not None:
        _with_parent(manifest, given, stated["then"])
        parent = {"title": "picture", "relationship": "parentOf", "instance_id": "xmp:iid:upstream"}
        files.insert(0, (parent, content_type, upstream))
    out = io.BytesIO()
    try:
        signer = c2pa.Signer.from_callback(
            signature, getattr(c2pa.C2paSigningAlg, stated["algorithm"].upper()), stated["certificates"]
        )
        with (
            c2pa.Context(c2pa.Settings.from_dict(_SIGNING)) as context,
            c2pa.Builder(json.dumps(manifest), context=context) as builder,
        ):
            for described, kind, file in files:
                builder.add_ingredient(json.dumps(described), kind, io.BytesIO(file))
            builder.sign(signer, content_type, io.BytesIO(data), out)
    except c2pa.C2paError as error:
        raise CannotSign(str(error)) from error
    return out.getvalue()


def _with_parent(manifest: dict[str, Any], given: list[dict[str, Any]], then: str) -> None:
    """Make the statement one of a file that was opened with credentials of its own, and what happened to it then."""
    for each in given:
        each["relationship"] = "inputTo"
    opened = {"action": "c2pa.opened", "parameters": {"ingredientIds": ["xmp:iid:upstream"]}}
    kept: dict[str, Any] = {"action": then}
    if given:
        kept["parameters"] = {"ingredientIds": [each["instance_id"] for each in given]}
    manifest["assertions"] = [{"label": "c2pa.actions.v2", "data": {"actions": [opened, kept]}}]


def has_manifest(data: bytes, content_type: str) -> bool:
    """Whether a file carries credentials, sound or not."""
    return read(data, content_type, "") is not None


def read(data: bytes, content_type: str, anchors: str) -> dict[str, Any] | None:
    """What a file's credentials say and whether they hold; None where there are none.

    {"state": "trusted" | "valid" | "invalid", "faults": [code], "manifests": [{"issuer", "generator", "time",
    "actions": [{"action", "agent", "source"}], "ingredients"}]}, the newest manifest first. `anchors` are the PEM
    certificates that are trusted.
    """
    settings: dict[str, Any] = {"verify": {"verify_trust": True, **_OFFLINE}}
    if anchors:
        settings["trust"] = {"user_anchors": anchors}
    try:
        with (
            c2pa.Context(c2pa.Settings.from_dict(settings)) as context,
            c2pa.Reader(content_type, io.BytesIO(data), context=context) as reader,
        ):
            state, found = str(reader.get_validation_state()), json.loads(reader.json())
    except c2pa.C2paError as error:
        if "ManifestNotFound" in str(error) or "ManifestNotFound" in type(error).__name__:
            return None
        return {"state": "invalid", "faults": [str(error)[:200]], "manifests": []}
    faults = [str(each.get("code")) for each in found.get("validation_status", ())]
    manifests = found.get("manifests", {})
    order = _newest_first(found.get("active_manifest", ""), manifests)
    return {
        "state": state.lower(),
        "faults": [fault for fault in faults if fault != "signingCredential.untrusted"][:20],
        "manifests": [_shown(manifests[label]) for label in order][:_SEVERAL],
    }


def _newest_first(active: str, manifests: Mapping[str, Any]) -> list[str]:
    """The active manifest, then those of its ingredients, breadth first; each once."""
    order, waiting = [], [active]
    while waiting:
        label = waiting.pop(0)
        if label in manifests and label not in order:
            order.append(label)
            waiting += [str(each.get("active_manifest")) for each in manifests[label].get("ingredients", ())]
    return order


def _shown(manifest: Mapping[str, Any]) -> dict[str, Any]:
    signed = manifest.get("signature_info", {})
    maker: Mapping[str, Any] = next(iter(manifest.get("claim_generator_info", ())), {})
    assertions = [each for each in manifest.get("assertions", ()) if str(each.get("label")).startswith("c2pa.actions")]
    actions = [action for each in assertions for action in each.get("data", {}).get("actions", ())]
    return {
        "issuer": str(signed.get("issuer") or "")[:200],
        "time": str(signed.get("time") or "")[:40],
        "generator": " ".join(str(maker.get(part) or "") for part in ("name", "version")).strip()[:200],
        "actions": [
            {
                "action": str(action.get("action"))[:100],
                "agent": _agent(action.get("softwareAgent")),
                "source": str(action.get("digitalSourceType") or "").rpartition("/")[2][:100],
            }
            for action in actions[:20]
        ],
        "ingredients": len(manifest.get("ingredients", ())),
    }


def _agent(written: Any) -> str:
    return str(written.get("name") if isinstance(written, dict) else written or "")[:200]
