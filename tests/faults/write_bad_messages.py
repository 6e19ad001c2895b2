"""
Writes messages of which most are no rows to a topic, with each codec of Kafka in turn.

    write_bad_messages.py SERVERS TOPIC COUNT FIRST_NUMBER SEED

Rows carry numbers from FIRST_NUMBER on in Volume; with those from 0 come values of 10 MiB too. Prints, as JSON, how many messages there are, how
many must become rows and how many must not; the others (duplicate names) may be either.
"""

import json
import random
import sys

from kafka import KafkaProducer

servers, topic, count, first, seed = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
chance = random.Random(seed)
number = first

QUOTE = {
    "Index": "HSI", "Date": "2024-01-02", "Open": 2.5, "High": 3, "Low": 1, "Close": 2,
    "Adj Close": 2, "Volume": 0, "CloseUSD": 0.5,
}
NUMBERS = ["Open", "High", "Low", "Close", "Adj Close", "CloseUSD"]
# A quote is one without these, too.
OPTIONAL = {"Adj Close", "CloseUSD"}


def quote(**changed):
    global number
    number += 1
    return {**QUOTE, "Index": f"IX{number % 50}", "Volume": number - 1, **changed}


def text(row):
    return json.dumps(row).encode()


def with_raw(name, raw):
    """A quote with any text in place of one value."""
    return json.dumps(quote(**{name: "@"})).replace('"@"', raw).encode()


def one_number():
    return chance.choice(NUMBERS)


def binary():
    return chance.randbytes(chance.randint(1, 300))


def truncated():
    whole = text(quote())
    return whole[: chance.randint(1, len(whole) - 1)]


def wrong_type():
    name = chance.choice(NUMBERS)
    raw = chance.choice(['"1"', "true", "null", "[1]", '{"a":1}', '""'])
    return with_raw(name if raw != "null" else "Open", raw)


def no_number():
    return with_raw(one_number(), chance.choice(["NaN", "Infinity", "-Infinity", "1e400", "01", ".5"]))


def missing():
    row = quote()
    del row[chance.choice([name for name in QUOTE if name not in OPTIONAL])]
    return text(row)


def out_of_bounds():
    return text(quote(**chance.choice([{"Open": -1}, {"High": 0.5}, {"Volume": -1}, {"Volume": 0.5},
                                       {"Date": "2024-02-30"}, {"Date": "02.01.2024"}, {"Index": "x" * 65},
                                       {"Index": ""}, {"Volume": 2**53}])))


def deep():
    depth = chance.choice([100] * 10 + [10_000] * 10 + [100_000])
    return chance.choice([b"[" * depth, b'{"a":' * depth, b"[" * depth + b"]" * depth])


def surrogate():
    """A surrogate, alone: as bytes that no UTF-8 has, and by JSON's escape."""
    return text(quote()).replace(b"IX", chance.choice([b"\xed\xa0\x80", b"\\ud800"]), 1)


def proto():
    """All of the row in the prototype."""
    return json.dumps({"__proto__": quote()}).encode()


def no_object():
    return chance.choice([b"null", b"1", b'"x"', b"[]", b"", b" ", b"\xef\xbb\xbf{}", b"\x00", b"{} {}"])


def duplicate():
    return text(quote())[:-1] + b', "Open": ' + chance.choice([b"1", b'"x"', b"null"]) + b"}"


def plain():
    return text(quote())


def odd_form():
    """Rows all the same: other names besides, another order, escapes, white space, large numbers."""
    row = quote()
    return chance.choice([
        lambda: text({**row, "__proto__": {"Open": "x"}, "constructor": None, "more": [[[]]]}),
        lambda: text(dict(reversed(row.items()))),
        lambda: json.dumps(row, indent=3).encode(),
        lambda: text({**row, "Index": "\ud83d\ude00é\u0000/..%"}),
        lambda: text({**row, "Open": 1.7e308, "High": 1.7e308}),
        lambda: text(row).replace(b'"Open"', b'"Op\\u0065n"'),
        lambda: text({**row, "deep": json.loads("[" * 400 + "]" * 400)}),
        lambda: json.dumps({**row, "Volume": float(row["Volume"])}).encode(),
        lambda: text({name: value for name, value in row.items() if name not in OPTIONAL}),
        lambda: text({**row, "Adj Close": None}),
    ])()


BAD = [binary, truncated, wrong_type, no_number, missing, out_of_bounds, deep, surrogate, proto,
       no_object, lambda: None]
GOOD = [plain, odd_form]
EITHER = [duplicate]


def make():
    kind = chance.choices(["bad", "good", "either"], [80, 17, 3])[0]
    return kind, chance.choice({"bad": BAD, "good": GOOD, "either": EITHER}[kind])()


def some_headers():
    if chance.random() < 0.7:
        return []
    return [(chance.choice(["trace", "é", ""]), chance.choice([b"1", b"", b"\xff\x00"]))
            for _ in range(chance.randint(1, 4))]


def some_key():
    return chance.choice([None, b"", b"IX1", b"\xff\xfe", b"k" * 300, str(chance.random()).encode()])


made = {"bad": 0, "good": 0, "either": 0}
CODECS = [None, "gzip", "snappy", "lz4", "zstd"]
producers = [
    KafkaProducer(bootstrap_servers=servers, compression_type=codec, linger_ms=5,
                  max_request_size=16 << 20)
    for codec in CODECS
]
for i in range(count):
    kind, value = make()
    made[kind] += 1
    key = some_key()
    if value is None and key is None:
        key = b""  # kafka-python sends no message without both.
    producers[i % len(CODECS)].send(topic, key=key, value=value, headers=some_headers())
# No text at all, a text that compresses well, a quote with all that besides.
large = [
    ("bad", chance.randbytes(10 << 20)),
    ("bad", b'"' + b"x" * (10 << 20) + b'"'),
    ("good", text({**quote(), "more": "x" * (10 << 20)})),
]
for i, (kind, value) in enumerate(large if first == 0 else []):
    made[kind] += 1
    producers[(i + seed) % len(CODECS)].send(topic, key=b"IX2", value=value).get(60)
for producer in producers:
    producer.flush()
    producer.close()
print(json.dumps({"all": sum(made.values()), **made}))
