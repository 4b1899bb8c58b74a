"""The command line's reference, as Markdown, from the commands themselves."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer

from atelier.cli import COMMANDS

HEAD = """`bin/atelier COMMAND --help` says the same at hand. An error is one sentence on standard error and exit status
1, wrong usage 2."""


def commands() -> str:
    """Every command with its arguments and options, one section each."""
    parts = [HEAD]
    for name, about in COMMANDS.items():
        command = typer.main.get_command(import_module(f"atelier.cli.{name}").app)
        parts.append(f"## atelier {name}\n\n{about}")
        below = getattr(command, "commands", None)
        if below is None:
            parts.append(_describe(f"atelier {name}", command))
        else:
            parts += [f"{_describe(f'atelier {name} {sub}', each)}" for sub, each in below.items()]
    return "\n\n".join(parts) + "\n"


def _describe(path: str, command: Any) -> str:
    shown = [parameter for parameter in command.params if not getattr(parameter, "hidden", False)]
    arguments = [parameter for parameter in shown if parameter.param_type_name == "argument"]
    options = [parameter for parameter in shown if parameter.param_type_name == "option"]
    usage = [path, *(_placeholder(argument) for argument in arguments), *(["[OPTIONS]"] if options else [])]
    parts = [f"```\n{' '.join(usage)}\n```", (command.help or "").strip()]
    rows = [(f"`{_placeholder(argument)}`", argument.help or "") for argument in arguments]
    rows += [(f"`{', '.join([*option.opts, *option.secondary_opts])}`", option.help or "") for option in options]
    if rows:
        parts.append("\n".join(["| | |", "| --- | --- |", *(f"| {left} | {right} |" for left, right in rows)]))
    return "\n\n".join(parts)


def _placeholder(parameter: Any) -> str:
    name = (parameter.metavar or parameter.name or "").upper()
    many = "…" if parameter.nargs == -1 else ""
    return f"{name}{many}" if parameter.required else f"[{name}{many}]"
