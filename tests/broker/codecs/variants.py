"""Compresses bytes in every way that Python's libraries offer; a line of JSON for each.

Usage: variants.py FILE SEED
"""
import base64, gzip, io, json, random, struct, sys, zlib
import cramjam, lz4.frame, zstandard
from kafka.codec import gzip_encode, lz4_encode, snappy_encode, zstd_encode

data = open(sys.argv[1], "rb").read()
random.seed(int(sys.argv[2]))
half = len(data) // 2
GZIP, SNAPPY, LZ4, ZSTD = 1, 2, 3, 4


def put(codec, name, compressed):
    line = {"codec": codec, "name": name, "bytes": base64.b64encode(compressed).decode()}
    print(json.dumps(line))


def parts(most):
    """The data in pieces of random lengths."""
    at = 0
    while at < len(data):
        end = at + random.randint(1, most)
        yield data[at:end]
        at = end


# kafka-python's own.
put(GZIP, "kafka-python", gzip_encode(data))
put(LZ4, "kafka-python", lz4_encode(data))
put(ZSTD, "kafka-python", zstd_encode(data))
for block in (1, 100, 32 * 1024):
    put(SNAPPY, f"kafka-python blocks of {block}", snappy_encode(data, True, block))
put(SNAPPY, "kafka-python raw", snappy_encode(data, False))

# python-lz4, with every option.
sizes = {
    "64K": lz4.frame.BLOCKSIZE_MAX64KB,
    "256K": lz4.frame.BLOCKSIZE_MAX256KB,
    "1M": lz4.frame.BLOCKSIZE_MAX1MB,
    "4M": lz4.frame.BLOCKSIZE_MAX4MB,
}
for size, block_size in sizes.items():
    for linked in (True, False):
        for block_checksum in (True, False):
            for content_checksum in (True, False):
                for store_size in (True, False):
                    level = random.choice([-5, 0, 1, 3, 9, 12, 16])
                    put(LZ4, f"{size} linked={linked} block_checksum={block_checksum} "
                        f"content_checksum={content_checksum} size={store_size} level={level}",
                        lz4.frame.compress(data, compression_level=level, block_size=block_size,
                                           block_linked=linked, block_checksum=block_checksum,
                                           content_checksum=content_checksum,
                                           store_size=store_size))
    for linked in (True, False):
        compressor = lz4.frame.LZ4FrameCompressor(block_size=block_size, block_linked=linked,
                                                  auto_flush=True)
        tiny = compressor.begin() + b"".join(compressor.compress(p) for p in parts(50))
        put(LZ4, f"{size} linked={linked} tiny blocks", tiny + compressor.flush())
put(LZ4, "two frames", lz4.frame.compress(data[:half]) + lz4.frame.compress(data[half:]))
put(LZ4, "bytes behind it", lz4.frame.compress(data) + b"\x01\x02\x03")
put(LZ4, "skippable first", struct.pack("<II", 0x184D2A53, 5) + b"abcde" + lz4.frame.compress(data))
put(LZ4, "cramjam", bytes(cramjam.lz4.compress(data)))

# python-zstandard.
for level in (-7, 1, 3, 7, 12, 19, 22):
    for checksum in (True, False):
        for size in (True, False):
            compressor = zstandard.ZstdCompressor(level=level, write_checksum=checksum,
                                                  write_content_size=size)
            put(ZSTD, f"level={level} checksum={checksum} size={size}", compressor.compress(data))
for log in (10, 17, 21, 24):
    parameters = zstandard.ZstdCompressionParameters.from_level(3, window_log=log)
    compressor = zstandard.ZstdCompressor(compression_params=parameters)
    put(ZSTD, f"window_log={log}", compressor.compress(data))
stream = zstandard.ZstdCompressor().compressobj()
flushed = b"".join(stream.compress(p) + stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
                   for p in parts(200))
put(ZSTD, "many blocks", flushed + stream.flush())
one = zstandard.ZstdCompressor().compress
put(ZSTD, "two frames", one(data[:half]) + one(data[half:]))
put(ZSTD, "many frames", b"".join(one(p) for p in parts(500)))
put(ZSTD, "skippable first", struct.pack("<II", 0x184D2A50, 3) + b"abc" + one(data))
put(ZSTD, "skippable between", one(data[:half]) + struct.pack("<II", 0x184D2A5F, 0) + one(data[half:]))
put(ZSTD, "an empty frame first", one(b"") + one(data))
put(ZSTD, "cramjam", bytes(cramjam.zstd.compress(data, level=5)))

# Snappy.
put(SNAPPY, "cramjam raw", bytes(cramjam.snappy.compress_raw(data)))
header = struct.pack("!bccccccbii", *[-126, b"S", b"N", b"A", b"P", b"P", b"Y", 0, 1, 1])


def xerial(pieces):
    for piece in pieces:
        block = bytes(cramjam.snappy.compress_raw(piece))
        yield struct.pack("!i", len(block)) + block


put(SNAPPY, "blocks of any length", header + b"".join(xerial(parts(300))))
first, second = b"".join(xerial([data[:half]])), b"".join(xerial([data[half:]]))
put(SNAPPY, "two streams", header + first + header + second)
for junk in (b"\x00\x00", b"\x00" * 6, b"\x7f" * 9):
    put(SNAPPY, f"{len(junk)} bytes behind it", header + first + second + junk)

# gzip.
for level in range(10):
    put(GZIP, f"level={level}", gzip.compress(data, level))
for strategy in (zlib.Z_FILTERED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE, zlib.Z_FIXED):
    compressor = zlib.compressobj(6, zlib.DEFLATED, 31, 8, strategy)
    put(GZIP, f"strategy={strategy}", compressor.compress(data) + compressor.flush())
compressor = zlib.compressobj(6, zlib.DEFLATED, 25, 1)
put(GZIP, "small window", compressor.compress(data) + compressor.flush())
compressor = zlib.compressobj(6, zlib.DEFLATED, 31)
put(GZIP, "many blocks", b"".join(compressor.compress(p) + compressor.flush(zlib.Z_FULL_FLUSH)
                                  for p in parts(100)) + compressor.flush())
named = io.BytesIO()
with gzip.GzipFile("a name", "wb", fileobj=named) as file:
    file.write(data)
put(GZIP, "with a name", named.getvalue())
plain = gzip.compress(data)
extra = bytearray(plain)
extra[3] |= 4
put(GZIP, "with an extra field", bytes(extra[:10]) + struct.pack("<H", 4) + b"abcd" + bytes(extra[10:]))
put(GZIP, "two members", gzip.compress(data[:half]) + gzip.compress(data[half:]))
put(GZIP, "many members", b"".join(gzip.compress(p) for p in parts(500)))
put(GZIP, "junk behind it", plain + b"\x01\x02\x03 junk")
put(GZIP, "zeros behind it", plain + bytes(100))
put(GZIP, "a header without a member behind it", plain + b"\x1f\x8b\x08")
put(GZIP, "cramjam", bytes(cramjam.gzip.compress(data)))
