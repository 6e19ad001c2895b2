"""A client of AWS Glue's schema registry at a topic: `write` sends rows, `read` prints them as JSON."""

import json
import sys

import boto3
from aws_schema_registry import SchemaRegistryClient
from aws_schema_registry.avro import AvroSchema
from aws_schema_registry.codec import decode, encode
from aws_schema_registry.jsonschema import JsonSchema
from confluent_kafka import Consumer, Producer

what, servers, topic, argument = sys.argv[1:]
client = SchemaRegistryClient(boto3.client("glue"), registry_name="default-registry")
KINDS = {"AVRO": AvroSchema, "JSON": JsonSchema}


def write():
    producer = Producer({"bootstrap.servers": servers})
    for part in json.loads(argument):
        schema = KINDS[part["format"]](json.dumps(part["schema"]))
        version_id = client.create_schema(
            f"{topic}-{part['format']}", part["format"], str(schema), "BACKWARD")
        for row in part["rows"]:
            value = encode(schema.write(row), version_id, compression=part["compress"])
            producer.produce(topic, key="k", value=value)
    producer.flush(30)


def read():
    consumer = Consumer({
        "bootstrap.servers": servers,
        "group.id": topic + "-glue",
        "auto.offset.reset": "earliest",
    })
    consumer.subscribe([topic])
    for _ in range(int(argument)):
        message = consumer.poll(30)
        if message is None:
            sys.exit("no message within 30 s")
        payload, version_id = decode(message.value())
        version = client.get_schema_version(version_id)
        row = KINDS[version.data_format](version.definition).read(payload)
        print(json.dumps({name: str(value) if name == "Date" else value for name, value in row.items()}))
    consumer.close()


{"write": write, "read": read}[what]()
