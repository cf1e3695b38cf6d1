"""Views for analysts on PostgreSQL: the state tables that serve, without whose rows they are, and who reads them."""

from __future__ import annotations

from collections.abc import Mapping

from alembic import op

from migrations.analysis import (
    MUNICIPALITY,
    PERIOD,
    ROLE,
    comment,
    create_table_view,
    create_view,
    grant,
    role_is_there,
)

revision = "2026_12_01_analysis"
down_revision = "2026_11_30_figures_from_columns"
branch_labels = None
depends_on = None

#: Every view, with what its rows are.
VIEWS = {
    "phases": "Phases before housing (fasen: koppelfase, huisvestingsfase, vertrekfase, totale doorlooptijd) of permit "
    "holders (vergunninghouders), completed or open, one row each. Rows are of single persons.",
    "housings": "Housings (huisvestingen) that count for the quota (taakstelling), and returns to reception that undo "
    "one. Rows are of single persons.",
    "quota": "What was announced and agreed about the quota (taakstelling) of a half-year.",
    "reference": "Mergers of municipalities (herindelingen) and their inhabitants (inwoners), as far as they were "
    "reported beside those that the service ships.",
}
#: Their columns behind the spans. Of the tables' own, stream and number are left out: they say whose a row is.
COLUMNS: Mapping[str, Mapping[str, str]] = {
    "phases": {
        "phase": "linking (koppelfase), housing (huisvestingsfase), departure (vertrekfase), total (totale "
        "doorlooptijd); closed: ended without housing; untimed: waits for nothing and has no total.",
        "municipality": MUNICIPALITY + " Null: not linked to any.",
        "family": "Whether family reunification (nareis) was applied for.",
        "started_on": "First day of the phase.",
        "ended_on": "Day on which a completed phase ended; null: it did not.",
        "days": "Length of a completed phase, in days (doorlooptijd).",
        "earlier_days": "Days that an earlier link (koppeling) took of an open phase.",
        "permit_on": "Day on which the permit (vergunning) was made known, of an open phase.",
        "link_on": "First day of the link (koppeling), of an open phase or a completed total.",
        "link_days": "Days from link to housing of a completed total.",
    },
    "housings": {
        "period": PERIOD,
        "municipality": MUNICIPALITY,
        "accommodation": "Kind of accommodation (soort huisvesting).",
        "persons": "1 for a housing, -1 for what undoes one.",
        "turn": "The first, second, ... of these of one person.",
    },
    "quota": {
        "period": PERIOD,
        "kind": "forecast (prognose), national and municipal (taakstelling), opening (beginsaldo), interim-goal "
        "(tussendoelstelling), transfer (herverdeling).",
        "municipality": MUNICIPALITY + " Null: of the country.",
        "persons": "Number of persons; of an opening + backlog (achterstand) and - lead (voorsprong).",
        "turn": "Tells the parts of equal transfers apart.",
    },
    "reference": {
        "kind": "merger (herindeling) or inhabitants (inwoners).",
        "municipality": MUNICIPALITY,
        "successor": "The municipality in which it ends (opvolger).",
        "day": "Day of the merger, or on which inhabitants were counted.",
        "persons": "Number of inhabitants.",
        "name": "Name of the successor (naam).",
        "province": "Province (provincie) of the successor.",
    },
}


def upgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        return
    op.execute("CREATE SCHEMA analysis")
    op.execute("COMMENT ON SCHEMA analysis IS 'Ketenspoor for analysts: docs/analysts.md'")
    for name, told in VIEWS.items():
        create_table_view(name, told, COLUMNS[name])
    create_positions()
    create_role()
    grant()


def downgrade() -> None:
    """The role stays: it is of all databases of the server."""
    if op.get_context().dialect.name != "sqlite":
        op.execute("DROP SCHEMA analysis CASCADE")


def create_positions() -> None:
    create_view("positions", "projection AS name, position, recorded_at", "place")
    columns = {
        "name": "The view: phases, housings, quota or reference.",
        "position": "The last position of the log (positie) that it rests on.",
        "recorded_at": "When the event there was recorded (geregistreerd op).",
    }
    comment("positions", "How far the views have come with the log.", columns)


def create_role() -> None:
    """Make the role, where it can be made: roles are of the server, and other databases make it too."""
    op.execute(
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN CREATE ROLE {ROLE} NOLOGIN; "
        "END IF; EXCEPTION WHEN insufficient_privilege OR duplicate_object OR unique_violation THEN NULL; END $$"
    )
    config = op.get_context().config
    if not role_is_there() and config is not None:
        config.print_stdout(
            f"the role {ROLE} is not there and may not be made by who migrates: nobody else reads the views for "
            "analysts until an administrator of the server has run the statements of docs/analysts.md"
        )
