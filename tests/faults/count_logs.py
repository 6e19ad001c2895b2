"""
Counts the rows of a table that may hold several logs of one topic, independently of ticklake: the objects
by pyarrow, their rows by DuckDB. Prints {"logs", "rows", "numbers", "places"}.

    count_logs.py ENDPOINT ACCESS_KEY SECRET_KEY PATH TABLE NUMBER [LIVE]

LIVE is a file with the names of the data files of an Iceberg table, one a line.
"""

import glob
import json
import sys
import tempfile

import duckdb
import pyarrow.fs as fs

endpoint, access_key, secret_key, path, table, number, *live = sys.argv[1:]
store = fs.S3FileSystem(
    endpoint_override=endpoint, access_key=access_key, secret_key=secret_key, region="us-east-1"
)
with tempfile.TemporaryDirectory() as folder:
    fs.copy_files(path, folder, source_filesystem=store, destination_filesystem=fs.LocalFileSystem())
    if live:
        with open(live[0]) as names:
            files = [f"{folder}/{name}" for name in names.read().split("\n") if name]
    else:
        files = glob.glob(f"{folder}/{table}/**/*.parquet", recursive=True)
    log = r"regexp_extract(filename, '-([0-9a-f]{12})\.parquet$', 1)"
    logs, rows, numbers, places = duckdb.execute(
        f"""SELECT count(DISTINCT {log}), count(*), count(DISTINCT {number}),
        count(DISTINCT ({log}, kafka_partition, kafka_offset))
        FROM read_parquet(?, filename = true, hive_partitioning = false)""",
        [files],
    ).fetchone()
    print(json.dumps({"logs": logs, "rows": rows, "numbers": numbers, "places": places}))
