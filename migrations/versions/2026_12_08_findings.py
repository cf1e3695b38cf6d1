"""What is missing or contradictory."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.analysis import MUNICIPALITY, create_table_view, drop_table_view, grant, name_positions
from migrations.state_tables import DAY, SETS, begin_anew, create_state_table

revision = "2026_12_08_findings"
down_revision = "2026_12_07_integration"
branch_labels = None
depends_on = None

TOLD = "What is missing or contradictory (bevindingen), for the days on which it is told."
COLUMNS = {
    "code": "What is found, as answers name it.",
    "said_of": "The half-year or area that it is about, or reference; null: a permit holder.",
    "municipality": MUNICIPALITY + " Of which something was stated; null: a journey, which belongs where phases says.",
    "organisation": "OIN of the organisation whose event it was seen at; null: it was seen at none.",
    "answerable": "OIN of the organisation that is to set it right: of a doubt (twijfel) whose event is doubted.",
    "position": "Position in the log (positie) of that event; null: it was seen at none.",
    "on_day": "The day that it is about.",
}
#: Refused events are counted by day and sender.
REFUSED = "ix_rejections_received_at_oin"
#: The views that were there.
BEFORE = (
    *("phases", "quota", "areas", "reference", "housings", "permits", "links", "reception", "offers", "documents"),
    *("causes", "norm_sets", "referents", "arrivals", "stays", "minors", "integration"),
)


def upgrade() -> None:
    op.create_index(REFUSED, "rejections", ["received_at", "oin"])
    for view in SETS:
        create_state_table(
            view,
            "findings",
            sa.Column("code", sa.Text(), nullable=False),
            sa.Column("said_of", sa.Text()),
            sa.Column("municipality", sa.Text()),
            sa.Column("organisation", sa.Text()),
            sa.Column("answerable", sa.Text()),
            sa.Column("position", sa.BigInteger()),
            sa.Column("on_day", DAY, nullable=False),
        )
        begin_anew(view, ["findings"])
    if op.get_context().dialect.name != "sqlite":
        create_table_view("findings", TOLD, COLUMNS)
        name_positions((*BEFORE, "findings"))
        grant()


def downgrade() -> None:
    op.drop_index(REFUSED, "rejections")
    if op.get_context().dialect.name != "sqlite":
        drop_table_view("findings")
        name_positions(BEFORE)
    for view in SETS:
        op.drop_table("findings", schema=view)
        begin_anew(view, (), gone=["findings"])
