"""The way of the notebooks: one S3 object a row. Arguments: topic, rows, prefix."""
import json
import os
import sys
import s3fs
from kafka import KafkaConsumer

topic, rows, prefix = sys.argv[1], int(sys.argv[2]), sys.argv[3]
consumer = KafkaConsumer(
    topic,
    bootstrap_servers=os.environ["KAFKA_BOOTSTRAP_SERVERS"],
    auto_offset_reset="earliest",
    value_deserializer=lambda value: json.loads(value.decode("utf-8")),
)
s3 = s3fs.S3FileSystem(
    key=os.environ["AWS_ACCESS_KEY_ID"],
    secret=os.environ["AWS_SECRET_ACCESS_KEY"],
    client_kwargs={"endpoint_url": os.environ["AWS_ENDPOINT_URL"], "region_name": "us-east-1"},
)
for count, message in enumerate(consumer):
    with s3.open(f"{os.environ['AWS_S3_BUCKET']}/{prefix}/stock_market_{count}.json", "w") as file:
        json.dump(message.value, file)
    if count + 1 == rows:
        break
