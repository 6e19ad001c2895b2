"""Makes an Iceberg table in S3 with pyiceberg, an append for each list of offsets, and prints its metadata file.

table_of_others.py '{"location", "appends", "s3": {"endpoint", "access_key", "secret_key", "region"}}'
"""
import json
import sys
import tempfile

import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog

config = json.loads(sys.argv[1])
s3 = config["s3"]
with tempfile.TemporaryDirectory() as folder:
    catalog = SqlCatalog("test", **{
        "uri": f"sqlite:///{folder}/catalog.sqlite",
        "warehouse": config["location"],
        "s3.endpoint": s3["endpoint"],
        "s3.access-key-id": s3["access_key"],
        "s3.secret-access-key": s3["secret_key"],
        "s3.region": s3["region"],
    })
    catalog.create_namespace("others")
    schema = pa.schema([("at", pa.int64()), ("of", pa.int32()), ("price", pa.float64())])
    table = catalog.create_table("others.t", schema, location=config["location"])
    for offsets in config["appends"]:
        rows = {"at": offsets, "of": [0] * len(offsets), "price": [1.0] * len(offsets)}
        table.append(pa.table(rows, schema=schema))
    print(table.metadata_location)
