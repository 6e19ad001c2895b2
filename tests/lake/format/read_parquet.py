"""Reads Parquet files with pyarrow and with DuckDB and prints what they find as JSON.

Its argument is JSON: {"files": [...], "filters": [...]}; the answer has for each file the columns as
both read them (dates as days, timestamps as milliseconds), pyarrow's statistics of the first row
group, and how many rows DuckDB counts with each filter.
"""

import json
import sys

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq


def plain(column):
    if pa.types.is_date32(column.type):
        column = column.cast(pa.int32())
    elif pa.types.is_timestamp(column.type):
        assert column.type == pa.timestamp("ms", "UTC"), column.type
        column = column.cast(pa.int64())
    return column.to_pylist()


def bound(value, type):
    return value if value is None else plain(pa.array([value], type))[0]


def statistics(file):
    group = pq.ParquetFile(file).metadata.row_group(0)
    schema = pq.read_schema(file)
    found = {}
    for c in range(group.num_columns):
        chunk = group.column(c)
        stats, field = chunk.statistics, schema.field(c)
        has_bounds = stats.has_min_max
        found[field.name] = {
            "min": bound(stats.min, field.type) if has_bounds else None,
            "max": bound(stats.max, field.type) if has_bounds else None,
            "nulls": stats.null_count,
            "encodings": list(chunk.encodings),
        }
    return found


def by_pyarrow(file):
    table = pq.ParquetFile(file).read()
    table.validate(full=True)
    return {name: plain(table.column(name)) for name in table.column_names}


connection = duckdb.connect()
connection.execute("SET TimeZone = 'UTC'")


def by_duckdb(file):
    found = {}
    for name, type, *_ in connection.execute("DESCRIBE FROM read_parquet(?)", [file]).fetchall():
        value = f'"{name}"'
        if type == "DATE":
            value = f"date_diff('day', DATE '1970-01-01', {value})"
        elif type == "TIMESTAMP WITH TIME ZONE":
            value = f"epoch_ms({value})"
        rows = connection.execute(f"SELECT {value} FROM read_parquet(?)", [file]).fetchall()
        found[name] = [row[0] for row in rows]
    return found


def count(file, condition):
    query = f"SELECT count(*) FROM read_parquet(?) WHERE {condition}"
    return connection.execute(query, [file]).fetchone()[0]


asked = json.loads(sys.argv[1])
json.dump(
    [
        {
            "pyarrow": by_pyarrow(file),
            "duckdb": by_duckdb(file),
            "statistics": statistics(file),
            "counts": [count(file, condition) for condition in asked["filters"]],
        }
        for file in asked["files"]
    ],
    sys.stdout,
)
