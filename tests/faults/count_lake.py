"""
Counts what a lake holds, independently of ticklake: the topic's offsets by kafka-python, the objects by
pyarrow, their rows by DuckDB. Prints one JSON object.

    count_lake.py '{"topic", "table", "kafka" | "log", "folder" | "s3", "live"?, "number"?, "acknowledged"?}'

The offsets that must be there are all that the topic ever had, by the broker `kafka` or the embedded
log's file `log`. `s3` is {endpoint, access_key, secret_key, path}. `number` names a column with the
rows' own numbers, `live` a file with the names of the table's data files (of an Iceberg table others are
in no snapshot), `acknowledged` a file with the numbers that must be there, one a line.
"""

import json
import os
import sqlite3
import sys
import tempfile

import duckdb
import pyarrow
import pyarrow.fs as fs
from kafka import KafkaConsumer, TopicPartition


def kafka_offsets(servers, topic):
    """(partition, first offset still there, offset of the next message)"""
    consumer = KafkaConsumer(bootstrap_servers=servers)
    partitions = [TopicPartition(topic, p) for p in consumer.partitions_for_topic(topic)]
    lows, highs = consumer.beginning_offsets(partitions), consumer.end_offsets(partitions)
    consumer.close()
    return [(p.partition, lows[p], highs[p]) for p in partitions]


def log_offsets(path, topic):
    log = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    return log.execute("SELECT partition, low, high FROM log WHERE topic = ?", [topic]).fetchall()


def fetch(s3, folder):
    store = fs.S3FileSystem(
        endpoint_override=s3["endpoint"],
        access_key=s3["access_key"],
        secret_key=s3["secret_key"],
        region="us-east-1",
    )
    fs.copy_files(s3["path"], folder, source_filesystem=store, destination_filesystem=fs.LocalFileSystem())


def all_files(folder):
    return sorted(
        os.path.join(path, name) for path, _, names in os.walk(folder) for name in names
    )


