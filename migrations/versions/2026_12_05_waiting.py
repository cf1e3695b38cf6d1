"""What keeps a permit holder waiting, and norm sets."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from alembic import op

from migrations.analysis import create_table_view, drop_table_view, grant, name_positions
from migrations.state_tables import DAY, SETS, begin_anew, create_state_table

revision = "2026_12_05_waiting"
down_revision = "2026_12_04_files"
branch_labels = None
depends_on = None

#: Every view, with what its rows are.
VIEWS = {
    "causes": "What each day without a home is put down to, from the permit (vergunning) up to and including that of "
    "the housing (huisvesting): on a day what the newest row says. Rows are of single persons.",
    "norm_sets": "Readings of the norm (normtijden) that the ministry published, beside those of the service itself.",
}
#: Their columns behind the spans.
COLUMNS: Mapping[str, Mapping[str, str]] = {
    "causes": {
        "cause": "From valid_from on until the next row: family (nareis), refusal (woningweigering), dossier, document "
        "(verblijfspas), unlinked (geen koppeling), home (geen woning), leaving (vertrek).",
    },
    "norm_sets": {
        "name": "What it is called (normstelling).",
        "linking": "Days for linking (koppelen).",
        "housing": "Days for housing (huisvesten).",
        "departure": "Days for departure (vertrek).",
        "total": "Days in all (totaal).",
        "total_starts": "From where these count: permit (vergunning) or link (koppeling).",
        "in_use_from": "Day on which it came into use.",
        "source": "Where it stands.",
    },
}
DAYS = ("linking", "housing", "departure", "total")
#: The views that were there.
BEFORE = (
    *("phases", "quota", "areas", "reference", "housings", "permits", "links", "reception", "offers", "documents"),
)


def upgrade() -> None:
    for view in SETS:
        create_state_table(view, "causes", sa.Column("cause", sa.Text(), nullable=False))
        create_state_table(
            view,
            "norm_sets",
            sa.Column("name", sa.Text(), nullable=False),
            *(sa.Column(days, sa.SmallInteger(), nullable=False) for days in DAYS),
            sa.Column("total_starts", sa.Text(), nullable=False),
            sa.Column("in_use_from", DAY, nullable=False),
            sa.Column("source", sa.Text(), nullable=False),
        )
        begin_anew(view, VIEWS)
    if op.get_context().dialect.name != "sqlite":
        for name, told in VIEWS.items():
            create_table_view(name, told, COLUMNS[name])
        name_positions((*BEFORE, *VIEWS))
        grant()


def downgrade() -> None:
    analysed = op.get_context().dialect.name != "sqlite"
    for name in VIEWS if analysed else ():
        drop_table_view(name)
    if analysed:
        name_positions(BEFORE)
    for view in SETS:
        for name in VIEWS:
            op.drop_table(name, schema=view)
        begin_anew(view, (), gone=VIEWS)
