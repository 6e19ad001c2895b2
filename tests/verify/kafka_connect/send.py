"""Sends rows to partitions 0 and 1 of a topic: servers, topic, first number, end."""
import json
import sys

from kafka import KafkaProducer

servers, topic, first, end = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
producer = KafkaProducer(bootstrap_servers=servers)
for number in range(first, end):
    for partition in (0, 1):
        row = {"Index": "HSI", "Date": "2024-01-02", "Close": number}
        producer.send(topic, json.dumps(row).encode(), partition=partition)
producer.flush()
