"""Prints the data files of an Iceberg table's current snapshot, by pyiceberg, one a line, below the lake's root.

live_files.py '{"metadata", "root", "properties"}'
"""
import json
import sys

from pyiceberg.table import StaticTable

config = json.loads(sys.argv[1])
table = StaticTable.from_metadata(config["metadata"], config["properties"])
for task in table.scan().plan_files():
    print(task.file.file_path.removeprefix(config["root"]))
