"""The reads of the API, one module a noun."""

from fastapi import APIRouter, Depends

from service.routes import (
    changes,
    events,
    explanations,
    figures,
    journeys,
    log,
    places,
    published,
    reconciliations,
    rejections,
    timelines,
    types,
)
from service.routes.parameters import known_parameters

router = APIRouter(dependencies=[Depends(known_parameters)], generate_unique_id_function=lambda route: route.name)
#: The router of each noun.
PARTS = (
    figures.router,
    explanations.router,
    changes.router,
    journeys.router,
    timelines.router,
    events.router,
    rejections.router,
    places.router,
    types.router,
    log.router,
    reconciliations.router,
    published.router,
)
for part in PARTS:
    router.include_router(part)
