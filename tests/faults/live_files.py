"""Prints the data files of an Iceberg table's current snapshot, by pyiceberg, one a line, below the lake's root.

live_files.py '{"metadata" | "rest", "root", "properties"}'

`metadata` is the newest metadata file, `rest` {uri, namespace, table} of a REST catalog.
"""
import json
import sys

from pyiceberg.catalog.rest import RestCatalog
from pyiceberg.table import StaticTable

config = json.loads(sys.argv[1])
if "rest" in config:
    rest = config["rest"]
    catalog = RestCatalog("rest", uri=rest["uri"], **config["properties"])
    table = catalog.load_table((rest["namespace"], rest["table"]))
else:
    table = StaticTable.from_metadata(config["metadata"], config["properties"])
for task in table.scan().plan_files():
    print(task.file.file_path.removeprefix(config["root"]))
