"""A national scenario of 2021-I to 2022-I as CloudEvents: synthetic, seeded, and exact where figures were published."""

from service.demo.simulation.scenario import SEED
from service.demo.simulation.writing import Line, Summary, events, lines, write

__all__ = ["SEED", "Line", "Summary", "events", "lines", "write"]
