"""The map of the pages: official boundaries instead of hexagons."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import typer

from domain.places import Places
from service.audit.access_log import OPERATOR, log_command
from service.cli.terminal import Failed, console, migrated, now
from service.foundation.settings import load
from service.http.pages.map.boundaries import clear_boundaries, keep_boundaries, kept_years
from service.http.pages.map.boundary_file import InvalidBoundaries, read_boundaries
from service.storage.database import reading, writing

_Step = Literal["import", "list", "clear"]


def map_(
    step: Annotated[_Step, typer.Argument(help="What to do.")],
    file: Annotated[Path | None, typer.Argument(help="For import: GeoJSON with a statcode for every area.")] = None,
    year: Annotated[
        int | None,
        typer.Option(
            help="The year, as on 1 January: of the file (default: the last of the reference data), or to clear."
        ),
    ] = None,
) -> None:
    """Draw the map of the pages by official boundaries instead of by hexagons.

    `import` reads the municipalities of one year as CBS and Kadaster publish them (*gemeente gegeneraliseerd*), in RD
    or WGS84. They must be those of the reference data, each once; otherwise all faults are told and nothing is kept.
    Days of that year are then drawn by them, other days by hexagons. `list` tells of which years there are, `clear`
    goes back to hexagons, for one year or for all.
    """
    engine = migrated(load())
    try:
        if step == "list":
            with reading(engine) as connection:
                found = kept_years(connection)
            for kept in found:
                console.print(
                    f"{kept.year}: {kept.municipalities} municipalities, imported {kept.imported_at:%Y-%m-%d}"
                )
            if not found:
                console.print("no boundaries: the map is drawn with hexagons")
        elif step == "clear":
            with writing(engine) as connection:
                count = clear_boundaries(connection, year)
                log_command(
                    connection, now(), OPERATOR, "clear boundaries", "map" if year is None else f"map of {year}"
                )
            console.print(f"the boundaries of {count} municipalities are gone")
        else:
            places = Places.shipped()
            of_year = max(places.years) if year is None else year
            if file is None:
                raise Failed("import needs a file")
            if of_year not in places.years:
                raise Failed(f"the reference data have the years {min(places.years)} to {max(places.years)}")
            codes = places.codes_on(date(of_year, 1, 1))
            try:
                areas = read_boundaries(file.read_bytes(), {code: places.name(code) for code in codes})
            except InvalidBoundaries as fault:
                raise Failed(f"nothing is kept of {file}:\n  " + "\n  ".join(fault.faults)) from None
            with writing(engine) as connection:
                keep_boundaries(connection, of_year, areas, now())
                log_command(connection, now(), OPERATOR, "import boundaries", f"map of {of_year}")
            console.print(f"the map of {of_year} is drawn by the boundaries of {len(areas)} municipalities")
    finally:
        engine.dispose()
