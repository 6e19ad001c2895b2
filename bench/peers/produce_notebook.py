"""The way of the notebooks, without its sleep: a row sampled, sent and flushed. Arguments: topic, rows, CSV."""
import csv
import json
import os
import random
import sys
from kafka import KafkaProducer

topic, rows, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
with open(path, newline="") as file:
    quotes = list(csv.DictReader(file))
producer = KafkaProducer(
    bootstrap_servers=os.environ["KAFKA_BOOTSTRAP_SERVERS"],
    value_serializer=lambda value: json.dumps(value).encode("utf-8"),
)
for _ in range(rows):
    producer.send(topic, value=random.choice(quotes))
    producer.flush()
