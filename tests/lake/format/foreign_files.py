"""
Writes Parquet files as other programs do into a folder: each version of page, encoding and compression.
Row i of a column has the value i times the column's factor; every seventh is null where the column has nulls.
"""
import pathlib
import sys

import pyarrow as pa
import pyarrow.parquet as pq

folder = pathlib.Path(sys.argv[1])
ROWS = 3000
TYPES = {
    "text": pa.string(),
    "float": pa.float32(),
    "double": pa.float64(),
    "int": pa.int32(),
    "wide": pa.int64(),
    "flag": pa.bool_(),
}
ENCODINGS = {
    "text": ["PLAIN", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"],
    "float": ["PLAIN", "BYTE_STREAM_SPLIT"],
    "double": ["PLAIN", "BYTE_STREAM_SPLIT"],
    "int": ["PLAIN", "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"],
    "wide": ["PLAIN", "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"],
    "flag": ["PLAIN", "RLE"],
}


def value(kind, i):
    if kind == "text":
        return f"value {i // 3}"
    if kind == "wide":
        return 2**60 + i
    if kind == "flag":
        return i % 100 < 50
    return i


def column(kind, nulls):
    return pa.array([None if nulls and i % 7 == 0 else value(kind, i) for i in range(ROWS)], TYPES[kind])


count = 0
for nulls in (False, True):
    data = {kind: column(kind, nulls) for kind in TYPES}
    schema = pa.schema([pa.field(kind, TYPES[kind], nullable=nulls) for kind in TYPES])
    table = pa.table(data, schema=schema)
    for version in ("1.0", "2.0"):
        for compression in ("none", "snappy", "gzip", "zstd"):
            common = dict(data_page_version=version, compression=compression, data_page_size=2000, row_group_size=1700)
            pq.write_table(table, folder / f"{count}.{nulls}.parquet", **common)
            count += 1
            for turn in range(3):
                encodings = {kind: some[turn % len(some)] for kind, some in ENCODINGS.items()}
                pq.write_table(
                    table, folder / f"{count}.{nulls}.parquet", use_dictionary=False, column_encoding=encodings, **common
                )
                count += 1
print(count)
