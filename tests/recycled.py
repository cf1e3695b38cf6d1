"""Migrated PostgreSQL databases that tests use one after another: making one takes longer than most tests that use it.

What a test left is taken out again. One whose tables are no longer those of the template, or whose settings a test
changed, is thrown away.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Engine, text

_OWN = "n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'"

#: Tables, columns, indexes, triggers, functions, rights and settings, as one value.
_STRUCTURE = f"""
SELECT md5(concat(
  (SELECT string_agg(concat_ws(' ', n.nspname, n.nspacl, c.relname, c.relkind, c.relacl, c.relpersistence), ','
                     ORDER BY n.nspname, c.relname)
   FROM pg_namespace n LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relkind <> 't' WHERE {_OWN}),
  (SELECT string_agg(concat_ws(' ', c.relname, a.attname, a.atttypid, a.attnotnull, a.attgenerated), ','
                     ORDER BY n.nspname, c.relname, a.attnum)
   FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE {_OWN}),
  (SELECT string_agg(pg_get_constraintdef(k.oid), ',' ORDER BY n.nspname, k.conrelid::regclass::text, k.conname)
   FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace WHERE {_OWN}),
  (SELECT string_agg(concat_ws(' ', t.tgname, t.tgenabled, t.tgrelid::regclass), ',' ORDER BY t.tgname, t.tgrelid)
   FROM pg_trigger t WHERE NOT t.tgisinternal),
  (SELECT string_agg(pg_get_functiondef(p.oid), ',' ORDER BY n.nspname, p.proname)
   FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {_OWN}),
  (SELECT string_agg(s::text, ',') FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
   WHERE d.datname = current_database())
))
"""

#: Of a small table the rows are deleted: to truncate it is to make it and its indexes anew.
_EMPTY = f"""
DO $$
DECLARE one regclass; size bigint;
BEGIN
  FOR one, size IN SELECT c.oid, pg_relation_size(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                   WHERE c.relkind = 'r' AND {_OWN} LOOP
    IF size > 65536 THEN EXECUTE format('TRUNCATE %s', one);
    ELSIF size > 0 THEN EXECUTE format('DELETE FROM %s', one); END IF;
  END LOOP;
  PERFORM setval(format('%I.%I', schemaname, sequencename), start_value, false) FROM pg_sequences;
END $$
"""


class Databases:
    """Those of one process of tests, each a copy of the template `name`."""

    def __init__(self, administration: Engine, template: str) -> None:
        self._administration = administration
        self._template = template
        self._free: list[str] = []
        # Kept while a test has its database: a new connection learns of every table anew, which takes longest of all.
        self._connections: dict[str, psycopg.Connection[tuple[Any, ...]]] = {}
        with self._connected(template) as connection:
            self._structure = _structure(connection)
            tables = connection.execute(
                "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                f"WHERE c.relkind = 'r' AND {_OWN}"
            ).fetchall()
            self._rows: list[tuple[sql.Identifier, bytes]] = []
            for schema, table in tables:
                named = sql.Identifier(schema, table)
                with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(named)) as copied:
                    if rows := b"".join(map(bytes, copied)):
                        self._rows.append((named, rows))

    def one(self) -> Iterator[str]:
        """The name of an empty database, for as long as a test takes."""
        name = self._free.pop() if self._free else self._made()
        yield name
        if self._emptied(name):
            self._free.append(name)
        else:
            self._drop(name)

    def drop(self) -> None:
        """Drop them all."""
        while self._free:
            self._drop(self._free.pop())
        while self._connections:
            self._connections.popitem()[1].close()

    def _connected(self, name: str) -> psycopg.Connection[tuple[Any, ...]]:
        url = self._administration.url.set(drivername="postgresql", database=name)
        return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)

    def _made(self) -> str:
        name = f"ketenspoor_test_{uuid.uuid4().hex}"
        with self._administration.connect() as connection:
            # The files as they are: by way of the write-ahead log it takes twice as long.
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {self._template} STRATEGY FILE_COPY"))
        return name

    def _drop(self, name: str) -> None:
        if name in self._connections:
            self._connections.pop(name).close()
        with self._administration.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))

    def _emptied(self, name: str) -> bool:
        """Whether the database is as the template again."""
        try:
            if name not in self._connections:
                self._connections[name] = self._connected(name)
            with (connection := self._connections[name]).transaction():
                connection.execute(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
                if _structure(connection) != self._structure:
                    return False
                # What is recorded for ever is held by triggers.
                connection.execute("SET LOCAL session_replication_role = replica")
                connection.execute(_EMPTY)
                for table, rows in self._rows:
                    with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(table)) as copy:
                        copy.write(rows)
        except psycopg.OperationalError:
            # The test took it away itself.
            return False
        return True


def _structure(connection: psycopg.Connection[tuple[Any, ...]]) -> object:
    found = connection.execute(_STRUCTURE).fetchone()
    assert found is not None
    return found[0]
