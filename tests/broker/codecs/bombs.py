"""Writes the records of a batch that are small and become large, by each codec.

Usage: bombs.py FOLDER MIB
  value-CODEC    one record whose value has so many MiB of `x`
  rows-CODEC     a record of `x` for every 16 bytes of that
"""
import sys, zlib
import cramjam, lz4.frame, struct, zstandard

folder, mib = sys.argv[1], int(sys.argv[2])
MIB = 2**20


def varint(n):
    n = (n << 1) ^ (n >> 63)
    out = b""
    while n & ~0x7F:
        out += bytes([n & 0x7F | 0x80])
        n >>= 7
    return out + bytes([n])


def value():
    size = mib * MIB
    rest = varint(0) + varint(0) + varint(-1) + varint(size)
    yield varint(1 + len(rest) + size + 1) + b"\0" + rest
    for _ in range(mib):
        yield b"x" * MIB
    yield b"\0"


def rows():
    record = b"\0" + varint(0) + varint(0) + varint(-1) + varint(9) + b"x" * 9 + b"\0"
    record = varint(len(record)) + record
    assert len(record) == 16
    for _ in range(mib):
        yield record * (MIB // 16)


def gzip(parts):
    compressor = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([compressor.compress(part) for part in parts] + [compressor.flush()])


def lz4_frames(parts):
    compressor = lz4.frame.LZ4FrameCompressor(block_size=lz4.frame.BLOCKSIZE_MAX4MB)
    return b"".join([compressor.begin()] + [compressor.compress(p) for p in parts] + [compressor.flush()])


def zstd(parts):
    compressor = zstandard.ZstdCompressor(level=3).compressobj()
    return b"".join([compressor.compress(part) for part in parts] + [compressor.flush()])


def snappy(parts):
    header = struct.pack("!bccccccbii", *[-126, b"S", b"N", b"A", b"P", b"P", b"Y", 0, 1, 1])
    blocks = (bytes(cramjam.snappy.compress_raw(part)) for part in parts)
    return header + b"".join(struct.pack("!i", len(block)) + block for block in blocks)


for name, compress in ("gzip", gzip), ("lz4", lz4_frames), ("zstd", zstd), ("snappy", snappy):
    for kind, parts in ("value", value), ("rows", rows):
        open(f"{folder}/{kind}-{name}", "wb").write(compress(parts()))
