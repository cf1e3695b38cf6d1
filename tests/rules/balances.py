"""The balance of one municipality, and the places and half-years that balances are told of."""

from collections.abc import Mapping
from datetime import date

from domain.period import Period
from domain.places import Places
from domain.quota import Balance, PeriodFigures, Realised, balances

PLACES = Places.shipped()
P2020_II, P2021_I, P2021_II = (Period.parse(written) for written in ("2020-II", "2021-I", "2021-II"))
P2022_I, P2022_II, P2023_I = (Period.parse(written) for written in ("2022-I", "2022-II", "2023-I"))
AMSTERDAM, WEESP, UTRECHT, DEN_HAAG, ALMERE, HAAREN = "GM0363", "GM0457", "GM0344", "GM0518", "GM0034", "GM0788"
EVE_OF_WEESP, DAY_OF_WEESP = date(2022, 3, 23), date(2022, 3, 24)


def on(
    period: Period,
    day: date,
    figures: Mapping[Period, PeriodFigures],
    realised: Realised | None = None,
    places: Places = PLACES,
) -> dict[str, Balance]:
    return {each.code: each for each in balances(period, day, figures, realised or {}, places)}


def regular(**persons: int) -> dict[str, dict[str, int]]:
    return {code: {"regular": count} for code, count in persons.items()}