def main(config):
    db = duckdb.connect()
    db.execute("SET preserve_insertion_order = false")
    db.execute(
        "CREATE TABLE found (kind TEXT, partition BIGINT, offset_ BIGINT, number BIGINT, stamp BIGINT, file TEXT)"
    )
    with tempfile.TemporaryDirectory() as fetched:
        folder = config.get("folder") or fetched
        if "s3" in config:
            fetch(config["s3"], fetched)
        table = os.path.join(folder, config["table"]) + os.sep
        dead = os.path.join(folder, "dead_letter", config["table"]) + os.sep
        rows = [f for f in all_files(folder) if f.startswith(table)]
        if "live" in config:
            with open(config["live"]) as live:
                rows = [os.path.join(folder, name) for name in live.read().split("\n") if name]
        files = rows + [f for f in all_files(folder) if f.startswith(dead)]
        number = config.get("number")
        parquet = [f for f in rows if f.endswith(".parquet")]
        lines = [f for f in rows if f.endswith(".jsonl.gz")]
        letters = [f for f in files if f.startswith(dead) and f.endswith(".jsonl")]
        gaps = [f for f in files if f.startswith(dead) and f.endswith(".json")]
        counted = len(parquet) + len(lines) + len(letters) + len(gaps)
        if counted != len(files):
            raise SystemExit(f"{len(files) - counted} objects are of no known kind")
        if parquet:
            db.execute(
                f"""INSERT INTO found SELECT 'row', kafka_partition, kafka_offset, {number or 'NULL'},
                epoch_ms(kafka_timestamp), filename FROM read_parquet(?, union_by_name = true, filename = true,
                hive_partitioning = false)""",
                [parquet],
            )
        if lines:
            columns = {"kafka_partition": "BIGINT", "kafka_offset": "BIGINT", "kafka_timestamp": "TIMESTAMP"}
            if number:
                columns[number] = "BIGINT"
            db.execute(
                f"""INSERT INTO found SELECT 'row', kafka_partition, kafka_offset, {number or 'NULL'},
                epoch_ms(kafka_timestamp), filename FROM read_json(?, format = 'newline_delimited', columns = {columns},
                filename = true, hive_partitioning = false)""",
                [lines],
            )
        # Read by Python: a value of 10 MiB in base64 is longer than DuckDB's longest JSON object.
        rejected = {"partition": [], "offset": [], "timestamp": [], "file": []}
        reasons = 0
        for file in letters:
            with open(file) as f:
                for letter in map(json.loads, f):
                    for name in ("partition", "offset", "timestamp"):
                        rejected[name].append(letter[name])
                    rejected["file"].append(file)
                    reasons += bool(letter["reason"])
        if letters:
            db.register("rejected", pyarrow.table(rejected))
            db.execute(
                """INSERT INTO found SELECT 'rejected', partition, "offset", NULL,
                epoch_ms(timestamp::TIMESTAMP), file FROM rejected"""
            )
        for file in gaps:
            with open(file) as f:
                gap = json.load(f)
            db.execute(
                "INSERT INTO found SELECT 'gap', ?, unnest(range(?, ?)), NULL, NULL, ?",
                [gap["partition"], gap["first"], gap["last"] + 1, file],
            )

    offsets = kafka_offsets if "kafka" in config else log_offsets
    topic = offsets(config.get("kafka") or config["log"], config["topic"])
    db.execute("CREATE TABLE expected (partition BIGINT, offset_ BIGINT, here BOOLEAN)")
    for partition, low, high in topic:
        db.execute(
            "INSERT INTO expected SELECT $1, o, o >= $2 FROM (SELECT unnest(range($3)) AS o)",
            [partition, low, high],
        )
    db.execute("CREATE TABLE acknowledged (number BIGINT)")
    if config.get("acknowledged"):
        db.execute("INSERT INTO acknowledged SELECT * FROM read_csv(?, header = false)", [config["acknowledged"]])

    one = lambda sql: db.execute(sql).fetchone()[0]
    places = "SELECT partition, offset_, count(*) AS times FROM found GROUP BY ALL"
    kinds = dict(db.execute("SELECT kind, count(*) FROM found GROUP BY ALL").fetchall())
    named = r"regexp_extract(file, '-(\d+)-(\d{16})-(\d{16})(?:-[0-9a-f]{12})?\.[a-z0-9.]+$', ['p', 'first', 'last'])"
    print(
        json.dumps(
            {
                "expected": one("SELECT count(*) FROM expected"),
                "found": one(f"SELECT count(*) FROM expected JOIN ({places}) USING (partition, offset_)"),
                "missing": one(f"SELECT count(*) FROM expected ANTI JOIN ({places}) USING (partition, offset_)"),
                "duplicate": one(f"SELECT coalesce(sum(times - 1), 0)::BIGINT FROM ({places})"),
                # Offsets that the topic does not have, or that were not to be there yet.
                "unexpected": one(f"SELECT count(*) FROM ({places}) ANTI JOIN expected USING (partition, offset_)"),
                # Rows in an object whose name says that it holds others.
                "misplaced": one(
                    f"""SELECT count(*) FROM (SELECT *, {named} AS n FROM found) WHERE n.p != '' AND (
                    partition != n.p::BIGINT OR offset_ < n.first::BIGINT OR offset_ > n.last::BIGINT)"""
                ),
                # Rows below another day than that of their own timestamp.
                "misdated": one(
                    """SELECT count(*) FROM found WHERE file LIKE '%/dt=%' AND stamp IS NOT NULL AND
                    NOT file LIKE '%/dt=' || strftime(make_timestamp(stamp * 1000), '%Y-%m-%d') || '/%'"""
                ),
                "rows": kinds.get("row", 0),
                "rejected": kinds.get("rejected", 0),
                "reasons": reasons,
                "lost": kinds.get("gap", 0),
                "stillThere": one(
                    "SELECT count(*) FROM found SEMI JOIN (FROM expected WHERE here) USING (partition, offset_) WHERE kind = 'gap' AND file LIKE '%/gap=retention/%'"
                ),
                "lostRows": one("SELECT count(*) FROM acknowledged ANTI JOIN found USING (number)"),
                "objects": len(files),
                # Of the rows' own numbers, each of which is sent once.
                "numbers": one("SELECT count(DISTINCT number) FROM found"),
                "largestNumber": one("SELECT max(number) FROM found"),
            }
        )
    )


main(json.loads(sys.argv[1]))
