"""
Reads objects of one flush with pyarrow (or json) and with DuckDB. Prints, as JSON, the rows of both in the
order of kafka_offset, the statistics of each Parquet column, and the answers to filters that use them.
Arguments: a folder of .parquet or .jsonl.gz files.
"""
import datetime
import gzip
import json
import pathlib
import sys

import duckdb
import pyarrow.parquet as pq

folder = pathlib.Path(sys.argv[1])
files = sorted(folder.iterdir())
isParquet = files[0].suffix == ".parquet"


def plain(value):
    if isinstance(value, datetime.datetime):
        value = value.replace(tzinfo=None)
        return value.isoformat(sep=" ", timespec="milliseconds")
    if isinstance(value, datetime.date):
        return value.isoformat()
    return value


def ordered(rows):
    rows.sort(key=lambda row: row["kafka_offset"])
    return [{name: plain(value) for name, value in row.items()} for row in rows]


out = {}
if isParquet:
    tables = [pq.ParquetFile(file) for file in files]
    read = [table.read() for table in tables]
    for table in read:
        table.validate(full=True)
    out["arrow"] = ordered([row for table in read for row in table.to_pylist()])
    out["schema"] = {field.name: [str(field.type), field.nullable] for field in tables[0].schema_arrow}
    statistics = {}
    for table in tables:
        group = table.metadata.row_group(0)
        for c in range(group.num_columns):
            column = group.column(c)
            s = column.statistics
            statistics.setdefault(column.path_in_schema, []).append(
                [plain(s.min), plain(s.max), s.null_count] if s.has_min_max else [None, None, s.null_count]
            )
    out["statistics"] = statistics
    source = f"read_parquet('{folder}/*.parquet')"
else:
    rows = []
    for file in files:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            rows.extend(json.loads(line) for line in lines)
    out["arrow"] = ordered(rows)
    source = f"read_json('{folder}/*.jsonl.gz', format='newline_delimited')"
duck = duckdb.connect()
duck.execute("SET TimeZone = 'UTC'")
# As times without a zone: for those with one DuckDB wants a package of its own.
times = ", ".join(f"timezone('UTC', {name}) AS {name}" for name in ("t", "ot", "kafka_timestamp"))
result = duck.execute(f"SELECT * {f'REPLACE ({times})' if isParquet else ''} FROM {source}")
names = [column[0] for column in result.description]
out["duck"] = ordered([dict(zip(names, row)) for row in result.fetchall()])
if isParquet:
    count = lambda where: duck.execute(f"SELECT count(*) FROM {source} WHERE {where}").fetchone()[0]
    out["filters"] = {where: count(where) for where in sys.argv[2:]}
print(json.dumps(out))
