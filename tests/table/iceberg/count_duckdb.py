"""Counts and sums the rows of an Iceberg table with DuckDB: count_duckdb.py METADATA.json

pyiceberg does not read equality deletes.
"""
import json
import sys

from read_table import open_duckdb

rows = open_duckdb().execute(
    f"SELECT count(*), sum(kafka_offset), sum(volume) FROM iceberg_scan('{sys.argv[1]}')"
).fetchone()
print(json.dumps([int(value) for value in rows]))
