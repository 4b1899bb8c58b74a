"""Finds what members read in Python files, for translators.

Calls of `translate`; plain sentences of errors, constants called `…_FAULT`, what `MEANINGS` says, the words of kinds of
files and the labels of kinds of engines; where babel.cfg says `faults`, also sentences that functions return; where it
says `fields`, the titles, descriptions, examples and names of tools. `extract_catalog` finds what models say of
themselves. Used by babel alone (babel.cfg); templates are read by babel's own means.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Collection, Iterator
from typing import Any, BinaryIO

Found = tuple[int, str, str | tuple[str, ...], list[str]]
SAID = ("title", "description", "examples")
KIND_SAYS = ("several",)  # words of a kind of file that pages show


def extract_catalog(
    file: BinaryIO, keywords: Any, comment_tags: Collection[str], options: dict[str, str]
) -> Iterator[Found]:
    """What the models of a catalog say of themselves, and the names of their groups of words."""
    for model in tomllib.load(file)["model"]:
        for phrase in [model.get("summary"), model.get("understands"), *model.get("words", {})]:
            if phrase:
                yield 1, "_", phrase, []


def extract(file: BinaryIO, keywords: Any, comment_tags: Collection[str], options: dict[str, str]) -> Iterator[Found]:
    """Each phrase of a Python file as babel wants it: line, function, message, comments."""
    for node in ast.walk(ast.parse(file.read())):
        match node:
            case ast.Call(func=ast.Name(id="translate")):
                yield from _phrases(node.args[:1], any_words=True)
            case ast.Call(func=ast.Name(id="translate_many"), args=[ast.Constant() as one, ast.Constant() as many, _]):
                yield node.lineno, "ngettext", (str(one.value), str(many.value)), []
            case ast.Raise(exc=ast.Call(args=arguments)):
                yield from _phrases(arguments)
            case ast.Call(func=ast.Attribute(attr="__init__"), args=arguments):
                yield from _phrases(arguments)
            case ast.Call(func=ast.Name(id="_failed"), args=arguments):
                yield from _phrases(arguments)
            case ast.Call(func=ast.Name(id="Field")) if "fields" in options:
                for keyword in node.keywords:
                    if keyword.arg in SAID:
                        yield from _phrases(getattr(keyword.value, "elts", [keyword.value]), any_words=True)
            case ast.Return(value=ast.Constant() as value) if "faults" in options:
                yield from _phrases([value])
            case ast.Assign(targets=[ast.Name(id=fault)], value=value) if fault.endswith("_FAULT"):
                yield from _phrases([value])
            case ast.Assign(targets=[ast.Name(id="MEANINGS")], value=ast.Dict(values=values)):
                yield from _phrases(values)
            case ast.Call(func=ast.Name(id="EngineKind")):
                yield from _phrases([each.value for each in node.keywords if each.arg == "label"], any_words=True)
            case ast.Call(func=ast.Name(id="Kind")):
                for keyword in node.keywords:
                    if keyword.arg in KIND_SAYS:
                        yield from _phrases([keyword.value], any_words=True)
            case ast.Assign(targets=[ast.Name(id="name")], value=value) if "fields" in options:
                yield from _phrases([value], any_words=True)


def _phrases(nodes: list[ast.expr], *, any_words: bool = False) -> Iterator[Found]:
    """The literals among `nodes` that are sentences: without `any_words` only those that begin like one."""
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
            if any_words or (text[:1].isupper() and " " in text):
                yield node.lineno, "_", text, []
