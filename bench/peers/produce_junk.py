"""Sends messages of one byte, which are no rows. Arguments: topic, messages."""
import os
import sys
from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic

topic, messages = sys.argv[1], int(sys.argv[2])
servers = os.environ["KAFKA_BOOTSTRAP_SERVERS"]
KafkaAdminClient(bootstrap_servers=servers).create_topics([NewTopic(topic, 1, 1)])
producer = KafkaProducer(bootstrap_servers=servers, linger_ms=50, batch_size=2**18)
for _ in range(messages):
    producer.send(topic, b"x", partition=0)
producer.flush()
