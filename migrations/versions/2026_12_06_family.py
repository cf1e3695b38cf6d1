"""Family that follows, temporary stays and unaccompanied minors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

from migrations.analysis import MUNICIPALITY, create_table_view, drop_table_view, grant, name_positions
from migrations.state_tables import DAY, SETS, begin_anew, create_state_table

revision = "2026_12_06_family"
down_revision = "2026_12_05_waiting"
branch_labels = None
depends_on = None

_BELONGS = MUNICIPALITY + " Null: none."

#: Every view, with what its rows are.
VIEWS = {
    "referents": "Permit holders who applied for family to follow (referenten bij nareis), day by day. Rows are of "
    "single persons.",
    "arrivals": "Family that arrived (nagereisde gezinsleden), a row each time; rows without a day tell where the "
    "person whom they followed belongs, while not gone. Rows are of single persons.",
    "stays": "Temporary stays (tijdelijke huisvesting), guests with hosts (logeerregeling) among them, each for the "
    "days that it lasts. Rows are of single persons.",
    "minors": "Unaccompanied minors (amv) in reception (opvang) or in a small unit (kleinschalige opvang), day by day. "
    "Rows are of single persons.",
}
#: Their columns behind the spans, without what tells whose rows they are.
COLUMNS: Mapping[str, Mapping[str, str]] = {
    "referents": {
        "municipality": _BELONGS,
        "applied": "Family applied for, in persons.",
        "granted": "Family granted, in persons.",
        "refused": "Family refused, in persons.",
        "visas": "Visas (mvv) issued to family, in persons.",
        "arrived": "Family arrived, in persons.",
        "direct": "Of these straight into the home.",
        "through": "Of these by way of reception (opvang).",
        "granted_on": "Day of the newest decision that grants; null: none.",
        "visa_on": "Newest day on which visas were issued; null: none.",
        "housed": "Whether the referent is housed (gehuisvest).",
        "home_ready": "Whether a home (woning) is ready for the link that stands; false for who is housed.",
    },
    "arrivals": {
        "municipality": MUNICIPALITY + " Where that person belongs; null: nowhere, and of an arrival.",
        "on_day": "The day on which they arrived; null: the row tells where that person belongs.",
        "persons": "How many did; null likewise.",
        "turn": "The first, second, ... arrival of one person; null likewise.",
    },
    "stays": {
        "kind": "Kind of temporary accommodation (soort tijdelijke huisvesting), or guest (logerend).",
        "municipality": _BELONGS,
        "since_on": "First day of the stay.",
        "until_on": "Last day as agreed or usual; null: none.",
    },
    "minors": {
        "municipality": _BELONGS,
        "born_known": "Whether the month of birth is known.",
    },
}
#: The views that were there.
BEFORE = (
    *("phases", "quota", "areas", "reference", "housings", "permits", "links", "reception", "offers", "documents"),
    *("causes", "norm_sets"),
)


def upgrade() -> None:
    analysed = op.get_context().dialect.name != "sqlite"
    for view in SETS:
        for name, columns in _columns().items():
            create_state_table(view, name, *columns)
        begin_anew(view, VIEWS)
    if analysed:
        for name, told in VIEWS.items():
            create_table_view(name, told, COLUMNS[name])
        name_positions((*BEFORE, *VIEWS))
        grant()


def downgrade() -> None:
    analysed = op.get_context().dialect.name != "sqlite"
    for name in VIEWS if analysed else ():
        drop_table_view(name)
    for view in SETS:
        for name in VIEWS:
            op.drop_table(name, schema=view)
        begin_anew(view, (), gone=VIEWS)
    if analysed:
        name_positions(BEFORE)
        grant()


def _columns() -> Mapping[str, Iterable[sa.Column[Any]]]:
    """The columns of each table behind the spans, made anew for each set."""
    municipality = "municipality", sa.Text()
    return {
        "referents": (
            sa.Column(*municipality),
            *(
                sa.Column(name, sa.Integer(), nullable=False)
                for name in ("applied", "granted", "refused", "visas", "arrived", "direct", "through")
            ),
            sa.Column("granted_on", DAY),
            sa.Column("visa_on", DAY),
            sa.Column("housed", sa.Boolean(create_constraint=False), nullable=False),
            sa.Column("home_ready", sa.Boolean(create_constraint=False), nullable=False),
        ),
        "arrivals": (
            sa.Column(*municipality),
            sa.Column("on_day", DAY),
            sa.Column("persons", sa.Integer()),
            sa.Column("turn", sa.Integer()),
        ),
        "stays": (
            sa.Column("kind", sa.Text(), nullable=False),
            sa.Column(*municipality),
            sa.Column("since_on", DAY, nullable=False),
            sa.Column("until_on", DAY),
        ),
        "minors": (
            sa.Column(*municipality),
            sa.Column("born", DAY),
            sa.Column("born_known", sa.Boolean(create_constraint=False), nullable=False),
        ),
    }
