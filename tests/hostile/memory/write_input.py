"""
Writes what takes much memory to read into a topic that it makes.

    write_input.py SERVERS TOPIC KIND SIZE

KIND and what SIZE is of it:
  value   one value of so many MiB, in a gzip batch
  bomb    values of 100 MiB, so many of them in one LZ4 batch
  many    so many messages of one byte, in batches as kafka-python sends them
  packed  so many messages of one byte, in as few batches as they fit in
  random  so many messages of random lengths, most of them short and some of them megabytes long, in random codecs

Among them are 100 quotes, the first and the last messages too, which must become rows. Prints the number of messages.
"""

import json
import random
import sys

from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic

servers, topic, kind, size = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
MIB = 2**20
ROW = json.dumps({
    "Index": "HSI", "Date": "2024-01-02", "Open": 2.5, "High": 3, "Low": 1, "Close": 2,
    "Adj Close": 2, "Volume": 7, "CloseUSD": 0.5,
}).encode()

admin = KafkaAdminClient(bootstrap_servers=servers)
admin.create_topics([NewTopic(topic, 1, 1, topic_configs={"max.message.bytes": str(64 * MIB)})])
admin.close()

count = 0


def send(values, codec, batch_bytes):
    global count
    producer = KafkaProducer(
        bootstrap_servers=servers, compression_type=codec, batch_size=batch_bytes, linger_ms=100_000,
        max_request_size=2**31 - 1, request_timeout_ms=300_000, acks="all",
        delivery_timeout_ms=900_001,
    )
    for value in values:
        producer.send(topic, value, partition=0)
        count += 1
    producer.flush()
    producer.close()


send([ROW] * 50, "gzip", 16384)
if kind == "value":
    send([b"x" * (size * MIB)], "gzip", 16384)
elif kind == "bomb":
    send([b"x" * (100 * MIB)] * size, "lz4", 2**31 - 1)
elif kind == "many":
    send((b"x" for _ in range(size)), "gzip", 16384)
elif kind == "packed":
    send((b"x" for _ in range(size)), "lz4", 256 * MIB)
elif kind == "random":
    chance = random.Random(size)
    for _ in range(20):
        lengths = [chance.choice([0, 1, 100, 3000]) for _ in range(size // 20)]
        lengths.append(chance.randrange(32 * MIB))
        send([bytes([chance.randrange(256)]) * length for length in lengths], chance.choice(["gzip", "lz4", None][:2]), MIB)
send([ROW] * 50, "gzip", 16384)
print(count)
