"""Rewrites an Iceberg table with pyiceberg, again and again, beside whoever writes it, until its
input ends, and at least once.

rewrite_beside.py REST_URI NAMESPACE TABLE

Each time the rows of one Kafka partition are read and replace the former files, which removes their names; a
commit that conflicts with another one is given up, as pyiceberg does. Prints {"done", "given_up"}.
"""
import json
import sys
import threading
import time

from pyiceberg.catalog.rest import RestCatalog
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError, ValidationException

uri, namespace, name = sys.argv[1:]
catalog = RestCatalog("rest", uri=uri)
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
counts = {"done": 0, "given_up": 0}
number = 0
while not (ended.is_set() and counts["done"] > 0):
    try:
        table = catalog.load_table((namespace, name))
        where = f"kafka_partition = {number % 4} and kafka_offset < {5000 * (1 + number // 4)}"
        rows = table.scan(row_filter=where).to_arrow()
        if rows.num_rows > 0:
            table.overwrite(rows, overwrite_filter=where)
            counts["done"] += 1
        number += 1
    except NoSuchTableError:
        pass
    # ValidationException: others have added rows that it would have had to read as well.
    except (CommitFailedException, ValidationException):
        counts["given_up"] += 1
    time.sleep(0.2)
print(json.dumps(counts))
