"""
Compares each value of the Parquet files of a folder with what was to be written, as pyarrow and as DuckDB
read it. Prints, as JSON, how many values were compared and what was wrong.
Beside N.parquet lie N.json (the file's columns), N.COLUMN.values (doubles, or texts as JSON) and
N.COLUMN.absent (a byte a row).
"""
import json
import pathlib
import sys

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

folder = pathlib.Path(sys.argv[1])
duck = duckdb.connect()
duck.execute("SET TimeZone = 'UTC'")


def wanted(stem, column, rows):
    """The column's values: doubles by their bits, other numbers as int64."""
    raw = (folder / f"{stem}.{column['name']}.values").read_bytes()
    absent = pa.array((folder / f"{stem}.{column['name']}.absent").read_bytes(), pa.uint8())
    if column["type"] == "string":
        values = pa.array(json.loads(raw), pa.string())
    else:
        doubles = pa.Array.from_buffers(pa.float64(), rows, [None, pa.py_buffer(raw)])
        values = doubles.view(pa.int64()) if column["type"] == "double" else doubles.cast(pa.int64())
    return pc.if_else(pc.equal(absent, 1), pa.scalar(None, values.type), values)


def plain(values, kind):
    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    if kind == "string":
        return values.cast(pa.string())
    if kind == "double":
        return values.view(pa.int64())
    if kind == "date":
        return values.cast(pa.int32()).cast(pa.int64())
    if kind == "timestamp":
        return values.cast(pa.timestamp("ms", "UTC")).cast(pa.int64())
    return values


count = 0
wrong = []
for file in folder.glob("*.parquet"):
    about = json.loads((folder / f"{file.stem}.json").read_text())
    parquet = pq.ParquetFile(file)
    table = parquet.read()
    table.validate(full=True)
    readers = {"pyarrow": table, "duckdb": duck.execute(f"SELECT * FROM '{file}'").to_arrow_table()}
    for column in about["columns"]:
        expected = wanted(file.stem, column, about["rows"])
        for reader, read in readers.items():
            got = plain(read.column(column["name"]), column["type"])
            count += len(got)
            if not got.equals(expected):
                row = next(i for i in range(len(expected)) if i >= len(got) or got[i] != expected[i])
                wrong.append([reader, column, about["rows"], row, str(expected[row]), str(got[row])])
        group = parquet.metadata.row_group(0)
        chunk = next(c for c in map(group.column, range(group.num_columns)) if c.path_in_schema == column["name"])
        if chunk.statistics.null_count != expected.null_count:
            wrong.append(["statistics", column, chunk.statistics.null_count, expected.null_count])
print(json.dumps({"values": count, "wrong": wrong}))
