"""Counts what an Iceberg table holds, with pyiceberg and with DuckDB; prints JSON as count_lake.py does.

count_iceberg.py '{"topic", "log", "metadata" | "rest", "table", "deleted"?}'

`log` is the embedded log's file, which says which offsets must be there; `metadata` the newest metadata
file, `rest` {uri, namespace} of a REST catalog; `deleted` a file with the places of rows that must not be
there any more, `PARTITION OFFSET` a line.
"""
import json
import os
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "table", "iceberg"))
from read_table import open_duckdb  # noqa: E402
from pyiceberg.catalog.rest import RestCatalog  # noqa: E402
from pyiceberg.table import StaticTable  # noqa: E402

config = json.loads(sys.argv[1])
if "rest" in config:
    rest = RestCatalog("rest", uri=config["rest"]["uri"])
    table = rest.load_table((config["rest"]["namespace"], config["table"]))
else:
    table = StaticTable.from_metadata(config["metadata"])
log = sqlite3.connect(f"file:{config['log']}?mode=ro", uri=True)
offsets = log.execute(
    "SELECT partition, low, high FROM log WHERE topic = ?", [config["topic"]]
).fetchall()
expected = {(partition, offset) for partition, low, high in offsets for offset in range(low, high)}
deleted = set()
if "deleted" in config:
    with open(config["deleted"]) as places:
        deleted = {tuple(map(int, line.split())) for line in places}
expected -= deleted

arrow = table.scan(selected_fields=("kafka_partition", "kafka_offset", "volume")).to_arrow()
rows = list(zip(arrow["kafka_partition"].to_pylist(), arrow["kafka_offset"].to_pylist()))
found = set(rows)
metadata = table.metadata_location.removeprefix("file://")
duck = open_duckdb().execute(
    f"SELECT count(*), count(DISTINCT (kafka_partition, kafka_offset)) FROM iceberg_scan('{metadata}')"
).fetchone()
assert duck == (len(rows), len(found)), f"DuckDB counts {duck}, pyiceberg {(len(rows), len(found))}"
print(json.dumps({
    "expected": len(expected),
    "found": len(found & expected),
    "missing": len(expected - found),
    "duplicate": len(rows) - len(found),
    "unexpected": len(found - expected),
    "misplaced": 0,
    "misdated": 0,
    "rows": len(rows),
    "rejected": 0,
    "reasons": 0,
    "lost": 0,
    "stillThere": 0,
    "lostRows": 0,
    "deleted": len(deleted),
    "objects": len(list(table.scan().plan_files())),
    "numbers": len(set(arrow["volume"].to_pylist())),
    "largestNumber": max(arrow["volume"].to_pylist(), default=None),
    "snapshots": len(table.snapshots()),
}))
