"""
Writes what takes much memory to read into a topic that it makes.

    write_input.py SERVERS TOPIC KIND SIZE [REGISTRY]

KIND and what SIZE is of it:
  value   one value of so many MiB, in a gzip batch
  bomb    values of 100 MiB, so many of them in one LZ4 batch
  many    so many messages of one byte, in batches as kafka-python sends them
  packed  so many messages of one byte, in as few batches as they fit in
  random  so many messages of random lengths, most of them short and some of them megabytes long, in random codecs

With a registry's address the quotes are Avro by a schema that is registered there, and so begins every other message.

Among them are 100 quotes, the first and the last messages too, which must become rows. Prints the number of messages.
"""

import json
import random
import struct
import sys
import time
import urllib.request

from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.record.memory_records import MemoryRecordsBuilder

from raw_produce import GZIP, LZ4, RawProducer, batch_of, compressed, large_record

servers, topic, kind, size = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
registry = sys.argv[5] if len(sys.argv) > 5 else ""
MIB = 2**20
QUOTE = {
    "Index": "HSI", "Date": "2024-01-02", "Open": 2.5, "High": 3, "Low": 1, "Close": 2,
    "Adj Close": 2, "Volume": 7, "CloseUSD": 0.5,
}


def frame():
    """What a message begins with: the id of a schema whose first field is a text."""
    kinds = {str: "string", int: "double", float: "double"}
    fields = [{"name": name.replace("Adj Close", "Adj_Close"), "type": kinds[type(value)]}
              for name, value in QUOTE.items()]
    schema = json.dumps({"type": "record", "name": "Quote", "fields": fields})
    request = urllib.request.Request(
        f"{registry}/subjects/{topic}-value/versions", json.dumps({"schema": schema}).encode(),
        {"Content-Type": "application/vnd.schemaregistry.v1+json"})
    return b"\0" + struct.pack(">i", json.load(urllib.request.urlopen(request))["id"])


def avro(value):
    if isinstance(value, str):
        return bytes([len(value) * 2]) + value.encode()
    return struct.pack("<d", value)


HEAD = frame() if registry else b""
ROW = HEAD + b"".join(map(avro, QUOTE.values())) if registry else json.dumps(QUOTE).encode()

admin = KafkaAdminClient(bootstrap_servers=servers)
admin.create_topics([NewTopic(topic, 1, 1, topic_configs={"max.message.bytes": str(64 * MIB)})])
admin.close()

producer = RawProducer(servers, topic)
NOW = int(time.time() * 1000)
count = 0


def send_large(values, mib, codec):
    """One batch of so many large values, which is never held as a whole."""
    global count
    pieces = (piece for i in range(values) for piece in large_record(i, HEAD, mib))
    producer.send(batch_of(compressed(pieces, codec), values, codec, NOW))
    count += values


def send_same(total, codec, batch_bytes):
    """So many messages of one byte, in batches as kafka-python makes them. Equal batches are made once."""
    global count
    batch, length = None, 0
    while total > 0:
        if total < length or batch is None:
            builder = MemoryRecordsBuilder(2, codec, batch_bytes)
            length = 0
            while length < total and builder.append(NOW, None, HEAD + b"x") is not None:
                length += 1
            builder.close()
            batch = bytes(builder.buffer())
        producer.send(batch)
        total -= length
        count += length


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
    send_large(1, size, GZIP)
elif kind == "bomb":
    send_large(size, 100, LZ4)
elif kind == "many":
    send_same(size, GZIP, 16384)
elif kind == "packed":
    send_same(size, LZ4, 256 * MIB)
elif kind == "random":
    chance = random.Random(size)
    for _ in range(20):
        lengths = [chance.choice([0, 1, 100, 3000]) for _ in range(size // 20)]
        lengths.append(chance.randrange(32 * MIB))
        send([HEAD + bytes([chance.randrange(256)]) * length for length in lengths], chance.choice(["gzip", "lz4"]), MIB)
send([ROW] * 50, "gzip", 16384)
print(count)
