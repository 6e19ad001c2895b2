"""
Compares a table with what a compacted topic still has, independently of ticklake: the messages by
kafka-python, the objects by pyarrow, their rows by DuckDB. Prints {"expected", "missing", "duplicate",
"wrong", "rows"}: messages of the topic, those that are no row, rows that are there twice, rows whose
timestamp is not that of the message at their offset, and rows with those of messages that are gone.

    count_compacted.py ENDPOINT ACCESS_KEY SECRET_KEY PATH TABLE BOOTSTRAP TOPIC [LIVE]

LIVE is a file with the names of the data files of an Iceberg table, one a line.
"""

import glob
import json
import sys
import tempfile

import duckdb
import pyarrow
import pyarrow.fs as fs
from kafka import KafkaConsumer, TopicPartition

endpoint, access_key, secret_key, path, table, servers, topic, *live = sys.argv[1:]
consumer = KafkaConsumer(bootstrap_servers=servers, enable_auto_commit=False)
partitions = [TopicPartition(topic, p) for p in consumer.partitions_for_topic(topic)]
consumer.assign(partitions)
consumer.seek_to_beginning()
ends = consumer.end_offsets(partitions)
found = {"partition": [], "o": [], "ms": []}
while any(consumer.position(p) < ends[p] for p in partitions):
    for records in consumer.poll(1000).values():
        for record in records:
            found["partition"].append(record.partition)
            found["o"].append(record.offset)
            found["ms"].append(record.timestamp)
consumer.close()
messages = pyarrow.table(found)

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
    duckdb.execute(
        """CREATE TABLE lake AS SELECT kafka_partition AS partition, kafka_offset AS o,
        epoch_ms(kafka_timestamp) AS ms FROM read_parquet(?, hive_partitioning = false)""",
        [files],
    )
    one = lambda sql: duckdb.execute(sql).fetchone()[0]
    print(
        json.dumps(
            {
                "expected": one("SELECT count(*) FROM messages"),
                "rows": one("SELECT count(*) FROM lake"),
                "missing": one("SELECT count(*) FROM messages ANTI JOIN lake USING (partition, o)"),
                "duplicate": one("SELECT count(*) - count(DISTINCT (partition, o)) FROM lake"),
                "wrong": one(
                    "SELECT count(*) FROM messages JOIN lake USING (partition, o) WHERE messages.ms != lake.ms"
                ),
            }
        )
    )
