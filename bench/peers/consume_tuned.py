"""
The notebooks' tools at their best: kafka-python with large fetches, 50,000 rows a Parquet file (snappy)
through pyarrow and s3fs, offsets committed after each file (at least once). Arguments: topic, rows, prefix.
"""
import json
import os
import sys
import pyarrow as pa
import pyarrow.parquet as pq
import s3fs
from kafka import KafkaConsumer

topic, rows, prefix = sys.argv[1], int(sys.argv[2]), sys.argv[3]
ROWS_A_FILE = 50_000
consumer = KafkaConsumer(
    topic,
    bootstrap_servers=os.environ["KAFKA_BOOTSTRAP_SERVERS"],
    group_id=prefix,
    auto_offset_reset="earliest",
    enable_auto_commit=False,
    fetch_max_bytes=16 * 1024 * 1024,
    max_partition_fetch_bytes=8 * 1024 * 1024,
    max_poll_records=10_000,
)
s3 = s3fs.S3FileSystem(
    key=os.environ["AWS_ACCESS_KEY_ID"],
    secret=os.environ["AWS_SECRET_ACCESS_KEY"],
    client_kwargs={"endpoint_url": os.environ["AWS_ENDPOINT_URL"], "region_name": "us-east-1"},
)
buffer, written, files = [], 0, 0


def flush():
    global buffer, written, files
    table = pa.Table.from_pylist(buffer)
    with s3.open(f"{os.environ['AWS_S3_BUCKET']}/{prefix}/part-{files:05d}.parquet", "wb") as file:
        pq.write_table(table, file, compression="snappy")
    consumer.commit()
    written += len(buffer)
    files += 1
    buffer = []


while written + len(buffer) < rows:
    for messages in consumer.poll(timeout_ms=1000).values():
        buffer.extend(json.loads(message.value) for message in messages)
    if len(buffer) >= ROWS_A_FILE:
        flush()
if buffer:
    flush()
consumer.close()
