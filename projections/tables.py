"""What all state tables have: the days that their rows answer for and the span of the log in which they are known.

The tables themselves are declared beside their rows, in `projections/states/`. They live in schema `view`, which is
`view_a` or `view_b` when used: two sets, so that one can be rebuilt while the other serves; and `replay`, where the
past is filled in again. On SQLite each set is an attached file.
"""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text, text

from projections.columns import Day, Instant, StreamId

#: Open ends, as values rather than NULL: a range is then one comparison, and one index.
FOREVER = date.max
STILL = 2**63 - 1
#: The most that a column of persons holds; what is posted is bounded, what it adds up to is not.
MOST_PERSONS = 2**31 - 1
# Those that ended are few, and what moves an answer from one position to another is found among them and the new ones.
_ENDED = text(f"known_until < {STILL}")


class Values(NamedTuple):
    """All values that a column of texts can have, in their order, under the name that they go by in columns; none are
    listed where there are thousands.
    """

    name: str
    values: tuple[str, ...] = ()


#: The key of a column's `info` under which its `Values` stand.
VALUES = "values"
#: The key of a table's `info` for the order in which its rows are best read: what is asked together stands together.
ORDER = "order"


def one_of(name: str, values: tuple[str, ...] = ()) -> dict[Any, Any]:
    """The `info` of a column that has one of these values."""
    return {VALUES: Values(name, values)}


#: Every code and every half-year that there can be.
MUNICIPALITY = one_of("municipality")
PERIOD = one_of("period")
#: Every organisation, by its OIN.
ORGANISATION = one_of("organisation")

metadata = MetaData(
    schema="view",
    naming_convention={"pk": "pk_%(table_name)s", "ix": "ix_%(table_name)s_%(column_0_N_name)s"},
)


def state_table(name: str, *columns: Column[Any], order: str | None = None) -> Table:
    """A state table: whose row it is, since and until which position it is known, for which days it holds, and then
    its own columns. Both spans exclude their end; `number` only tells rows apart that one stream got at one position.

    Its rows are found by the positions at which they began or ceased to be known. `order` is an ORDER BY clause, how
    they are best read.
    """
    return Table(
        name,
        metadata,
        Column("stream", StreamId, primary_key=True),
        Column("known_from", BigInteger, primary_key=True, autoincrement=False),
        Column("number", Integer, primary_key=True, autoincrement=False),
        Column("known_until", BigInteger, nullable=False),
        Column("valid_from", Day, nullable=False),
        Column("valid_until", Day, nullable=False),
        *columns,
        Index(None, "known_from"),
        Index(None, "known_until", sqlite_where=_ENDED, postgresql_where=_ENDED),
        info={} if order is None else {ORDER: order},
    )


# How far each projection is, by the name of its table: all of the log up to this position is in that, and the event
# there was recorded then (not known where nobody could say). One that failed stays where it was, with what is known of
# that: where in the log, of which stream, the type of the error, where in the code. Never a message, which may hold
# what somebody posted.
place = Table(
    "place",
    metadata,
    Column("projection", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("recorded_at", Instant),
    Column("failed_at", BigInteger),
    Column("failed_stream", StreamId),
    Column("fault", Text),
    Column("fault_at", Text),
)

# While a set is filled from the log: the partitions of the streams, of how many, up to which position. The digests of
# its rows stand with a partition once it is in.
portions = Table(
    "portions",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("of", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("digests", LargeBinary),
)
