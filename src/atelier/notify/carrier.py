"""Who carries mail out of the house: an SMTP server, or nobody."""

from __future__ import annotations

from email.message import EmailMessage
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib

from atelier.base.mailhead import bare

PATIENCE = 20.0  # seconds for each answer of the server


class Unreachable(Exception):
    """The mail could not be handed over now; it may work later."""


class Refused(Exception):
    """The server will never take this mail."""


class Carrier(Protocol):
    """Hands mail over to whoever delivers it."""

    @property
    def sender(self) -> str | None:
        """What stands in From, or None where nobody carries anything."""

    async def carry(self, message: EmailMessage, to: str) -> None:
        """Hand over one message to one recipient; `Unreachable` or `Refused` says why not."""


class NoCarrier:
    """No server is set: mail stays in the house, where the operator reads it."""

    sender = None

    async def carry(self, message: EmailMessage, to: str) -> None:
        raise Refused("There is no mail server.")


class Smtp:
    """A mail server by URL: `smtp://user:password@host:587` (STARTTLS where offered), or `smtps://` (TLS at once).

    A password goes to another host only over TLS.
    """

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        self.sender = sender
        self._host = parts.hostname or "localhost"
        self._secure = parts.scheme == "smtps"
        self._port = parts.port or (465 if self._secure else 587)
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None

    async def carry(self, message: EmailMessage, to: str) -> None:
        must = bool(self._user) and not _same_machine(self._host)
        try:
            await aiosmtplib.send(
                message,
                sender=bare(self.sender),
                recipients=[to],
                hostname=self._host,
                port=self._port,
                username=self._user,
                password=self._password,
                use_tls=self._secure,
                start_tls=None if self._secure or not must else True,
                timeout=PATIENCE,
            )
        except aiosmtplib.SMTPAuthenticationError as error:
            raise Unreachable(f"The mail server refused the studio's sign-in: {error.code}.") from None
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _refusal(error.recipients[0].code, error.recipients[0].message) from None
        except aiosmtplib.SMTPResponseException as error:
            raise _refusal(error.code, error.message) from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Unreachable(f"{type(error).__name__}: {error}"[:300]) from None


def _refusal(code: int, words: str) -> Exception:
    said = " ".join(f"{code} {words}".split())[:300]
    return Refused(said) if 500 <= code < 600 else Unreachable(said)


def _same_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
