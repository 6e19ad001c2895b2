"""
Makes those lakes of this folder for which release 0.1.0 needs a Kafka:

    make_on_kafka.py TICKLAKE-0.1.0 HOST:PORT [NAME...]

Each folder holds a lake, and in log.json what verify asks the broker: where the partitions begin and end,
the timestamps of their messages by offset, and what the group has committed. Needs kafka-python and lz4.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import kafka.record.default_records as records
import lz4.frame
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewPartitions, NewTopic
from kafka.structs import OffsetAndMetadata

PROGRAM = os.path.abspath(sys.argv[1])
BROKER = sys.argv[2]
HERE = os.path.dirname(os.path.abspath(__file__))

admin = KafkaAdminClient(bootstrap_servers=BROKER)


class Flow:
    """A topic, a group of the same name, and a lake."""

    def __init__(self, name, partitions=1, config=None):
        self.path = os.path.join(HERE, name)
        self.topic = f"faulty-{name}"
        shutil.rmtree(self.path, ignore_errors=True)
        os.makedirs(self.path)
        self.delete()
        admin.create_topics(
            [NewTopic(self.topic, num_partitions=partitions, replication_factor=1, topic_configs=config or {})]
        )
        time.sleep(1)

    def delete(self):
        if self.topic in admin.list_topics():
            admin.delete_topics([self.topic])
        if any(group["group_id"] == self.topic for group in admin.list_groups()):
            admin.delete_groups([self.topic])
        time.sleep(1)

    def consume_arguments(self, *args):
        return [
            PROGRAM, "consume", *args, "--bootstrap-servers", BROKER, "--topic", self.topic,
            "--group", self.topic, "--home", self.path,
        ]  # fmt: skip

    def consume(self, *args, check=True):
        command = self.consume_arguments("--until-end", *args)
        return subprocess.run(command, cwd=self.path, check=check, capture_output=True, text=True)

    def produce(self, first, count, partition=0, **options):
        """Sends numbered quotes as one batch: the keys are the same ten again and again."""
        producer = KafkaProducer(bootstrap_servers=BROKER, linger_ms=1000, **options)
        for i in range(first, first + count):
            key = f"K{i % 10}"
            row = {
                "Index": key,
                "Date": "2026-11-24",
                **{column: 100.0 + i for column in ("Open", "High", "Low", "Close", "Adj Close", "CloseUSD")},
                "Volume": i,
            }
            producer.send(self.topic, json.dumps(row).encode(), key.encode(), partition=partition)
        producer.flush()
        producer.close()

    def partitions(self):
        return range(len(admin.describe_topics([self.topic])[0]["partitions"]))

    def messages(self, partition):
        """Timestamps of a partition's messages, by offset."""
        consumer = KafkaConsumer(bootstrap_servers=BROKER, consumer_timeout_ms=3000)
        at = TopicPartition(self.topic, partition)
        consumer.assign([at])
        consumer.seek_to_beginning(at)
        low, high = consumer.beginning_offsets([at])[at], consumer.end_offsets([at])[at]
        found = {message.offset: message.timestamp for message in consumer}
        consumer.close()
        return low, high, found

    def committed(self):
        offsets = admin.list_group_offsets({self.topic: None})[self.topic]
        return {at.partition: value for at, value in offsets.items() if value.offset >= 0}

    def close(self):
        log = {"partitions": [], "committed": []}
        for partition in self.partitions():
            low, high, found = self.messages(partition)
            log["partitions"].append({"low": low, "high": high, "timestamps": found})
        for partition, (offset, metadata, *_) in self.committed().items():
            log["committed"].append({"partition": partition, "offset": offset, "metadata": metadata})
        with open(os.path.join(self.path, "log.json"), "w") as file:
            json.dump(log, file, indent=2)
            file.write("\n")
        shutil.rmtree(os.path.join(self.path, "lake", ".writing"), ignore_errors=True)
        self.delete()


def latest_partition():
    """With --from latest, the topic gains a partition while no consume runs."""
    flow = Flow("latest-partition")
    flow.produce(0, 6)
    flow.consume("--from", "latest")
    flow.produce(6, 8)
    flow.consume("--from", "latest")
    admin.create_partitions({flow.topic: NewPartitions(total_count=2)})
    time.sleep(2)
    flow.produce(14, 5, partition=1)
    flow.consume("--from", "latest")
    flow.produce(19, 4, partition=1)
    flow.consume("--from", "latest")
    flow.close()


def unreadable(name, readable):
    """
    A batch that 0.1.0 cannot read (LZ4 with block checksums) between two that it can, and the fix that it
    prints: the readable messages before it, of the same flush, are skipped too.
    """
    flow = Flow(name)
    if readable > 0:
        flow.produce(0, readable)
        flow.consume()
    flow.produce(readable, 10)
    plain = records.lz4_encode
    records.lz4_encode = lambda payload: lz4.frame.compress(payload, block_checksum=True, block_linked=False)
    flow.produce(readable + 10, 10, compression_type="lz4")
    records.lz4_encode = plain
    flow.produce(readable + 20, 10)
    failed = flow.consume(check=False)
    assert failed.returncode == 1, failed
    assert f"--to-offset {readable + 20} " in failed.stderr, failed.stderr
    at = TopicPartition(flow.topic, 0)
    admin.alter_group_offsets(flow.topic, {at: OffsetAndMetadata(readable + 20, "", -1)})
    flow.consume()
    flow.close()


def compacted():
    """A flush is killed between its intent and its put; the cleaner then removes all of its messages."""
    flow = Flow(
        "compacted",
        config={"cleanup.policy": "compact", "segment.ms": "2000", "min.cleanable.dirty.ratio": "0.001"},
    )
    flow.produce(0, 10)
    flow.consume()
    flow.produce(10, 10)
    # No object can be put.
    folder = os.path.join(flow.path, "lake", "index_quotes")
    os.rename(folder, folder + ".away")
    open(folder, "w").close()
    running = subprocess.Popen(
        flow.consume_arguments("--flush-interval", "1s"), cwd=flow.path, stderr=subprocess.DEVNULL
    )
    while '"end":20' not in flow.committed()[0].metadata:
        time.sleep(0.2)
    running.send_signal(signal.SIGKILL)
    running.wait()
    os.remove(folder)
    os.rename(folder + ".away", folder)
    first = 20
    while any(10 <= offset < 20 for offset in flow.messages(0)[2]):
        # The same keys, and what closes the segment with the former ones.
        time.sleep(2.5)
        flow.produce(first, 10)
        first += 10
    # The session of the process that was killed has to end.
    flow.consume()
    flow.close()


LAKES = {
    "latest-partition": latest_partition,
    "unreadable": lambda: unreadable("unreadable", 10),
    "unreadable-first": lambda: unreadable("unreadable-first", 0),
    "compacted": compacted,
}

for name in sys.argv[3:] or LAKES:
    LAKES[name]()
