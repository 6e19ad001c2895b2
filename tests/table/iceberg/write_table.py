"""Changes an Iceberg table whose folder is its catalog, as another program would.

write_table.py METADATA.json overwrite|delete|expire

pyiceberg has no catalog of that kind: one in memory takes the table, and its last metadata file becomes
the next version of the folder's.
"""
import os
import re
import sys
import tempfile

from pyiceberg.catalog.sql import SqlCatalog

metadata, what = sys.argv[1:]
with tempfile.TemporaryDirectory() as folder:
    catalog = SqlCatalog("test", uri=f"sqlite:///{folder}/catalog.sqlite", warehouse=f"file://{folder}")
    catalog.create_namespace("lake")
    table = catalog.register_table("lake.quotes", f"file://{metadata}")
    if what == "overwrite":
        table.overwrite(table.scan().to_arrow())
    elif what == "expire":
        current = table.current_snapshot().snapshot_id
        former = [snapshot.snapshot_id for snapshot in table.snapshots()]
        former.remove(current)
        table.maintenance.expire_snapshots().by_ids(former).commit()
    else:
        table.delete("close < 5000")
    written = re.sub("^file://", "", catalog.load_table("lake.quotes").metadata_location)
version = int(re.search(r"v(\d+)\.metadata\.json$", metadata).group(1)) + 1
target = re.sub(r"v\d+\.metadata\.json$", f"v{version}.metadata.json", metadata)
os.link(written, target)
with open(os.path.join(os.path.dirname(target), "version-hint.text"), "w") as hint:
    hint.write(str(version))
