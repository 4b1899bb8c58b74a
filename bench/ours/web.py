"""Our web process: the same one route as the peer's, onto `begin`; `python -m bench.ours.web PORT`."""

from __future__ import annotations

import sys
from typing import Annotated, Any
from uuid import UUID

import uvicorn
import uvloop
from fastapi import FastAPI, Header
from pydantic import BaseModel

from atelier.base.db import Acting
from atelier.spine import JobRequest, Studio, begin
from bench.ours.nothing import studio


class Asked(BaseModel):
    """What a member asks for."""

    tool: str
    input: dict[str, Any]


def create_app(opened: Studio) -> FastAPI:
    app = FastAPI()

    @app.post("/jobs", status_code=202)
    async def submit(asked: Asked, x_member: Annotated[UUID, Header()]) -> dict[str, str]:
        async with opened.web_db.transaction(Acting.member(x_member)) as db:
            return {"id": str(await begin(db, opened, x_member, JobRequest(asked.tool, asked.input)))}

    return app


async def serve(port: int) -> None:
    async with studio() as opened:
        await uvicorn.Server(uvicorn.Config(create_app(opened), port=port, access_log=False)).serve()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
