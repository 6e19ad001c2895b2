"""Message sets of forms 0 and 1 as kafka-python wrote them for Kafka before 0.11; a line of JSON each."""
import base64, json
from kafka.record.legacy_records import LegacyRecordBatchBuilder

for magic in 0, 1:
    for codec in (0, 1, 2, 3) if magic else (0, 1, 2):  # LZ4 of form 0 needs a library of its own.
        for count in 1, 2, 50:
            builder = LegacyRecordBatchBuilder(magic, codec, 10**9)
            for i in range(count):
                key = None if i % 3 == 0 else f"key {i}".encode()
                value = None if i % 5 == 4 else (b"" if i % 5 == 3 else f"value {i}".encode() * (i + 1))
                builder.append(i, timestamp=1000 + i if magic else None, key=key, value=value)
            line = {"magic": magic, "codec": codec, "count": count}
            print(json.dumps({**line, "bytes": base64.b64encode(bytes(builder.build())).decode()}))
