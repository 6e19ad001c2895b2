"""Record batches that are compressed piece by piece, and a Produce request that takes a batch as it is."""

import socket
import struct
import zlib

import lz4.frame
from kafka.record.util import calc_crc32c

GZIP, LZ4 = 1, 3


def varint(n):
    n = (n << 1) ^ (n >> 63)
    out = bytearray()
    while n & ~0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def large_record(offset, head, mib):
    """A record whose value is `head` and so many MiB of `x`, in pieces."""
    size = len(head) + mib * 2**20
    before = b"\0" + varint(0) + varint(offset) + varint(-1) + varint(size)
    yield varint(len(before) + size + 1) + before + head
    for _ in range(mib):
        yield b"x" * 2**20
    yield b"\0"


def compressed(pieces, codec):
    if codec == GZIP:
        compressor = zlib.compressobj(9, zlib.DEFLATED, 31)
        begin = b""
    else:
        # As kafka-python has it; Kafka reads no linked blocks.
        compressor = lz4.frame.LZ4FrameCompressor(block_linked=False)
        begin = compressor.begin()
    return begin + b"".join([compressor.compress(piece) for piece in pieces]) + compressor.flush()


def batch_of(records, count, codec, timestamp):
    """A record batch of so many records, which are compressed already."""
    rest = struct.pack(">hiqqqhii", codec, count - 1, timestamp, timestamp, -1, -1, -1, count) + records
    return struct.pack(">qiibI", 0, len(rest) + 9, -1, 2, calc_crc32c(rest)) + rest


def text(value):
    return struct.pack(">h", len(value)) + value.encode()


class RawProducer:
    """Sends batches to partition 0 of a topic, one request each."""

    def __init__(self, servers, topic):
        host, port = servers.rsplit(":", 1)
        self.connection = socket.create_connection((host, int(port)))
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.topic = topic

    def send(self, batch):
        # Version 3, the oldest that every broker takes; without a transaction, acknowledged by all, within 5 minutes.
        header = struct.pack(">hhi", 0, 3, 1) + text("raw")
        body = struct.pack(">hhi", -1, -1, 300_000) + struct.pack(">i", 1) + text(self.topic)
        body += struct.pack(">iii", 1, 0, len(batch))
        self.connection.sendall(struct.pack(">i", len(header + body) + len(batch)) + header + body)
        self.connection.sendall(batch)
        (size,) = struct.unpack(">i", self.receive(4))
        answer = self.receive(size)
        # Its correlation, one topic with its name, one partition.
        (error,) = struct.unpack_from(">h", answer, 4 + 4 + 2 + len(self.topic) + 4 + 4)
        assert error == 0, f"the broker refused a batch with error {error}"

    def receive(self, size):
        answer = b""
        while len(answer) < size:
            part = self.connection.recv(size - len(answer))
            assert part, "the broker closed the connection"
            answer += part
        return answer
