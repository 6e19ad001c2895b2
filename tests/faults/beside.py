"""Changes an Iceberg table with pyiceberg, again and again, beside whoever writes it."""
import json
import sys
import threading
import time

from pyiceberg.exceptions import CommitFailedException, NoSuchTableError, ValidationException


def change_beside(catalog, name, change):
    """
    Calls change(table) until standard input ends and one commit is made. It returns whether it has committed. A
    commit that conflicts with another one is given up, as pyiceberg does. Prints {"done", "given_up"}: commits.
    """
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    counts = {"done": 0, "given_up": 0}
    while not (ended.is_set() and counts["done"] > 0):
        try:
            counts["done"] += change(catalog.load_table(name))
        except NoSuchTableError:
            pass
        # ValidationException: others have changed files that it would have had to read or rewrite.
        except (CommitFailedException, ValidationException):
            counts["given_up"] += 1
        time.sleep(0.2)
    print(json.dumps(counts))
