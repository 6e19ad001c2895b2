"""
Compares each dead letter of a lake with its message in the topic, as another consumer reads it: key,
value, headers, timestamp. Prints how many were compared, and how many messages are no dead letters.

    check_dead_letters.py SERVERS TOPIC ENDPOINT ACCESS_KEY SECRET_KEY BUCKET/PREFIX TABLE
"""

import base64
import datetime
import hashlib
import json
import sys

import pyarrow.fs as fs
from kafka import KafkaConsumer, TopicPartition

# Bytes of a message up to which all of it is kept, and of a larger one those that are kept of each part.
MOST_BYTES, KEPT_BYTES = 4 << 20, 64 << 10

servers, topic, endpoint, access_key, secret_key, path, table = sys.argv[1:]

store = fs.S3FileSystem(
    endpoint_override=endpoint, access_key=access_key, secret_key=secret_key, region="us-east-1"
)
letters = {}
for info in store.get_file_info(fs.FileSelector(f"{path}/dead_letter/{table}", recursive=True)):
    if info.is_file:
        with store.open_input_stream(info.path) as file:
            for line in file.read().decode().splitlines():
                letter = json.loads(line)
                letters[letter["partition"], letter["offset"]] = letter

decoded = lambda text: None if text is None else base64.b64decode(text, validate=True)
consumer = KafkaConsumer(bootstrap_servers=servers, fetch_max_bytes=64 << 20, max_partition_fetch_bytes=64 << 20)
partitions = [TopicPartition(topic, p) for p in consumer.partitions_for_topic(topic)]
consumer.assign(partitions)
consumer.seek_to_beginning()
ends = consumer.end_offsets(partitions)
compared = rows = 0
while any(consumer.position(p) < ends[p] for p in partitions):
    for messages in consumer.poll(1000).values():
        for m in messages:
            letter = letters.get((m.partition, m.offset))
            if letter is None:
                rows += 1
                continue
            key, value, headers = m.key, m.value, list(m.headers)
            cut = letter.get("cut")
            if cut is not None:
                # Of a message above 4 MiB only the beginning is kept, with the size and the hash of all.
                size = len(key or b"") + len(value or b"") + sum(len(n) + len(v or b"") for n, v in headers)
                assert size > MOST_BYTES or len(key or b"") > KEPT_BYTES, f"{m.partition}/{m.offset} is cut"
                for name, whole in (("key", key), ("value", value)):
                    if len(whole or b"") > KEPT_BYTES:
                        expected = {"bytes": len(whole), "sha256": hashlib.sha256(whole).hexdigest()}
                        assert cut[name] == expected, f"{m.partition}/{m.offset}: {cut} != {expected}"
                assert cut["headers"] == len(headers)
                key, value = key and key[:KEPT_BYTES], value and value[:KEPT_BYTES]
                headers = [(n[:KEPT_BYTES], v and v[:KEPT_BYTES]) for n, v in headers[:16]]
            at = datetime.datetime.fromtimestamp(m.timestamp // 1000, datetime.timezone.utc)
            found = (
                letter["topic"], decoded(letter["key"]), decoded(letter["value"]),
                [(name, decoded(value)) for name, value in letter["headers"]], letter["timestamp"],
            )
            expected = (
                topic, key, value, headers,
                f"{at:%Y-%m-%dT%H:%M:%S}.{m.timestamp % 1000:03}Z",
            )
            assert found == expected, f"{m.partition}/{m.offset}: {str(found)[:500]} != {str(expected)[:500]}"
            compared += 1
print(json.dumps({"compared": compared, "rows": rows}))
