"""Rewrites an Iceberg table with pyiceberg, again and again, beside whoever writes it, until its
input ends, and at least once.

rewrite_beside.py REST_URI NAMESPACE TABLE

Each time the rows of one Kafka partition are read and replace the former files, which removes their names. Prints
what `beside.py` says.
"""
import sys

from pyiceberg.catalog.rest import RestCatalog

from beside import change_beside

uri, namespace, name = sys.argv[1:]
number = 0


def rewrite_some(table):
    global number
    where = f"kafka_partition = {number % 4} and kafka_offset < {5000 * (1 + number // 4)}"
    rows = table.scan(row_filter=where).to_arrow()
    if rows.num_rows > 0:
        table.overwrite(rows, overwrite_filter=where)
    number += 1
    return rows.num_rows > 0


change_beside(RestCatalog("rest", uri=uri), (namespace, name), rewrite_some)
