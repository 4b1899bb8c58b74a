"""All stand-ins in one server, `/replicate` and `/openai`, and the entries of a catalog that use them."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Mount

from atelier.base.whole import write_whole
from atelier.demo import openai, replicate

KEYS = {"replicate.key": replicate.KEY, "openai.key": openai.KEY}
CATALOG = """\
[[engine]]
id = "demo-replicate"
kind = "replicate"
url = "{origin}/replicate/v1"
key = "file:{folder}/replicate.key"

[[engine]]
id = "demo-openai"
kind = "openai"
url = "{origin}/openai/v1"
key = "file:{folder}/openai.key"

[[model]]
id = "demo-poster"
name = "Poster (stand-in for Replicate)"
tool = "image.generate"
engine = "demo-replicate"
provider_model = "demo/poster"
licence = "CC0-1.0"
price = {{ pictures = 1 }}
cost = {{ pictures = "0.003" }}

[[model]]
id = "demo-recolour"
name = "Recolour (stand-in for Replicate)"
tool = "image.edit"
engine = "demo-replicate"
provider_model = "demo/recolour"
licence = "CC0-1.0"
price = {{ pictures = 1 }}
cost = {{ pictures = "0.003" }}

[[model]]
id = "demo-openai-poster"
name = "Poster (stand-in for OpenAI)"
tool = "image.generate"
engine = "demo-openai"
provider_model = "demo-poster"
licence = "CC0-1.0"
price = {{ pictures = 1 }}
cost = {{ pictures = "0.01" }}
"""


def app(*, step: float = 0.05) -> Starlette:
    """The server; a step of a painting takes `step` seconds longer than it must."""
    return Starlette(
        routes=[Mount("/replicate", replicate.Replicate(step=step).app), Mount("/openai", openai.OpenAI().app)]
    )


def write_keys(folder: Path) -> None:
    """Write the keys that the stand-ins take into files of `folder`, which the catalog names."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, key in KEYS.items():
        write_whole(folder / name, key.encode(), mode=0o600, overwrite=True)


def catalog(origin: str, folder: Path) -> str:
    """What to add to a catalog for stand-ins at `origin` whose keys lie in `folder`."""
    return CATALOG.format(origin=origin, folder=str(folder).replace("\\", "\\\\").replace('"', '\\"'))
