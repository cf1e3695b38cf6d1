"""Views for analysts on PostgreSQL: the state tables that serve, without whose rows they are, and who reads them."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from alembic import op

revision = "2026_12_01_analysis"
down_revision = "2026_11_30_figures_from_columns"
branch_labels = None
depends_on = None

ROLE = "ketenspoor_analyst"

SPANS = {
    "known_from": "Position in the log (positie) from which on this was known.",
    "known_until": "Position from which on it was no longer known; null: it still is.",
    "valid_from": "First day (ingangsdatum) for which it holds; null: it always did.",
    "valid_until": "First day for which it no longer holds; null: it holds without end.",
}
MUNICIPALITY = "Code of the municipality (gemeentecode, CBS), GM and four digits."
PERIOD = "Half-year (halfjaar): 2021-I is January to June, 2021-II July to December."

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
ENDS = {
    "known_until": f"nullif(known_until, {2**63 - 1})",
    "valid_from": "nullif(valid_from, '0001-01-01')",
    "valid_until": "nullif(valid_until, '9999-12-31')",
}


def upgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        return
    op.execute("CREATE SCHEMA analysis")
    op.execute("COMMENT ON SCHEMA analysis IS 'Ketenspoor for analysts: docs/analysts.md'")
    for name, told in VIEWS.items():
        columns = {**SPANS, **COLUMNS[name]}
        create_view(name, ", ".join(f"{ENDS[column]} AS {column}" if column in ENDS else column for column in columns))
        comment(name, told, columns)
        create_as_of(name)
    create_positions()
    grant()


def downgrade() -> None:
    """The role stays: it is of all databases of the server."""
    if op.get_context().dialect.name != "sqlite":
        op.execute("DROP SCHEMA analysis CASCADE")


def create_view(name: str, columns: str, of: str | None = None) -> None:
    """The set that serves. The other's condition is false before the first of its rows is read.

    Without `security_invoker`: the owner of the view reads the tables, which the role cannot.
    """
    sets = (
        f"SELECT {columns} FROM {view}.{of or name} WHERE (SELECT serving.view FROM serving) = '{view}'"  # noqa: S608
        for view in ("view_a", "view_b")
    )
    op.execute(f"CREATE VIEW analysis.{name} AS {' UNION ALL '.join(sets)}")


def comment(name: str, told: str, columns: Mapping[str, str]) -> None:
    op.execute(f"COMMENT ON VIEW analysis.{name} IS '{told}'")
    for column, meaning in columns.items():
        op.execute(f"COMMENT ON COLUMN analysis.{name}.{column} IS '{meaning}'")


def create_as_of(name: str) -> None:
    """The rows in force for both times."""
    op.execute(
        f"CREATE FUNCTION analysis.{name}_at(valid_on date, at_position bigint) RETURNS SETOF analysis.{name} "  # noqa: S608
        f"LANGUAGE sql STABLE AS $$ SELECT * FROM analysis.{name} "
        "WHERE known_from <= at_position AND (known_until > at_position OR known_until IS NULL) "
        "AND (valid_from <= valid_on OR valid_from IS NULL) AND (valid_until > valid_on OR valid_until IS NULL) $$"
    )
    op.execute(
        f"COMMENT ON FUNCTION analysis.{name}_at IS "
        f"'The rows of {name} that held on a day (peildatum), as known at a position of the log (positie).'"
    )


def create_positions() -> None:
    create_view("positions", "projection AS name, position, recorded_at", "place")
    columns = {
        "name": "The view: phases, housings, quota or reference.",
        "position": "The last position of the log (positie) that it rests on.",
        "recorded_at": "When the event there was recorded (geregistreerd op).",
    }
    comment("positions", "How far the views have come with the log.", columns)


def grant() -> None:
    """Let the role read, where it is there or can be made: roles are of the server, and other databases make it too."""
    op.execute(
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN CREATE ROLE {ROLE} NOLOGIN; "
        "END IF; EXCEPTION WHEN insufficient_privilege OR duplicate_object OR unique_violation THEN NULL; END $$"
    )
    if not op.get_bind().scalar(sa.text(f"SELECT count(*) FROM pg_roles WHERE rolname = '{ROLE}'")):  # noqa: S608
        config = op.get_context().config
        if config is not None:
            config.print_stdout(
                f"the role {ROLE} is not there and may not be made by who migrates: nobody else reads the views for "
                "analysts until an administrator of the server has run the statements of docs/analysts.md"
            )
        return
    op.execute(f"GRANT USAGE ON SCHEMA analysis TO {ROLE}")
    op.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA analysis TO {ROLE}")
