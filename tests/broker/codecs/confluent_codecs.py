"""Sends values with Confluent's client (librdkafka), once for every codec and level; prints how often.

Usage: confluent_codecs.py SERVERS TOPIC FILE
"""
import json, sys
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

servers, topic, file = sys.argv[1:]
values = json.load(open(file))
admin = AdminClient({"bootstrap.servers": servers})
for future in admin.create_topics([NewTopic(topic, 1, 1)]).values():
    future.result()

levels = {
    "none": [-1],
    "gzip": range(-1, 10),
    "snappy": [-1],
    "lz4": range(-1, 13),
    "zstd": range(-1, 13),
}
ways = 0
for codec in levels:
    for level in levels[codec]:
        producer = Producer({
            "bootstrap.servers": servers,
            "compression.codec": codec,
            "compression.level": level,
            "linger.ms": 50,
            "acks": "all",
            "enable.idempotence": ways % 2 == 0,
        })
        for value in values:
            producer.produce(topic, value.encode(), partition=0)
        assert producer.flush(60) == 0
        ways += 1
print(ways)
