"""Permits, links, reception and offers; of every housing its day and the ground of the permit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

from migrations.analysis import MUNICIPALITY, PERIOD, create_table_view, drop_table_view, grant, name_positions
from migrations.state_tables import DAY, SETS, create_state_table

revision = "2026_12_03_reception"
down_revision = "2026_12_02_areas"
branch_labels = None
depends_on = None

GROUND = "Ground (grond) of the first permit (vergunning): asylum (asiel), family (nareis), resettlement (hervestiging)"
BITS = "Required items of the file (dossier) that are not complete: 1 bsn, 2 identity document, 4 iban, added up"

#: Every view, with what its rows are.
VIEWS = {
    "housings": "Housings (huisvestingen) that count for the quota (taakstelling), and returns to reception that undo "
    "one. Rows are of single persons.",
    "permits": "The first permit (vergunning) of each permit holder, from the day on that it was made known. Rows are "
    "of single persons.",
    "links": "Links (koppelingen) to municipalities, standing or ended. Rows are of single persons.",
    "reception": "States of permit holders in reception (opvang), day by day. Rows are of single persons.",
    "offers": "Homes offered (woningaanbod), accepted and refused (woningweigering). Rows are of single persons.",
}
#: Their columns behind the spans, without what tells whose rows they are.
COLUMNS: Mapping[str, Mapping[str, str]] = {
    "housings": {
        "period": PERIOD,
        "municipality": MUNICIPALITY,
        "accommodation": "Kind of accommodation (soort huisvesting).",
        "persons": "1 for a housing, -1 for what undoes one.",
        "on_day": "The day that it counts for.",
        "ground": GROUND + ", or unknown while there is none.",
        "turn": "The first, second, ... of these of one person.",
    },
    "permits": {"ground": GROUND + "."},
    "links": {
        "municipality": MUNICIPALITY,
        "started_on": "First day of the link.",
        "ended_on": "Day on which it ended; null: it stands.",
        "end_reason": "Why it ended; replaced: by another link.",
        "criteria": "Why it was made there: 1 work, 2 education, 4 family, 8 medical, 16 network, added up.",
        "after_housing": "Whether it ended after a housing (huisvesting), also one that was undone.",
        "missing": BITS + ", on its first day.",
        "turn": "The first, second, ... of these of one person.",
    },
    "reception": {
        "missing_at_link": BITS + ", on the first day of the link; null: not linked.",
        "municipality": MUNICIPALITY + " Null: none.",
        "link_on": "First day of the link (koppeling) that stands; null: not linked.",
        "permit_on": "Day on which the permit (vergunning) was made known.",
        "ground": GROUND + ".",
        "region": "Region of the reception (uitstroomregio) by its provinces; null: unknown.",
        "guest": "Whether staying with hosts (logeerregeling).",
        "born_known": "Whether the month of birth is known.",
        "unaccompanied": "Whether an unaccompanied minor (amv); null: not said.",
        "missing": BITS + ".",
        "document": "Whether the residence document (verblijfspas) was issued.",
        "adapted_on": "Day since which an adapted home (aangepaste woning) is known to be needed; null: it is not.",
        "adapted_newest_on": "Day on which that was last said.",
        "undecided": "Family (nareis) applied for and not decided, in persons.",
        "awaited": "Family granted and not arrived, in persons.",
        "refused": "Whether the newest refusal of a home (woningweigering) of the link was judged unjustified.",
    },
    "offers": {
        "kind": "offered (aangeboden), accepted (geaccepteerd) or refused (geweigerd).",
        "municipality": MUNICIPALITY,
        "on_day": "The day on which it was.",
        "reason_code": "Why it was refused, or unstated; null: it was not refused.",
        "assessment": "Whether COA judged the refusal justified (terecht); null: it was not refused.",
        "accepted_later": "Whether a home there was accepted after the refusal; null: it was not refused.",
        "turn": "The first, second, ... of these of one person.",
    },
}

#: The columns that housings did not have.
ADDED = ("on_day", "ground")


def upgrade() -> None:
    analysed = op.get_context().dialect.name != "sqlite"
    if analysed:
        drop_table_view("housings")
    for view in SETS:
        more = sa.Column("on_day", DAY, nullable=False), sa.Column("ground", sa.Text(), nullable=False)
        create_housings(view, *more, sa.Column("turn", sa.Integer(), nullable=False))
        create_state_table(view, "permits", sa.Column("ground", sa.Text(), nullable=False))
        create_links(view)
        create_reception(view)
        create_offers(view)
        begin_anew(view, VIEWS)
    if analysed:
        for name, told in VIEWS.items():
            create_table_view(name, told, COLUMNS[name])
        name_positions(("phases", "quota", "areas", "reference", *VIEWS))
        grant()


def downgrade() -> None:
    analysed = op.get_context().dialect.name != "sqlite"
    for name in VIEWS if analysed else ():
        drop_table_view(name)
    for view in SETS:
        for name in ("permits", "links", "reception", "offers"):
            op.drop_table(name, schema=view)
        create_housings(view, sa.Column("turn", sa.SmallInteger(), nullable=False))
        begin_anew(view, ("housings",))
    if analysed:
        before = {name: told for name, told in COLUMNS["housings"].items() if name not in ADDED}
        create_table_view("housings", VIEWS["housings"], before)
        name_positions(("phases", "housings", "quota", "areas", "reference"))
        grant()


def begin_anew(view: str, names: Iterable[str]) -> None:
    """Let the follower fill tables from the beginning of the log; a rebuild that was interrupted begins anew too."""
    op.execute(f"DELETE FROM {view}.place WHERE projection IN ('housings', 'permits', 'links', 'reception', 'offers')")  # noqa: S608
    for name in names:
        op.execute(f"INSERT INTO {view}.place (projection, position) VALUES ('{name}', 0)")  # noqa: S608
    op.execute(f"DELETE FROM {view}.portions")  # noqa: S608


def create_housings(view: str, *more: sa.Column[Any]) -> None:
    op.drop_table("housings", schema=view)
    create_state_table(
        view,
        "housings",
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("accommodation", sa.Text(), nullable=False),
        sa.Column("persons", sa.SmallInteger(), nullable=False),
        *more,
    )


def create_links(view: str) -> None:
    create_state_table(
        view,
        "links",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("started_on", DAY, nullable=False),
        sa.Column("ended_on", DAY),
        sa.Column("end_reason", sa.Text()),
        sa.Column("criteria", sa.SmallInteger(), nullable=False),
        sa.Column("after_housing", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("missing", sa.SmallInteger(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
    )


def create_reception(view: str) -> None:
    create_state_table(
        view,
        "reception",
        sa.Column("missing_at_link", sa.SmallInteger()),
        sa.Column("municipality", sa.Text()),
        sa.Column("link_on", DAY),
        sa.Column("permit_on", DAY, nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("region", sa.Text()),
        sa.Column("guest", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("household", sa.BigInteger()),
        sa.Column("born", DAY),
        sa.Column("born_known", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("unaccompanied", sa.Boolean(create_constraint=False)),
        sa.Column("missing", sa.SmallInteger(), nullable=False),
        sa.Column("document", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("adapted_on", DAY),
        sa.Column("adapted_newest_on", DAY),
        sa.Column("undecided", sa.Integer(), nullable=False),
        sa.Column("awaited", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Boolean(create_constraint=False), nullable=False),
    )


def create_offers(view: str) -> None:
    create_state_table(
        view,
        "offers",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("on_day", DAY, nullable=False),
        sa.Column("reason_code", sa.Text()),
        sa.Column("assessment", sa.Text()),
        sa.Column("accepted_later", sa.Boolean(create_constraint=False)),
        sa.Column("turn", sa.Integer(), nullable=False),
    )
