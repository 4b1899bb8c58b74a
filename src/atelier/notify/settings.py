"""The settings of mail."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from pydantic import Field, SecretStr

from atelier.base.mailhead import is_sender
from atelier.base.room_settings import RoomSettings, scheme_misfits


class MailSettings(RoomSettings):
    """Which server carries mail, and whom it comes from."""

    smtp_url: SecretStr = Field(
        SecretStr(""),
        description="The mail server: `smtp://user:password@host:587` or `smtps://…`. Default: none, and the operator"
        " reads the mail in the console.",
    )
    mail_from: str = Field("", description="Whom mail comes from: `Atelier <studio@example.org>`.")

    def misfits(self) -> Iterator[str]:
        yield from scheme_misfits("SMTP_URL", self.smtp_url.get_secret_value(), ("smtp", "smtps"))
        server = self.smtp_url.get_secret_value()
        try:
            if server and not (urlsplit(server).hostname and urlsplit(server).port != 0):
                yield "ATELIER_SMTP_URL names no server."
        except ValueError:
            yield "ATELIER_SMTP_URL names a port that is none."
        if server and not self.mail_from:
            yield "ATELIER_MAIL_FROM must be set with ATELIER_SMTP_URL, like `Atelier <studio@example.org>`."
        if self.mail_from and not is_sender(self.mail_from):
            yield "ATELIER_MAIL_FROM must be an address, like `Atelier <studio@example.org>`."
