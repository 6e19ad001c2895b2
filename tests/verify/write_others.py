"""Writes a lake as other sinks do: folder, shape ("kafka-connect" or "redpanda-connect"), offsets as JSON, topic."""
import gzip
import json
import os
import sys

import pyarrow as pa
import pyarrow.parquet as pq

folder, shape, objects, topic = sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), sys.argv[4]
for number, offsets in enumerate(objects):
    if shape == "kafka-connect":
        # S3 sink: DefaultPartitioner, InsertField$Value for the offset; the partition is in the path.
        path = f"{folder}/topics/quotes/partition=0/quotes+0+{number:010}.snappy.parquet"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        table = pa.table({
            "Index": pa.array(["HSI"] * len(offsets)),
            "kafka_offset": pa.array(offsets, pa.int64()),
        })
        pq.write_table(table, path, compression="snappy")
    else:
        # aws_s3 output: lines with the metadata that a mapping has put into them.
        path = f"{folder}/quotes/{number}.jsonl.gz"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with gzip.open(path, "wt") as file:
            for offset in offsets:
                row = {"Index": "HSI", "topic": topic, "partition": 0, "offset": offset}
                file.write(json.dumps(row) + "\n")
            # A row of another topic in the same object.
            other = {"topic": "other", "partition": 0, "offset": 0}
            file.write(json.dumps(other) + "\n")
