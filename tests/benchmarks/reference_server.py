"""What a single POST is held against, on the same server with the same settings: a FastAPI route that does little.

    python -m tests.benchmarks.reference_server empty|stock PORT [DATABASE_URL]

`empty` parses the body and answers; `stock` saves it with the eventsourcing library, one `app.save` a request.
"""

from __future__ import annotations

import sys
from typing import Annotated, Any

import uvicorn
from fastapi import Body, FastAPI

from tests.benchmarks import stock

Posted = Annotated[dict[str, Any], Body()]


def empty() -> FastAPI:
    """A route that only answers."""
    app = FastAPI(openapi_url=None)

    @app.post("/v1/events", status_code=201, response_model=None)
    async def _post(event: Posted) -> dict[str, Any]:
        return {"id": event["id"], "status": "recorded"}

    return app


def saving(url: str) -> FastAPI:
    """A route that saves, in a thread as FastAPI does with whatever waits for a database."""
    app, application = FastAPI(openapi_url=None), stock.Chain(env=stock.environment(url))

    @app.post("/v1/events", status_code=201, response_model=None)
    def _post(event: Posted) -> dict[str, Any]:
        (recording,) = application.save(stock.alone(event))
        return {"id": event["id"], "position": recording.notification.id, "status": "recorded"}

    return app


def main() -> None:
    """Serve until told to stop."""
    which, port, *url = sys.argv[1:]
    uvicorn.run(
        empty() if which == "empty" else saving(*url),
        port=int(port),
        loop="uvloop",
        http="httptools",
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
    )


if __name__ == "__main__":
    main()
