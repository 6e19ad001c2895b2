"""
Makes the lakes of this folder: what release 0.1.0 leaves behind after what people do to logs, groups and
settings. `verify` said ok of most of them.

    make.py TICKLAKE-0.1.0 [NAME...]

Each folder holds a lake, and the log beside it as it was at the end. Those that need Kafka are made by
make_on_kafka.py.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import sys

PROGRAM = os.path.abspath(sys.argv[1])
HERE = os.path.dirname(os.path.abspath(__file__))


class Home:
    def __init__(self, name):
        self.path = os.path.join(HERE, name)
        shutil.rmtree(self.path, ignore_errors=True)
        os.makedirs(self.path)

    def run(self, *args):
        env = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}
        subprocess.run(
            [PROGRAM, *args, "--home", self.path], env=env, cwd=self.path, check=True, capture_output=True
        )

    def produce(self, count, seed=1):
        self.run("produce", "--rate", "max", "-n", str(count), "--seed", str(seed))

    def consume(self, *args):
        self.run("consume", "--until-end", *args)

    def sql(self, statement, parameters=()):
        log = sqlite3.connect(os.path.join(self.path, "log.sqlite"))
        with log:
            found = log.execute(statement, parameters).fetchall()
        log.close()
        return found

    def committed(self):
        return self.sql("SELECT * FROM committed")

    def new_log(self, keep_offsets):
        kept = self.committed()
        for end in ("", "-wal", "-shm"):
            path = os.path.join(self.path, "log.sqlite" + end)
            if os.path.exists(path):
                os.remove(path)
        return kept if keep_offsets else []

    def commit(self, rows):
        for row in rows:
            self.sql("INSERT OR REPLACE INTO committed VALUES (?, ?, ?, ?, ?)", row)

    def objects(self):
        folder = os.path.join(self.path, "lake")
        return sorted(os.path.join(d, f) for d, _, files in os.walk(folder) for f in files)

    def close(self):
        log = sqlite3.connect(os.path.join(self.path, "log.sqlite"))
        log.execute("PRAGMA journal_mode = DELETE")
        log.execute("PRAGMA page_size = 512")
        log.execute("VACUUM")
        log.close()
        shutil.rmtree(os.path.join(self.path, "lake", ".writing"), ignore_errors=True)


def topic_again():
    """The topic is created again, and consumed the same day with another --flush-rows."""
    home = Home("topic-again")
    home.produce(40)
    home.consume()
    home.new_log(keep_offsets=False)
    home.produce(40, seed=2)
    home.consume("--flush-rows", "7")
    home.close()


def topic_again_running():
    """The topic is created again while the group's offsets stay; the new log becomes longer."""
    home = Home("topic-again-running")
    home.produce(40)
    home.consume()
    kept = home.new_log(keep_offsets=True)
    home.produce(120, seed=2)
    home.commit(kept)
    home.consume()
    home.close()


def offsets_deleted():
    home = Home("offsets-deleted")
    home.produce(40)
    home.consume()
    home.sql("DELETE FROM committed")
    home.produce(20, seed=2)
    home.consume()
    home.close()


def second_group():
    home = Home("second-group")
    home.produce(40)
    home.consume()
    home.produce(20, seed=2)
    home.consume("--group", "second")
    home.close()


def moved(name, offset):
    home = Home(name)
    home.produce(40)
    home.consume()
    home.produce(60, seed=2)
    home.sql(f"UPDATE committed SET next_offset = {offset}, metadata = ''")
    home.consume("--flush-rows", "9")
    home.close()


def shorter_log():
    """The topic is created again with fewer messages than the group has committed."""
    home = Home("shorter-log")
    home.produce(80)
    home.consume()
    kept = home.new_log(keep_offsets=True)
    home.produce(8, seed=2)
    home.commit(kept)
    home.close()


def two_formats():
    home = Home("two-formats")
    home.produce(40)
    home.consume()
    home.produce(40, seed=2)
    home.consume("--format", "jsonl")
    home.close()


def two_types():
    """The schema says "long" of a column, then "double"."""
    home = Home("two-types")
    home.produce(40)
    home.consume()
    home.produce(40, seed=2)
    with open(os.path.join(HERE, "..", "..", "..", "data", "index_quotes.schema.json")) as file:
        schema = json.load(file)
    # What release 0.1.0 does not know.
    for column in schema["columns"]:
        column.pop("aliases", None)
        column.pop("description", None)
        if column["name"] == "volume":
            column["type"] = "double"
    path = os.path.join(home.path, "schema.json")
    with open(path, "w") as file:
        json.dump({name: schema[name] for name in ("table", "key", "columns")}, file)
    home.consume("--schema", path)
    os.remove(path)
    home.close()


def two_clusters():
    """Two logs of one topic's name, with a group each, into one lake."""
    other = Home("two-clusters-other")
    other.produce(40)
    other.consume()
    home = Home("two-clusters")
    shutil.move(os.path.join(other.path, "lake"), os.path.join(home.path, "lake"))
    shutil.rmtree(other.path)
    home.produce(50, seed=2)
    home.consume("--flush-rows", "7")
    home.close()


def late_object():
    """A zombie's object of a range that was taken back and written in another form lands late."""
    home = Home("late-object")
    home.produce(40)
    home.consume("--flush-rows", "6")
    first = home.objects()[0]
    begin = first.rindex("-")
    shutil.copy(first, first[: begin + 1] + "%016d.parquet" % 9)
    home.close()


def row_and_letter():
    """What was a row under other rules is a dead letter after an upgrade within a flush."""
    home = Home("row-and-letter")
    home.produce(40)
    home.consume()
    row = home.objects()[0]
    letter = row.replace("/lake/", "/lake/dead_letter/").replace(".parquet", ".jsonl")
    os.makedirs(os.path.dirname(letter))
    partition = int(os.path.basename(row).split("-")[-3])
    with open(letter, "w") as file:
        file.write(
            '{"topic":"index-quotes","partition":%d,"offset":0,"timestamp":"2026-11-26T00:00:00.000Z",'
            '"reason":"empty value","key":null,"value":"","headers":[]}\n' % partition
        )
    home.close()


def truncated():
    """An older copy of the log is restored after a loss, and gets other messages; consume goes on."""
    home = Home("truncated")
    path = os.path.join(home.path, "log.sqlite")
    home.produce(20)
    home.consume()
    # Into the file itself: the copy is of it alone.
    home.sql("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(path, path + ".copy")
    home.produce(40, seed=2)
    home.consume()
    kept = home.new_log(keep_offsets=True)
    os.rename(path + ".copy", path)
    home.produce(60, seed=3)
    home.commit(kept)
    home.consume()
    home.close()


def begun_late():
    """Begun with --from latest, as was meant; nothing says so."""
    home = Home("begun-late")
    home.produce(40)
    home.consume("--from", "latest")
    home.produce(40, seed=2)
    home.consume()
    home.close()


LAKES = {
    "topic-again": topic_again,
    "topic-again-running": topic_again_running,
    "offsets-deleted": offsets_deleted,
    "second-group": second_group,
    "moved-forward": lambda: moved("moved-forward", "next_offset + 5"),
    "moved-back": lambda: moved("moved-back", "max(0, next_offset - 5)"),
    "shorter-log": shorter_log,
    "two-formats": two_formats,
    "two-types": two_types,
    "two-clusters": two_clusters,
    "late-object": late_object,
    "row-and-letter": row_and_letter,
    "truncated": truncated,
    "begun-late": begun_late,
}

for name in sys.argv[2:] or LAKES:
    LAKES[name]()
