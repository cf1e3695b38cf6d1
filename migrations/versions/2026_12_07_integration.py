"""Civic integration of who has the duty: plan, term, exemption, loan and fines."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from alembic import op

from migrations.analysis import MUNICIPALITY, create_table_view, drop_table_view, grant, name_positions
from migrations.state_tables import DAY, SETS, begin_anew, create_state_table

revision = "2026_12_07_integration"
down_revision = "2026_12_06_family"
branch_labels = None
depends_on = None

NAME = "integration"
TOLD = "Civic integration (inburgering) of who has the duty, day by day. Rows are of single persons."
#: The columns behind the spans, without what tells whose rows they are.
COLUMNS: Mapping[str, str] = {
    "municipality": MUNICIPALITY + " Null: none.",
    "law": "wi2013 or wi2021: the law (Wet inburgering) of the newest duty (inburgeringsplicht).",
    "housed_on": "Day of the housing (huisvesting) that stands; null: not housed.",
    "plan_due_on": "Last day on which the first plan (PIP) is in time; null: none yet, or none under this law.",
    "first_intake_on": "Day of the first intake (brede intake).",
    "first_plan_on": "Day of the first plan (PIP).",
    "route": "Route (leerroute) of the newest plan: b1, education (onderwijsroute), self-reliance (Z-route).",
    "changed_route": "Whether some plan was of another route than the first.",
    "term_ends_on": "Day on which the term (inburgeringstermijn) ends, no longer part of it.",
    "extension": "Newest extension (verlenging) that still runs: none, after-fine (na boete), other.",
    "exempted": "Newest exemption (vrijstelling, ontheffing): full or part; null: none.",
    "fulfilled": "Whether the duty was met (voldaan).",
    "loan_left": "Euros of the loan (lening) granted and not used; null: not stated.",
    "fines": "Fines (boetes) imposed that stand.",
    "fines_cancelled": "Fines that were cancelled.",
}
#: The views that were there.
BEFORE = (
    *("phases", "quota", "areas", "reference", "housings", "permits", "links", "reception", "offers", "documents"),
    *("causes", "norm_sets", "referents", "arrivals", "stays", "minors"),
)


def upgrade() -> None:
    for view in SETS:
        create_integration(view)
        begin_anew(view, [NAME])
    if op.get_context().dialect.name != "sqlite":
        create_table_view(NAME, TOLD, COLUMNS)
        name_positions((*BEFORE, NAME))
        grant()


def downgrade() -> None:
    if op.get_context().dialect.name != "sqlite":
        drop_table_view(NAME)
        name_positions(BEFORE)
    for view in SETS:
        op.drop_table(NAME, schema=view)
        begin_anew(view, (), gone=[NAME])


def create_integration(view: str) -> None:
    create_state_table(
        view,
        NAME,
        sa.Column("municipality", sa.Text()),
        sa.Column("law", sa.Text(), nullable=False),
        sa.Column("housed_on", DAY),
        sa.Column("plan_due_on", DAY),
        sa.Column("first_intake_on", DAY),
        sa.Column("first_plan_on", DAY),
        sa.Column("route", sa.Text()),
        sa.Column("changed_route", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("term_ends_on", DAY),
        sa.Column("extension", sa.Text(), nullable=False),
        sa.Column("exempted", sa.Text()),
        sa.Column("fulfilled", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("loan_left", sa.Integer()),
        sa.Column("fines", sa.Integer(), nullable=False),
        sa.Column("fines_cancelled", sa.Integer(), nullable=False),
    )
