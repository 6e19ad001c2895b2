"""Confluent's own client at a topic: `write` sends rows, `read` prints them as JSON, one a line."""

import datetime
import decimal
import json
import os
import sys

from confluent_kafka import Consumer, Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.protobuf import timestamp_pb2, wrappers_pb2  # noqa: F401: of the pool
from google.type import date_pb2  # noqa: F401: of the pool

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


def message_class(descriptor, name):
    """The class of a message of a file, of which there is the descriptor in JSON."""
    file = json_format.ParseDict(descriptor, descriptor_pb2.FileDescriptorProto())
    pool = descriptor_pool.Default()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))


def write_protobuf():
    producer = Producer({"bootstrap.servers": servers})
    for part in json.loads(argument):
        message = message_class(part["schema"], part["message"])
        serialize = ProtobufSerializer(message, client)
        for row in part["rows"]:
            typed = json_format.ParseDict(row, message())
            producer.produce(topic, key="k", value=serialize(typed, context))
    producer.flush(30)


def protobuf_reader():
    """
    Reads by the descriptor that the environment has, as users' own classes do. It asks no registry: this
    client wants schemas as descriptors in base64, which Confluent's registry makes of a text, and
    Apicurio's does not.
    """
    part = json.loads(os.environ["DESCRIPTOR"])
    read = ProtobufDeserializer(message_class(part["schema"], part["message"]))
    return lambda value, context: json_format.MessageToDict(
        read(value, context), preserving_proto_field_name=True)


def write():
    if form == "protobuf":
        return write_protobuf()
    producer = Producer({"bootstrap.servers": servers})
    for part in json.loads(argument):
        schema = json.dumps(part["schema"])
        serialize = (JSONSerializer(schema, client) if form == "json-schema"
                     else AvroSerializer(client, schema))
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
        "protobuf": protobuf_reader,
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
