"""The reads of the API, one module a noun."""

from fastapi import APIRouter, Depends

from service.routes import events, figures, journeys, places, rejections, types
from service.routes.parameters import known_parameters

router = APIRouter(dependencies=[Depends(known_parameters)], generate_unique_id_function=lambda route: route.name)
for part in (figures.router, journeys.router, events.router, rejections.router, places.router, types.router):
    router.include_router(part)
