"""Reads an Iceberg table by its newest metadata file, with pyiceberg and with DuckDB.

read_table.py METADATA.json [WHERE...]   prints rows, positions and the count of each filter as JSON.
"""
import datetime
import glob
import json
import os
import sys

import duckdb
import duckdb_extension_avro
import duckdb_extension_iceberg
from pyiceberg.table import StaticTable


def plain(value):
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S.%f")[:23]
    return value.isoformat() if isinstance(value, datetime.date) else value


def ordered(rows):
    rows = [{name: plain(value) for name, value in row.items()} for row in rows]
    return sorted(rows, key=lambda row: (row["kafka_partition"], row["kafka_offset"]))


def open_duckdb():
    duck = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    for package in (duckdb_extension_avro, duckdb_extension_iceberg):
        folder = os.path.dirname(package.__file__)
        for file in glob.glob(f"{folder}/extensions/*/*.duckdb_extension"):
            duck.execute(f"INSTALL '{file}'; LOAD '{file}'")
    duck.execute("SET TimeZone = 'UTC'")
    return duck


if __name__ == "__main__":
    metadata, filters = sys.argv[1], sys.argv[2:]
    table = StaticTable.from_metadata(metadata)
    duck = open_duckdb()
    source = f"iceberg_scan('{metadata}')"
    described = duck.execute(f"SELECT * FROM {source}")
    names = [column[0] for column in described.description]
    # Times as text: a value with a zone wants a package of its own.
    casts = ", ".join(
        f"strftime(timezone('UTC', \"{name}\"), '%Y-%m-%d %H:%M:%S.%g') AS \"{name}\""
        if column[1] == "TIMESTAMP WITH TIME ZONE" else f'"{name}"'
        for name, column in zip(names, described.description)
    )
    rows = duck.execute(f"SELECT {casts} FROM {source}").fetchall()
    print(json.dumps({
        "pyiceberg": ordered(table.scan().to_arrow().to_pylist()),
        "duckdb": ordered(dict(zip(names, row)) for row in rows),
        "filters": {
            where: [
                table.scan(row_filter=where).to_arrow().num_rows,
                len(list(table.scan(row_filter=where).plan_files())),
                duck.execute(f"SELECT count(*) FROM {source} WHERE {where}").fetchone()[0],
            ]
            for where in filters
        },
        "snapshots": len(table.snapshots()),
        "spec": str(table.spec()),
        "properties": dict(table.properties),
        "partitions": [
            {"spec_id": m["partition_spec_id"], "files": m["added_data_files_count"] + m["existing_data_files_count"]}
            for m in table.inspect.manifests().to_pylist()
        ],
    }))
