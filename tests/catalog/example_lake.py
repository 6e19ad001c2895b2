"""Writes a lake of random quotes as Hive-partitioned Parquet: DIRECTORY ROWS.

Each row is a message with a quote of one of 14 indices and a trading day. A quote is sent about a
hundred times, each time with other prices: only the last message counts.
"""
import os
import sys

import duckdb

directory, rows = sys.argv[1], int(sys.argv[2])
CHUNK = 25_000
INDICES = "IXIC NYA GSPTSE HSI N225 SSMI TWII GDAXI NSEI J203.JO 000001.SS 399001.SZ N100 GSPC".split()

db = duckdb.connect()
db.execute("SELECT setseed(0.5)")
db.execute("SET threads = 1")
db.execute(
    """
    CREATE TABLE messages AS
    WITH days AS (
      SELECT unnest(generate_series(DATE '2023-01-02', DATE '2025-12-31', INTERVAL 1 DAY))::DATE AS day
    ), trading AS (
      SELECT day, row_number() OVER (ORDER BY day) - 1 AS n FROM days
      WHERE dayofweek(day) BETWEEN 1 AND 5
        AND day NOT BETWEEN DATE '2024-02-08' AND DATE '2024-02-18'
    ), drawn AS (
      SELECT i, (random() * 13.999)::INT % 14 AS k, floor(random() * (SELECT count(*) FROM trading)) AS n,
        random() AS a, random() AS b, random() AS c, random() AS d
      FROM range(?) t(i)
    ), priced AS (
      SELECT i, k, day, 1000 * (k + 1) * (1 + 0.1 * sin(t.n / 60.0)) * (0.98 + 0.04 * a) AS close,
        b, c, d
      FROM drawn JOIN trading t ON t.n = drawn.n
    )
    SELECT ?[k + 1] AS "index", day AS "date",
      close * (0.99 + 0.02 * b) AS open,
      close * (1.01 + 0.02 * c) AS high,
      close * (0.97 + 0.02 * d) AS low,
      close, close AS adj_close,
      (1e9 * b)::BIGINT AS volume,
      close * 0.9 AS close_usd,
      (k % 4)::BIGINT AS kafka_partition,
      row_number() OVER (PARTITION BY k % 4 ORDER BY i) - 1 AS kafka_offset
    FROM priced
    """,
    [rows, INDICES],
)
files = db.execute(
    "SELECT kafka_partition, kafka_offset // ?, min(kafka_offset), max(kafka_offset) FROM messages GROUP BY 1, 2",
    [CHUNK],
).fetchall()
for partition, chunk, first, last in files:
    day = f"2026-11-{1 + chunk % 28:02}"
    folder = f"{directory}/index_quotes/dt={day}"
    os.makedirs(folder, exist_ok=True)
    db.execute(
        f"""
        COPY (
          SELECT *, (TIMESTAMP '{day} 00:00:00' + INTERVAL 1 MILLISECOND * (kafka_offset % 86400000))::TIMESTAMP_MS
            AS kafka_timestamp
          FROM messages WHERE kafka_partition = {partition} AND kafka_offset BETWEEN {first} AND {last}
          ORDER BY kafka_offset
        ) TO '{folder}/index-quotes-{partition}-{first:016}-{last:016}.parquet' (FORMAT parquet, CODEC snappy)
        """
    )
