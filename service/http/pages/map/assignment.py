"""Who gets which place so that all together costs least: the assignment problem, solved exactly."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf


def cheapest_assignment(costs: Sequence[Sequence[float]]) -> list[int]:
    """The column of every row, each its own, of the lowest sum of costs; there are at least as many columns as rows.

    The Hungarian method by shortest augmenting paths: a row is added at a time, and those before it make way. Of equal
    costs the first column is taken, so the same costs give the same answer.
    """
    columns = len(costs[0]) if costs else 0
    # Column 0 and row 0 are none: where a path begins.
    of_rows, of_columns = [0.0] * (len(costs) + 1), [0.0] * (columns + 1)
    row_of, before = [0] * (columns + 1), [0] * (columns + 1)
    for row in range(1, len(costs) + 1):
        row_of[0], column = row, 0
        shortest, seen = [inf] * (columns + 1), [False] * (columns + 1)
        while row_of[column]:
            seen[column] = True
            at, step, following = row_of[column], inf, 0
            line, held = costs[at - 1], of_rows[at]
            for other in range(1, columns + 1):
                if seen[other]:
                    continue
                cost = line[other - 1] - held - of_columns[other]
                if cost < shortest[other]:
                    shortest[other], before[other] = cost, column
                if shortest[other] < step:
                    step, following = shortest[other], other
            for other in range(columns + 1):
                if seen[other]:
                    of_rows[row_of[other]] += step
                    of_columns[other] -= step
                else:
                    shortest[other] -= step
            column = following
        while column:
            row_of[column] = row_of[before[column]]
            column = before[column]
    found = {row: column for column, row in enumerate(row_of) if column and row}
    return [found[row] - 1 for row in range(1, len(costs) + 1)]
