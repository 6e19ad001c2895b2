"""Deletes rows of an Iceberg table with pyiceberg, again and again, beside whoever writes it, until its input
ends, and at least once.

delete_beside.py REST_URI NAMESPACE TABLE DELETED SEED

Each time some of the offsets that one Kafka partition has in the table are deleted; pyiceberg rewrites the files
that have them. Writes the deleted places into the file DELETED, `PARTITION OFFSET` a line, and prints what
`beside.py` says.
"""
import random
import sys

from pyiceberg.catalog.rest import RestCatalog
from pyiceberg.expressions import And, EqualTo, GreaterThanOrEqual, In, LessThan

from beside import change_beside

# Offsets deleted by one commit, and the length of the range that they are chosen from.
OFFSETS, AMONG = 40, 3000

uri, namespace, name, path, seed = sys.argv[1:]
chance = random.Random(int(seed))
with open(path, "w") as deleted:

    def delete_some(table):
        number = chance.randrange(4)
        partition = EqualTo("kafka_partition", number)
        ends = table.scan(row_filter=partition, selected_fields=("kafka_offset",), limit=AMONG)
        first = chance.choice(ends.to_arrow()["kafka_offset"].to_pylist() or [0])
        among = And(GreaterThanOrEqual("kafka_offset", first), LessThan("kafka_offset", first + AMONG))
        scan = table.scan(row_filter=And(partition, among), selected_fields=("kafka_offset",))
        found = scan.to_arrow()["kafka_offset"].to_pylist()
        if not found:
            return False
        gone = chance.sample(found, min(OFFSETS, len(found)))
        table.delete(And(partition, In("kafka_offset", gone)))
        deleted.writelines(f"{number} {offset}\n" for offset in gone)
        return True

    change_beside(RestCatalog("rest", uri=uri), (namespace, name), delete_some)
