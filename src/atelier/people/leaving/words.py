"""What each file of an export is called and holds, and the letter that lies on top. Spoken in the member's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from atelier.web import formats
from atelier.web.language import translate, translate_many


@dataclass(frozen=True, slots=True)
class Piece:
    """One file of the archive that was written from rows."""

    name: str
    rows: int
    holds: str


NAMES = {
    "members": "account",
    "sessions": "sign-ins",
    "provider_sessions": "sign-ins-through-providers",
    "tokens": "api-tokens",
    "jobs": "runs",
    "assets": "files",
    "mails": "mail",
    "invitations": "invitation",
}


def called(table: str) -> str:
    """What the file is called that holds a table's rows."""
    return f"{NAMES.get(table, table.replace('_', '-'))}.json"


def holds() -> Mapping[str, str]:
    """What the rows of a table are, in a sentence."""
    return {
        "members": translate("Your account: name, e-mail, role, language."),
        "sessions": translate("Where you are signed in, since when and from which address."),
        "provider_sessions": translate("Which of these sign-ins a provider opened."),
        "identities": translate("Accounts elsewhere that open yours here."),
        "tokens": translate("Your API tokens, without their secrets."),
        "refresh_tokens": translate("Sign-ins of apps, without their secrets."),
        "authenticators": translate("Authenticator apps that you set up, without their secrets."),
        "passkeys": translate("Your passkeys, without their keys."),
        "recovery_codes": translate("When recovery codes were made and used, without the codes."),
        "confirmations": translate("What you asked for by mail lately."),
        "jobs": translate("Every run with what you asked for: prompt, settings, seed, price and how it ended."),
        "assets": translate("Your files with their titles and prompts; “file” says where each lies in this archive."),
        "made_of": translate("Which of your files were made of which."),
        "mails": translate("Mail that the studio wrote to you in the last 30 days."),
        "invitations": translate("The invitation with which you came."),
        "exports": translate("Your exports, this one among them."),
        "wallet": translate("Your credits: the balance and every line of the statement."),
        "events": translate("What happened in your account, and what operators did about it."),
    }


def told_of(table: str) -> str:
    """The sentence for a table; one that is not known by name says so."""
    return holds().get(table) or translate("More that the studio keeps about you.")


def readme(name: str, made: str, pieces: Iterable[Piece], files: int, origin: str) -> str:
    """The letter: what is in the archive, file by file."""
    lines = [
        translate("Everything that %(origin)s keeps about %(name)s, as of %(made)s.")
        % {"origin": origin, "name": name, "made": made},
        "",
        translate("Texts are JSON, which programs read and a text editor opens. Times are in UTC."),
        "",
    ]
    for piece in pieces:
        rows = translate_many("%(number)s entry", "%(number)s entries", piece.rows)
        lines += [f"{piece.name}  ({rows % {'number': formats.number(piece.rows)}})", f"    {piece.holds}"]
    count = translate_many("%(number)s file", "%(number)s files", files) % {"number": formats.number(files)}
    lines += [
        f"files/  ({count})",
        "    "
        + translate(
            "Your files as they are in the library, by month; under files/deleted those that you deleted and can still"
            " restore."
        ),
        "",
        translate(
            "Not in here: passwords, keys and other secrets, not even in a form that could be tried out; small previews"
            " of your files; and what other people wrote."
        ),
        "",
    ]
    return "\n".join(lines)
