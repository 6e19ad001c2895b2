"""Deletes rows of an Iceberg table with pyiceberg, again and again, beside whoever writes it, until its input
ends, and at least once.

delete_beside.py REST_URI NAMESPACE TABLE DELETED SEED

Each time some of the offsets that one Kafka partition has in the table are deleted; pyiceberg rewrites the files
that have them. A commit that conflicts with another one is given up, as pyiceberg does. Writes the deleted places into
the file DELETED, `PARTITION OFFSET` a line, and prints {"done", "given_up"}: commits.
"""
import json
import random
import sys
import threading
import time

from pyiceberg.catalog.rest import RestCatalog
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError, ValidationException
from pyiceberg.expressions import And, EqualTo, GreaterThanOrEqual, In, LessThan

# Offsets deleted by one commit, and the length of the range that they are chosen from.
OFFSETS, AMONG = 40, 3000

uri, namespace, name, path, seed = sys.argv[1:]
chance = random.Random(int(seed))
catalog = RestCatalog("rest", uri=uri)
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
counts = {"done": 0, "given_up": 0}
with open(path, "w") as deleted:
    while not (ended.is_set() and counts["done"] > 0):
        try:
            table = catalog.load_table((namespace, name))
            number = chance.randrange(4)
            partition = EqualTo("kafka_partition", number)
            ends = table.scan(row_filter=partition, selected_fields=("kafka_offset",), limit=AMONG)
            first = chance.choice(ends.to_arrow()["kafka_offset"].to_pylist() or [0])
            among = And(GreaterThanOrEqual("kafka_offset", first), LessThan("kafka_offset", first + AMONG))
            scan = table.scan(row_filter=And(partition, among), selected_fields=("kafka_offset",))
            found = scan.to_arrow()["kafka_offset"].to_pylist()
            if found:
                gone = chance.sample(found, min(OFFSETS, len(found)))
                table.delete(And(partition, In("kafka_offset", gone)))
                deleted.writelines(f"{number} {offset}\n" for offset in gone)
                counts["done"] += 1
        except NoSuchTableError:
            pass
        # ValidationException: others have changed files that it would have to rewrite.
        except (CommitFailedException, ValidationException):
            counts["given_up"] += 1
        time.sleep(0.2)
print(json.dumps(counts))
