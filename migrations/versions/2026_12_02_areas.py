"""What is said of areas, and of quotas what was published first, who is resettled and which transfers were decided."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.analysis import MUNICIPALITY, PERIOD, create_table_view, drop_table_view, grant, name_positions
from migrations.state_tables import DAY, SETS, create_state_table

revision = "2026_12_02_areas"
down_revision = "2026_12_01_analysis"
branch_labels = None
depends_on = None

AREAS = {
    "area": "Code of the municipality (gemeente) or province (provincie), or NL.",
    "kind": "permits-forecast (prognose vergunningen), links-announced (aangekondigde koppelingen), homes (woningen), "
    "temporary-places (tijdelijke plekken), reception-places (opvangplekken), ladder-step (stap op de "
    "interventieladder), suspension (opschorting van de beoordeling).",
    "from_on": "First day of the month, half-year or forecast that it is about.",
    "to_on": "Last day of the month, half-year or forecast that it is about.",
    "accommodation": "Kind of accommodation (soort huisvesting) of temporary places.",
    "bedrooms": "Bedrooms (slaapkamers) of homes; null: there are none.",
    "adapted": "Whether homes are adapted (aangepast).",
    "amount": "Number of persons, homes or places; of a ladder-step its rung (trede).",
    "households": "Number of households (huishoudens) among announced links.",
    "aged_0_3": "Children of 0 to 3 years among announced links.",
    "aged_4_11": "Children of 4 to 11 years among announced links.",
    "aged_12_15": "Children of 12 to 15 years among announced links.",
    "aged_16_17": "Children of 16 and 17 years among announced links.",
    "position": "Position in the log (positie) of the event that says so.",
    "order_of_day": "Orders what was said on one day: when it was sent, its source and its id.",
}
QUOTA = {
    "period": PERIOD,
    "kind": "forecast (prognose), national and municipal (taakstelling), opening (beginsaldo), interim-goal "
    "(tussendoelstelling), transfer (herverdeling), decision (collegebesluit) to take part in one; "
    "published (as published first), expected (forecast before that), resettlement (hervestigden within the number).",
    "municipality": MUNICIPALITY + " Null: of the country.",
    "persons": "Number of persons; of an opening + backlog (achterstand) and - lead (voorsprong).",
    "turn": "Tells the parts of equal transfers apart.",
    "transfer": "Of a transfer and decision: the first, second, ... of its half-year.",
}
VIEWS = {
    "areas": ("What was stated, announced and decided about areas (gebieden).", AREAS),
    "quota": ("What was announced and agreed about the quota (taakstelling) of a half-year.", QUOTA),
}


def upgrade() -> None:
    analysed = op.get_context().dialect.name != "sqlite"
    if analysed:
        drop_table_view("quota")
    for view in SETS:
        create_areas(view)
        op.add_column("quota", sa.Column("transfer", sa.Integer()), schema=view)
        # Its rows are computed again from the log.
        op.execute(f"DELETE FROM {view}.quota")  # noqa: S608
        op.execute(f"DELETE FROM {view}.place WHERE projection = 'quota'")  # noqa: S608
        op.execute(f"INSERT INTO {view}.place (projection, position) VALUES ('quota', 0), ('areas', 0)")  # noqa: S608
    if analysed:
        for name, (told, columns) in VIEWS.items():
            create_table_view(name, told, columns)
        name_positions(("phases", "housings", "quota", "areas", "reference"))
        grant()


def downgrade() -> None:
    analysed = op.get_context().dialect.name != "sqlite"
    for name in VIEWS if analysed else ():
        drop_table_view(name)
    for view in SETS:
        op.drop_table("areas", schema=view)
        op.drop_column("quota", "transfer", schema=view)
        op.execute(f"DELETE FROM {view}.quota")  # noqa: S608
        op.execute(f"DELETE FROM {view}.place WHERE projection IN ('quota', 'areas')")  # noqa: S608
        op.execute(f"INSERT INTO {view}.place (projection, position) VALUES ('quota', 0)")  # noqa: S608
    if analysed:
        told, columns = VIEWS["quota"]
        create_table_view("quota", told, {name: columns[name] for name in columns if name != "transfer"})
        name_positions(("phases", "housings", "quota", "reference"))
        grant()


def create_areas(view: str) -> None:
    create_state_table(
        view,
        "areas",
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("from_on", DAY),
        sa.Column("to_on", DAY),
        sa.Column("accommodation", sa.Text()),
        sa.Column("bedrooms", sa.SmallInteger()),
        sa.Column("adapted", sa.Boolean(create_constraint=False)),
        sa.Column("amount", sa.Integer()),
        sa.Column("households", sa.Integer()),
        sa.Column("aged_0_3", sa.Integer()),
        sa.Column("aged_4_11", sa.Integer()),
        sa.Column("aged_12_15", sa.Integer()),
        sa.Column("aged_16_17", sa.Integer()),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("order_of_day", sa.Text(), nullable=False),
    )
