"""The tables of the history, and how a database is opened: a file is SQLite, a URL may be PostgreSQL too."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Engine,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    create_engine,
    inspect,
    make_url,
)
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError

from chronik_perf.model import BadInput

HISTORY_SCHEMA = 1
_WRITERS = (
    0x6368726F6E696B  # the lock that writers of a PostgreSQL history take; any number that nobody else uses
)

tables = MetaData()
schema = Table("perf_history_schema", tables, Column("version", Integer, primary_key=True))
occasions = Table(
    "perf_history_occasions",
    tables,
    Column("id", Integer, primary_key=True),
    Column("identity", String(40), nullable=False, unique=True),
    Column("version", Text, nullable=False),
    Column("commit", Text),
    Column("dirty", Boolean),
    Column("label", Text, nullable=False),
    Column("time", String(20), nullable=False),
    Column("machine", Text, nullable=False),
    Column("machine_name", Text, nullable=False),
    Column("base", Text, nullable=False),
    Column("base_identity", String(40), nullable=False),
    Column("tools", Text, nullable=False),  # JSON
    Column("added", String(20), nullable=False),
)
kinds = Table(
    "perf_history_kinds",
    tables,
    Column("id", Integer, primary_key=True),
    Column("metric", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("better", String(6), nullable=False),
    Column("scale", String(10), nullable=False),
    Column("threshold", Float(53), nullable=False),
    Column("role", String(8), nullable=False),
    Column("workload", Text, nullable=False),
    Column("workload_title", Text, nullable=False),
    Column("workload_identity", String(40), nullable=False),
    UniqueConstraint("metric", "unit", "workload", "workload_identity"),
)
readings = Table(
    "perf_history_readings",
    tables,
    Column("occasion", ForeignKey("perf_history_occasions.id"), primary_key=True),
    Column("kind", ForeignKey("perf_history_kinds.id"), primary_key=True),
    Column("level", Float(53), nullable=False),
    Column("level_sd", Float(53)),
    Column("blocks", Integer, nullable=False),
    Column("against_base", Float(53)),
    Column("against_base_sd", Float(53)),
)


def connect(where: str) -> tuple[Engine, str]:
    """Give an engine for a file or a URL, with a name for it that shows no password; nothing is opened yet.

    Raises BadInput for what is neither, and for PostgreSQL where its driver is not installed.
    """
    if "://" not in where:
        file = Path(where)
        if file.is_dir():
            raise BadInput(f"{where} is a folder; name the history's file with --db")
        url, shown = URL.create("sqlite", database=where), where
    else:
        try:
            url = make_url(where)
        except ArgumentError:
            raise BadInput("--db is no URL of a database, such as postgresql://USER@HOST/NAME") from None
        shown = url.render_as_string(hide_password=True)
    match url.get_backend_name():
        case "sqlite":
            return create_engine(url, connect_args={"timeout": 30, "isolation_level": None}), shown
        case "postgresql" | "postgres":
            try:
                return create_engine(
                    url.set(drivername="postgresql+psycopg"), connect_args={"connect_timeout": 10}
                ), shown
            except ModuleNotFoundError:
                raise BadInput(
                    "PostgreSQL needs a driver that is not installed: pip install 'chronik-perf[postgresql]'"
                ) from None
        case other:
            raise BadInput(
                f"--db names a database of {other}; the history is kept in SQLite (a file) or PostgreSQL (a URL)"
            )


def is_missing(engine: Engine) -> bool:
    """Tell whether an engine is for a file that is not there: looking at it must not make it."""
    name = engine.url.database
    return (
        engine.dialect.name == "sqlite"
        and bool(name)
        and name != ":memory:"
        and not Path(name or "").exists()
    )


@contextlib.contextmanager
def transaction(engine: Engine, writing: bool) -> Iterator[Connection]:
    """Give a connection whose reads see one moment, and whose writes are kept all or none, one writer at a time."""
    if engine.dialect.name != "sqlite" and not writing:
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            # The driver would begin too late, and a reader that becomes a writer is refused instead of waiting.
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
        elif writing:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS})")
        yield connection
        connection.commit()


def foreign(connection: Connection) -> bool:
    """Tell whether an SQLite file has tables and none of ours: it belongs to another program."""
    names = inspect(connection).get_table_names()
    return connection.dialect.name == "sqlite" and bool(names) and schema.name not in names
