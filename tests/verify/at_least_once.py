"""
A sink as the notebooks have it: kafka-python, pyarrow, and offsets that are committed after each object of 20
rows. Arguments: servers, topic, group, folder, and after how many objects it is killed, before it commits, or 0.
"""
import json
import os
import signal
import sys
import uuid

import pyarrow as pa
import pyarrow.parquet as pq
from kafka import KafkaConsumer, TopicPartition

servers, topic, group, folder, killed = sys.argv[1:]
ROWS = 20
consumer = KafkaConsumer(
    bootstrap_servers=servers, group_id=group, auto_offset_reset="earliest", enable_auto_commit=False
)
consumer.assign([TopicPartition(topic, 0)])
objects = 0
while True:
    polled = consumer.poll(timeout_ms=1000, max_records=ROWS)
    if not polled:
        if objects > 0:
            break
        continue
    batch = [message for messages in polled.values() for message in messages]
    table = pa.Table.from_pylist([
        json.loads(message.value)
        | {"kafka_partition": message.partition, "kafka_offset": message.offset}
        for message in batch
    ])
    pq.write_table(table, f"{folder}/{batch[0].offset}-{uuid.uuid4()}.parquet")
    objects += 1
    if objects == int(killed):
        os.kill(os.getpid(), signal.SIGKILL)
    consumer.commit()
consumer.close()
