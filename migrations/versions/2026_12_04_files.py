"""What became of housings, who needs an adapted home, what an acceptance was for, and when documents were first had."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

from migrations.analysis import MUNICIPALITY, PERIOD, create_table_view, drop_table_view, grant, name_positions
from migrations.state_tables import DAY, SETS, begin_anew, create_state_table

revision = "2026_12_04_files"
down_revision = "2026_12_03_reception"
branch_labels = None
depends_on = None

GROUND = "Ground (grond) of the first permit (vergunning): asylum (asiel), family (nareis), resettlement (hervestiging)"
BITS = "Required items of the file (dossier) that are not complete: 1 bsn, 2 identity document, 4 iban, added up"

#: The views that change, with what their rows are.
CHANGED = {
    "housings": "Housings (huisvestingen) that count for the quota (taakstelling), and returns to reception that undo "
    "one. Rows are of single persons.",
    "links": "Links (koppelingen) to municipalities, standing or ended. Rows are of single persons.",
    "reception": "States of permit holders in reception (opvang), day by day. Rows are of single persons.",
    "offers": "Homes offered (woningaanbod), accepted and refused (woningweigering). Rows are of single persons.",
}
DOCUMENTS = (
    "When permit holders first had the residence document (verblijfspas) and items of the file (dossier). Rows are of "
    "single persons."
)
#: Their columns behind the spans, without what tells whose rows they are.
COLUMNS: Mapping[str, Mapping[str, str]] = {
    "housings": {
        "period": PERIOD,
        "municipality": MUNICIPALITY,
        "accommodation": "Kind of accommodation (soort huisvesting).",
        "persons": "1 for a housing, -1 for what undoes one.",
        "on_day": "The day that it counts for.",
        "ground": GROUND + ", or unknown while there is none.",
        "undone": "Whether a return to reception (terugkeer) undid it.",
        "moved_on": "First day of a permanent home (doorstroom) after it; null: none.",
        "missing": BITS + ", at the end of its day; null: it undoes one.",
        "handover": "How they were handed over (overdracht): warm, written (schriftelijk), none; null: it undoes one.",
        "turn": "The first, second, ... of these of one person.",
    },
    "links": {
        "municipality": MUNICIPALITY,
        "started_on": "First day of the link.",
        "ended_on": "Day on which it ended; null: it stands.",
        "end_reason": "Why it ended; replaced: by another link.",
        "criteria": "Why it was made there: 1 work, 2 education, 4 family, 8 medical, 16 network, added up.",
        "after_housing": "Whether it ended after a housing (huisvesting), also one that was undone.",
        "missing": BITS + ", on its first day.",
        "adapted_on": "Day since which an adapted home (aangepaste woning) is known to be needed; null: it is not.",
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
        "brp": "Whether the registration of persons (BRP-inschrijving) is complete.",
    },
    "offers": {
        "kind": "offered (aangeboden), accepted (geaccepteerd) or refused (geweigerd).",
        "municipality": MUNICIPALITY,
        "on_day": "The day on which it was.",
        "reason_code": "Why it was refused, or unstated; null: it was not refused.",
        "assessment": "Whether COA judged the refusal justified (terecht); null: it was not refused.",
        "accepted_later": "Whether a home there was accepted after the refusal; null: it was not refused.",
        "link_on": "First day of the link (koppeling) that an acceptance was for; null: none, or no acceptance.",
        "turn": "The first, second, ... of these of one person.",
    },
}
COLUMNS_OF_DOCUMENTS = {
    "item": "residence-document (verblijfspas), or an item of the file.",
    "on_day": "The first day on which it was had.",
    "days": "Days from the permit (vergunning) to it, 0 where it was there before.",
}
#: The columns that they did not have.
ADDED: Mapping[str, tuple[str, ...]] = {
    "housings": ("undone", "moved_on", "missing", "handover"),
    "links": ("adapted_on",),
    "reception": ("brp",),
    "offers": ("link_on",),
}
BEFORE = ("phases", "quota", "areas", "reference", "housings", "permits", "links", "reception", "offers")


def upgrade() -> None:
    analysed = op.get_context().dialect.name != "sqlite"
    drop_changed(analysed=analysed)
    for view in SETS:
        create_housings(
            view,
            flag("undone"),
            sa.Column("moved_on", DAY),
            sa.Column("missing", sa.SmallInteger()),
            sa.Column("handover", sa.Text()),
        )
        create_links(view, sa.Column("adapted_on", DAY))
        create_reception(view, flag("brp"))
        create_offers(view, sa.Column("link_on", DAY))
        create_state_table(
            view,
            "documents",
            sa.Column("item", sa.Text(), nullable=False),
            sa.Column("on_day", DAY, nullable=False),
            sa.Column("days", sa.Integer(), nullable=False),
        )
        begin_anew(view, (*CHANGED, "documents"))
    if analysed:
        for name, told in CHANGED.items():
            create_table_view(name, told, COLUMNS[name])
        create_table_view("documents", DOCUMENTS, COLUMNS_OF_DOCUMENTS)
        name_positions((*BEFORE, "documents"))
        grant()


def downgrade() -> None:
    analysed = op.get_context().dialect.name != "sqlite"
    if analysed:
        drop_table_view("documents")
    drop_changed(analysed=analysed)
    for view in SETS:
        op.drop_table("documents", schema=view)
        create_housings(view)
        create_links(view)
        create_reception(view)
        create_offers(view)
        begin_anew(view, CHANGED, gone=["documents"])
    if analysed:
        for name, told in CHANGED.items():
            before = {column: words for column, words in COLUMNS[name].items() if column not in ADDED[name]}
            create_table_view(name, told, before)
        name_positions(BEFORE)
        grant()


def drop_changed(*, analysed: bool) -> None:
    for name in CHANGED:
        if analysed:
            drop_table_view(name)
        for view in SETS:
            op.drop_table(name, schema=view)


def flag(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean(create_constraint=False), nullable=False)


def create_housings(view: str, *more: sa.Column[Any]) -> None:
    create_state_table(
        view,
        "housings",
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("accommodation", sa.Text(), nullable=False),
        sa.Column("persons", sa.SmallInteger(), nullable=False),
        sa.Column("on_day", DAY, nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        *more,
        sa.Column("turn", sa.Integer(), nullable=False),
    )


def create_links(view: str, *more: sa.Column[Any]) -> None:
    create_state_table(
        view,
        "links",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("started_on", DAY, nullable=False),
        sa.Column("ended_on", DAY),
        sa.Column("end_reason", sa.Text()),
        sa.Column("criteria", sa.SmallInteger(), nullable=False),
        flag("after_housing"),
        sa.Column("missing", sa.SmallInteger(), nullable=False),
        *more,
        sa.Column("turn", sa.Integer(), nullable=False),
    )


def create_reception(view: str, *more: sa.Column[Any]) -> None:
    create_state_table(
        view,
        "reception",
        sa.Column("missing_at_link", sa.SmallInteger()),
        sa.Column("municipality", sa.Text()),
        sa.Column("link_on", DAY),
        sa.Column("permit_on", DAY, nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("region", sa.Text()),
        flag("guest"),
        sa.Column("household", sa.BigInteger()),
        sa.Column("born", DAY),
        flag("born_known"),
        sa.Column("unaccompanied", sa.Boolean(create_constraint=False)),
        sa.Column("missing", sa.SmallInteger(), nullable=False),
        flag("document"),
        sa.Column("adapted_on", DAY),
        sa.Column("adapted_newest_on", DAY),
        sa.Column("undecided", sa.Integer(), nullable=False),
        sa.Column("awaited", sa.Integer(), nullable=False),
        flag("refused"),
        *more,
    )


def create_offers(view: str, *more: sa.Column[Any]) -> None:
    create_state_table(
        view,
        "offers",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("on_day", DAY, nullable=False),
        sa.Column("reason_code", sa.Text()),
        sa.Column("assessment", sa.Text()),
        sa.Column("accepted_later", sa.Boolean(create_constraint=False)),
        *more,
        sa.Column("turn", sa.Integer(), nullable=False),
    )
