"""How Alembic meets our database: which tables there should be, and on which connection it works."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, MetaData

from projections.states import TABLES
from service.storage import service_tables
from service.storage.database import BESIDE, REPLAY, VIEWS

SETS = (*VIEWS, REPLAY)


def expected() -> MetaData:
    """All tables there should be: those of the service, and three sets of projections."""
    whole = MetaData(naming_convention=service_tables.NAMING)
    for table in service_tables.metadata.sorted_tables:
        table.to_metadata(whole)
    for view in SETS:
        for table in TABLES[0].metadata.sorted_tables:
            table.to_metadata(whole, schema=view)
    return whole


def ours(name: str | None, kind: str, _parents: object) -> bool:
    """Other schemas of a shared PostgreSQL database are none of our business."""
    return kind != "schema" or name is None or name in BESIDE


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=expected(),
        include_schemas=True,
        include_name=ours,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    if connection.dialect.name == "sqlite" and context.config.attributes.get("upgrading"):
        restore_files(connection)


def restore_files(connection: Connection) -> None:
    """On SQLite what stands beside the log is in files, and a file gets lost; what was in it can be computed again.

    A transaction over several files is not atomic in a power cut either: the log may say that the tables were made.
    """
    whole = expected()
    whole.create_all(connection, [table for table in whole.sorted_tables if table.schema], checkfirst=True)


given = context.config.attributes.get("connection")
if given is None:
    raise RuntimeError("migrations run by `ketenspoor migrate`, which opens the database; alembic alone does not")
run(given)
