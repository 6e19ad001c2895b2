"""
Writes the Parquet objects below a prefix anew with pyarrow, all columns, and prints bytes a row as JSON, by
compression. Argument: prefix.
"""
import io
import json
import os
import sys
import pyarrow.parquet as pq
import s3fs

s3 = s3fs.S3FileSystem(
    key=os.environ["AWS_ACCESS_KEY_ID"],
    secret=os.environ["AWS_SECRET_ACCESS_KEY"],
    client_kwargs={"endpoint_url": os.environ["AWS_ENDPOINT_URL"], "region_name": "us-east-1"},
)
sizes = {"snappy": 0, "zstd": 0}
rows = 0
for path in s3.find(f"{os.environ['AWS_S3_BUCKET']}/{sys.argv[1]}"):
    if not path.endswith(".parquet"):
        continue
    with s3.open(path, "rb") as file:
        table = pq.ParquetFile(io.BytesIO(file.read())).read()
    rows += table.num_rows
    for compression in sizes:
        out = io.BytesIO()
        pq.write_table(table, out, compression=compression)
        sizes[compression] += out.tell()
print(json.dumps({compression: size / rows for compression, size in sizes.items()}))
