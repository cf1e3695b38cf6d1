"""The reads of the API, one module a noun."""

from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute

from service.access import rules
from service.http.routes import (
    areas,
    audit,
    deadlines,
    events,
    figures,
    findings,
    index,
    journey_state,
    journeys,
    log,
    older_figures,
    reconciliations,
    reference,
    registry,
    rejections,
    timelines,
)
from service.http.routes.parameters import refuse_unknown_parameters
from service.http.routes.requests import refuse_media_types

#: An application takes the routes over as they are: to include the router has the framework work out every route and
#: what it depends on once more, for each application that is made.
router = APIRouter(
    dependencies=[Depends(rules.permitted), Depends(refuse_unknown_parameters), Depends(refuse_media_types)],
    generate_unique_id_function=lambda route: route.name,
)
_NOUNS = (
    older_figures.router,
    figures.router,
    journeys.router,
    journey_state.router,
    timelines.router,
    deadlines.router,
    findings.router,
    events.router,
    areas.router,
    rejections.router,
    registry.router,
    reference.router,
    log.router,
    reconciliations.router,
    audit.router,
)
#: What the index lists.
OPERATIONS = index.operations(_NOUNS)
#: The router of each noun, and of the index.
PARTS = (*_NOUNS, index.router_of(OPERATIONS))
for part in PARTS:
    rules.check(route.name for route in part.routes if isinstance(route, APIRoute))
    router.include_router(part, prefix=index.PREFIX)
