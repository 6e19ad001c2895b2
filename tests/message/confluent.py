"""Confluent's own client at a topic: `write` sends rows, `read` prints them as JSON, one a line."""

import datetime
import decimal
import json
import sys

from confluent_kafka import Consumer, Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

what, servers, registry, topic, argument, form = sys.argv[1:]
client = SchemaRegistryClient({"url": registry})
context = SerializationContext(topic, MessageField.VALUE)


def from_json(name, value):
    """A date, time or decimal that JSON has as text: of the form {"date": ...}."""
    if isinstance(value, dict):
        [(kind, text)] = value.items()
        if kind == "date":
            return datetime.date.fromisoformat(text)
        if kind == "time":
            return datetime.datetime.fromisoformat(text)
        return decimal.Decimal(text)
    return value


def plain(value):
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    return value


def write():
    producer = Producer({"bootstrap.servers": servers})
    for part in json.loads(argument):
        serialize = AvroSerializer(client, json.dumps(part["schema"]))
        for row in part["rows"]:
            typed = {name: from_json(name, value) for name, value in row.items()}
            producer.produce(topic, key="k", value=serialize(typed, context))
    producer.flush(30)


def read():
    consumer = Consumer({
        "bootstrap.servers": servers,
        "group.id": topic + "-confluent",
        "auto.offset.reset": "earliest",
    })
    consumer.subscribe([topic])
    deserialize = {
        "avro": lambda: AvroDeserializer(client),
        "json-schema": lambda: JSONDeserializer(None, schema_registry_client=client),
    }[form]()
    left = int(argument)
    while left > 0:
        message = consumer.poll(30)
        if message is None:
            sys.exit("no message within 30 s")
        row = deserialize(message.value(), context)
        print(json.dumps({name: plain(value) for name, value in row.items()}))
        left -= 1
    consumer.close()


{"write": write, "read": read}[what]()
