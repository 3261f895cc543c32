"""The history: what many versions gave, in a database. Each result is added once, and read as part of its series."""

from __future__ import annotations

import contextlib
import datetime
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, inspect, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from chronik_perf.model import BadInput, MeasurementFailed
from chronik_perf.model.history import Kind, Occasion, Reading, Result, Track
from chronik_perf.store.history_tables import (
    HISTORY_SCHEMA,
    connect,
    foreign,
    is_missing,
    kinds,
    occasions,
    readings,
    schema,
    tables,
    transaction,
)

# What makes a kind another one; the rest only says what it means.
_KIND_FIELDS = ("metric", "unit", "workload", "workload_identity")


def add(where: str, results: Sequence[Result], replace: bool = False) -> None:
    """Keep results in the history of a file or URL, all or none; it is made where it is not there.

    `replace` puts a result in the place of the same one that was kept before. Raises BadInput if one is there already
    or the database is none of ours, MeasurementFailed if it does not take them.
    """
    engine, shown = connect(where)
    with _told(engine, shown, writing=True), transaction(engine, writing=True) as connection:
        _prepare(connection, shown)
        numbers: dict[Kind, int] = {}
        rows: list[dict[str, Any]] = []
        for result in results:
            occasion = _occasion_number(connection, result.occasion, replace, shown)
            for kind, reading in result.readings:
                if kind not in numbers:
                    numbers[kind] = _kind_number(connection, kind)
                rows.append({**_fields(Reading, reading), "occasion": occasion, "kind": numbers[kind]})
        if rows:
            connection.execute(insert(readings), rows)


def tracks(where: str) -> tuple[Track, ...]:
    """Give all series of a history, by workload and metric, each in order of time; the same time in order of adding.

    Raises BadInput if there is no history, or it cannot be read.
    """
    engine, shown = connect(where)
    if is_missing(engine):
        raise BadInput(f"there is no history at {shown}; begin one with perf history add RUN")
    with _told(engine, shown, writing=False), transaction(engine, writing=False) as connection:
        _check(connection, shown)
        return _read(connection)


def _read(connection: Connection) -> tuple[Track, ...]:
    order = (occasions.c.time, occasions.c.id)
    known = {row.id: _occasion(row) for row in connection.execute(select(occasions).order_by(*order))}
    sorts = {row.id: Kind(**_fields(Kind, row)) for row in connection.execute(select(kinds))}
    found: dict[tuple[int, str], list[Reading]] = defaultdict(list)
    query = select(readings).join(occasions).order_by(*order)
    for row in connection.execute(query):
        occasion = known[row.occasion]
        reading = Reading(**{**_fields(Reading, row), "occasion": occasion})
        found[row.kind, occasion.machine].append(reading)
    made = [
        Track(sorts[kind], machine, some[-1].occasion.machine_name, tuple(some))
        for (kind, machine), some in found.items()
    ]
    importance = {"gate": 0, "watch": 1, "evidence": 2}
    return tuple(
        sorted(made, key=lambda t: (importance[t.kind.role], t.kind.workload, t.kind.metric, t.machine))
    )


def _occasion(row: Any) -> Occasion:
    return Occasion(**{**_fields(Occasion, row), "tools": json.loads(row.tools)})


def _fields(of: type[Occasion | Kind | Reading], row: Any) -> dict[str, Any]:
    """Give the fields of a dataclass by name, out of an instance or out of a row: the columns are named after them."""
    return {field.name: getattr(row, field.name) for field in fields(of)}


def _prepare(connection: Connection, shown: str) -> None:
    if foreign(connection):
        raise BadInput(f"{shown} is a database of another program; name another file with --db")
    if inspect(connection).has_table(schema.name):
        _check(connection, shown)
        return
    tables.create_all(connection)
    connection.execute(insert(schema).values(version=HISTORY_SCHEMA))


def _check(connection: Connection, shown: str) -> None:
    if not inspect(connection).has_table(schema.name):
        raise BadInput(f"{shown} is no history of perf; name another with --db")
    version = connection.execute(select(schema.c.version)).scalar()
    if version is not None and version > HISTORY_SCHEMA:
        raise BadInput(
            f"{shown} was written by a newer perf (schema {version}; this one reads {HISTORY_SCHEMA}); "
            "install that release to use it"
        )
    if version != HISTORY_SCHEMA:
        raise BadInput(f"{shown} has schema {version}, which this perf does not read; add the results anew")


def _occasion_number(connection: Connection, occasion: Occasion, replace: bool, shown: str) -> int:
    """Write an occasion and give its number; of one that is replaced, the readings are gone."""
    there = connection.execute(
        select(occasions.c.id, occasions.c.added).where(occasions.c.identity == occasion.identity)
    ).first()
    if there is not None and not replace:
        raise BadInput(
            f"this result of {occasion.name} is in {shown} already, since {there.added}; "
            "--replace puts this in its place"
        )
    row = {
        **_fields(Occasion, occasion),
        "tools": json.dumps(occasion.tools),
        "added": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    if there is None:
        statement = insert(occasions).values(**row)
        return int(connection.execute(statement.returning(occasions.c.id)).scalar_one())
    connection.execute(update(occasions).where(occasions.c.id == there.id).values(**row))
    connection.execute(delete(readings).where(readings.c.occasion == there.id))
    return int(there.id)


def _kind_number(connection: Connection, kind: Kind) -> int:
    same = [kinds.c[name] == getattr(kind, name) for name in _KIND_FIELDS]
    row = _fields(Kind, kind)
    number = connection.execute(select(kinds.c.id).where(*same)).scalar()
    if number is None:
        return int(connection.execute(insert(kinds).values(**row).returning(kinds.c.id)).scalar_one())
    # What a metric means to people may change; the newest result knows best.
    connection.execute(update(kinds).where(kinds.c.id == number).values(**row))
    return int(number)


@contextlib.contextmanager
def _told(engine: Engine, shown: str, writing: bool) -> Iterator[None]:
    """Turn what a database says into a sentence for a person, and close it."""
    try:
        yield
    except IntegrityError:
        raise BadInput(
            f"another program added the same to {shown} at this moment; look with perf history show"
        ) from None
    except DBAPIError as error:
        said = " ".join(str(error.orig).split())
        if "file is not a database" in said:
            raise BadInput(f"{shown} is not a database; name another file with --db") from None
        if "unable to open" in said or isinstance(error.orig, OSError) or error.connection_invalidated:
            raise BadInput(f"cannot open the history {shown}: {said}; name another with --db") from None
        verb = "write to" if writing else "read"
        raise MeasurementFailed(f"cannot {verb} the history {shown}: {said}") from None
    except SQLAlchemyError as error:
        raise MeasurementFailed(
            f"cannot use the history {shown}: {' '.join(str(error).split())[:300]}"
        ) from None
    finally:
        engine.dispose()
