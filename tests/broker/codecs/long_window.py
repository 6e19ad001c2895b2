"""Compresses bytes so that a decoder has to look back 64 and 128 MiB; a line of JSON for each.

Usage: long_window.py FILE
"""
import base64, json, sys
import zstandard

data = open(sys.argv[1], "rb").read()


def put(name, compressed):
    line = {"codec": 4, "name": name, "bytes": base64.b64encode(compressed).decode()}
    print(json.dumps(line))


for log in (26, 27):
    parameters = zstandard.ZstdCompressionParameters.from_level(3, window_log=log)
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    put(f"window_log={log}", compressor.compress(data) + compressor.flush())
# As Java's client does: the level alone, without the size. Level 22 looks back 128 MiB.
compressor = zstandard.ZstdCompressor(level=22, write_content_size=False).compressobj()
put("level=22", compressor.compress(data) + compressor.flush())
