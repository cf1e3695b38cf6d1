"""The reads of the API, one module a noun."""

from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute

from service.access import rules
from service.http.routes import (
    accounts,
    events,
    figures,
    index,
    journeys,
    log,
    places,
    published,
    reconciliations,
    registry,
    rejections,
    session,
    tables,
    timelines,
    types,
)
from service.http.routes.media_types import agreed_forms
from service.http.routes.parameters import known_parameters

#: An application takes the routes over as they are: to include the router has the framework work out every route and
#: what it depends on once more, for each application that is made.
router = APIRouter(
    dependencies=[Depends(rules.permitted), Depends(known_parameters), Depends(agreed_forms)],
    generate_unique_id_function=lambda route: route.name,
)
_NOUNS = (
    figures.router,
    tables.router,
    journeys.router,
    timelines.router,
    events.router,
    rejections.router,
    registry.router,
    places.router,
    types.router,
    log.router,
    reconciliations.router,
    published.router,
    session.router,
    accounts.router,
)
#: What the index lists.
OPERATIONS = index.operations(_NOUNS)
#: The router of each noun, and of the index.
PARTS = (*_NOUNS, index.router_of(OPERATIONS))
for part in PARTS:
    rules.check(route.name for route in part.routes if isinstance(route, APIRoute))
    router.include_router(part, prefix=index.PREFIX)
