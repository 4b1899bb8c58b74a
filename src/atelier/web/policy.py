"""The content policy of every answer, and what a route may add to it for its own pages."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

BASE: Mapping[str, str] = MappingProxyType(
    {
        "default-src": "'none'",
        "script-src": "'self' 'nonce-{nonce}'",
        "style-src": "'self' 'nonce-{nonce}'",
        "img-src": "'self' data: blob:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "media-src": "'self' blob:",
        "manifest-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "report-uri": "/csp-reports",
        "report-to": "csp",
    }
)
FEATURES: Mapping[str, str] = MappingProxyType(
    {"camera": "()", "geolocation": "()", "payment": "()", "usb": "()", "microphone": "(self)"}
)
ADDABLE = frozenset({"connect-src", "media-src", "img-src", "font-src", "worker-src", "frame-src", "form-action"})
GRANTABLE = frozenset({*FEATURES, "display-capture", "fullscreen", "picture-in-picture"})
_SOURCE = re.compile(r"'self'|blob:|data:|(https|wss)://[a-z0-9.-]+(:[0-9]+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Policy:
    """What pages of a route may do besides what all may: more `sources` by directive, and browser `features`.

    Scripts and styles are never added to. A source is `'self'`, `blob:`, `data:` or one https or wss origin.
    """

    sources: Mapping[str, Sequence[str]] = field(default_factory=dict)
    features: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for directive, added in self.sources.items():
            if directive not in ADDABLE:
                raise RuntimeError(f"A route cannot add to {directive}; it can to {', '.join(sorted(ADDABLE))}")
            for source in added:
                if not _SOURCE.fullmatch(source):
                    raise RuntimeError(f"{source} in {directive} is no single origin")
        if unknown := self.features - GRANTABLE:
            raise RuntimeError(f"A page cannot be granted {', '.join(sorted(unknown))}")


def headers(nonce: str, policy: Policy | None = None) -> dict[str, str]:
    """The two headers of a policy: every page's, with what the route adds."""
    directives = {name: value.format(nonce=nonce) for name, value in BASE.items()}
    features = dict(FEATURES)
    if policy is not None:
        for directive, added in policy.sources.items():
            known = directives.get(directive, "'self'").split()
            directives[directive] = " ".join([*known, *(source for source in added if source not in known)])
        features |= dict.fromkeys(sorted(policy.features), "(self)")
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in directives.items()),
        "Permissions-Policy": ", ".join(f"{name}={value}" for name, value in features.items()),
    }
