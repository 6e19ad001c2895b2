"""kafka-python at its best: large batches, acknowledged by all. Arguments: topic, rows, CSV."""
import csv
import json
import os
import sys
from itertools import cycle, islice
from kafka import KafkaProducer

topic, rows, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
NUMBERS = {"Open", "High", "Low", "Close", "Adj Close", "Volume", "CloseUSD"}
with open(path, newline="") as file:
    quotes = [
        {name: float(value) if name in NUMBERS else value for name, value in row.items()}
        for row in csv.DictReader(file)
    ]
producer = KafkaProducer(
    bootstrap_servers=os.environ["KAFKA_BOOTSTRAP_SERVERS"],
    acks="all",
    linger_ms=20,
    batch_size=512 * 1024,
    key_serializer=str.encode,
    value_serializer=lambda value: json.dumps(value).encode("utf-8"),
)
for quote in islice(cycle(quotes), rows):
    producer.send(topic, key=quote["Index"], value=quote)
producer.flush()
producer.close()
