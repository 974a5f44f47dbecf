"""A text looked for in every column of every table of a database, by the server itself, one pass for each table.

Row-level security holds for the owner too, so a table with rows of chains is read once for each chain.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, Engine, text

from services.scanning.forms import Forms

TABLES = text("""
    SELECT n.nspname AS schema, c.relname AS name, c.relrowsecurity AS by_chain,
      array_agg(a.attname ORDER BY a.attnum) AS columns,
      array_agg(a.atttypid = 'bytea'::regtype ORDER BY a.attnum) AS binary
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
      AND n.nspname NOT LIKE 'pg_toast%' AND has_table_privilege(c.oid, 'SELECT')
    GROUP BY n.nspname, c.relname, c.relrowsecurity ORDER BY 1, 2
""")
# Every chain that the log has heard of, each found by one step through its index.
CHAINS = text("""
    WITH RECURSIVE known (chain_id) AS (
      (SELECT chain_id FROM events ORDER BY chain_id LIMIT 1)
      UNION ALL
      SELECT (SELECT chain_id FROM events WHERE events.chain_id > known.chain_id ORDER BY chain_id LIMIT 1)
      FROM known WHERE known.chain_id IS NOT NULL
    )
    SELECT chain_id FROM known WHERE chain_id IS NOT NULL
""")
ENTER = text("SELECT set_config('app.chain_id', :chain_id, true)")
READ_ONLY = text("SET TRANSACTION READ ONLY")


@dataclass(frozen=True, slots=True)
class Table:
    schema: str
    name: str
    by_chain: bool
    columns: Sequence[str]
    binary: Sequence[bool]


def chains_in(reader: Engine) -> list[UUID]:
    """Every chain that something was recorded of; asked by the reader of a log."""
    with reader.connect() as connection:
        return list(connection.execute(CHAINS).scalars())


def found_in(owner: Engine, chains: Sequence[UUID], forms: Forms) -> Iterator[tuple[str, int]]:
    """Each column that holds the text, as `schema.table.column`, with the number of its rows."""
    with owner.connect() as connection:
        tables = [Table(**row._mapping) for row in connection.execute(TABLES)]  # noqa: SLF001 - SQLAlchemy's public name for it
    for table in tables:
        counts: Counter[str] = Counter()
        for chain_id in chains if table.by_chain else [None]:
            with owner.begin() as connection:
                connection.execute(READ_ONLY)
                connection.execute(ENTER, {"chain_id": str(chain_id or "")})
                counts.update(rows_with(connection, table, forms))
        yield from sorted((f"{table.schema}.{table.name}.{column}", rows) for column, rows in counts.items() if rows)


def rows_with(connection: Connection, table: Table, forms: Forms) -> dict[str, int]:
    """How many rows of a table hold the text, by column."""
    counted = ", ".join(
        f"count(*) FILTER (WHERE {BINARY if is_binary else TEXT})".replace("{column}", quoted(column))
        for column, is_binary in zip(table.columns, table.binary, strict=True)
    )
    sql = text(f"SELECT {counted} FROM {quoted(table.schema)}.{quoted(table.name)}")  # noqa: S608 - names from the catalogue
    content = [form.encode() for form in (*forms.folded, *forms.exact)]
    values = {"folded": list(forms.folded), "exact": list(forms.exact), "content": content}
    return dict(zip(table.columns, connection.execute(sql, values).one(), strict=True))


TEXT = (
    "EXISTS (SELECT FROM unnest(CAST(:folded AS text[])) AS form WHERE position(form IN lower({column}::text)) > 0)"
    " OR EXISTS (SELECT FROM unnest(CAST(:exact AS text[])) AS form WHERE position(form IN {column}::text) > 0)"
)
BINARY = "EXISTS (SELECT FROM unnest(CAST(:content AS bytea[])) AS form WHERE position(form IN {column}) > 0)"


def quoted(name: str) -> str:
    """A name as SQL takes any."""
    return '"' + name.replace('"', '""').replace(":", "\\:") + '"'
