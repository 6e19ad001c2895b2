import type {
  InspectedGroup,
  InspectedPartition,
  TopicDescription,
  TopicInspector,
  TopicSummary,
} from "../topic_inspector.ts";
import { isThere } from "./existing_log.ts";
import { LogFile } from "./log_file.ts";

/** What there is to see where there is no log yet. */
const NOTHING: TopicInspector = {
  topics: () => Promise.resolve([]),
  describe: () => Promise.resolve(null),
  offsetsAt: () => Promise.resolve(new Map()),
  close: () => Promise.resolve(),
};

/**
 * Opens the embedded log to look into its topics; one that does not exist is not created.
 * @throws {Failure} as {@linkcode LogFile.open}
 */
export async function openEmbeddedTopicInspector(path: string): Promise<TopicInspector> {
  if (!await isThere(path)) return NOTHING;
  return new EmbeddedTopicInspector(await LogFile.open(path));
}

class EmbeddedTopicInspector implements TopicInspector {
  readonly #file: LogFile;

  constructor(file: LogFile) {
    this.#file = file;
  }

  topics(): Promise<TopicSummary[]> {
    return this.#read(
      "SELECT topic, count(*) AS partitions FROM log GROUP BY topic ORDER BY topic",
    );
  }

  async describe(topic: string): Promise<TopicDescription | null> {
    const rows = await this.#read<Pick<InspectedPartition, "partition" | "low" | "high" | "bytes">>(
      `SELECT partition, low, high, coalesce(sum(length(data)), 0) AS bytes
         FROM log LEFT JOIN block ON block.log = log.id
        WHERE topic = ? GROUP BY log.id ORDER BY partition`,
      topic,
    );
    if (rows.length === 0) return null;
    const partitions = rows.map((row) => ({ ...row, leader: null, replicas: [], inSync: [] }));
    return { topic, partitions, settings: {}, groups: await this.#groups(topic) };
  }

  async #groups(topic: string): Promise<InspectedGroup[]> {
    const rows = await this.#read<
      { name: string; members: number; partition: number; committed: number; lag: number }
    >(
      `SELECT committed.consumer_group AS name, committed.partition, next_offset AS committed,
              max(0, high - next_offset) AS lag,
              (SELECT count(*) FROM member WHERE member.topic = committed.topic
                  AND member.consumer_group = committed.consumer_group) AS members
         FROM committed JOIN log USING (topic, partition)
        WHERE committed.topic = ? ORDER BY name, committed.partition`,
      topic,
    );
    return [...Map.groupBy(rows, ({ name }) => name)].map(([group, own]) => ({
      group,
      state: own[0].members > 0 ? "Stable" : "Empty",
      members: own[0].members,
      partitions: own.map(({ partition, committed, lag }) => ({ partition, committed, lag })),
    }));
  }

  async offsetsAt(topic: string, timeMs: number): Promise<Map<number, number>> {
    // All messages of a block have one timestamp, and blocks are in the order of their appends.
    const rows = await this.#read<{ partition: number; offset: number }>(
      `SELECT partition, coalesce(
          (SELECT min(first) FROM block WHERE block.log = log.id AND timestamp >= ?), high) AS offset
         FROM log WHERE topic = ?`,
      timeMs,
      topic,
    );
    return new Map(rows.map(({ partition, offset }) => [partition, offset]));
  }

  async #read<T>(sql: string, ...values: Array<string | number>): Promise<T[]> {
    const rows = await this.#file.read(() => this.#file.statement(sql).all(...values));
    return rows.map((row) => ({ ...row })) as T[];
  }

  close(): Promise<void> {
    this.#file.close();
    return Promise.resolve();
  }
}
