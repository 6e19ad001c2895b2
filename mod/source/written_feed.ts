import type { MessageWriter } from "../message/message_writer.ts";
import type { RowFeed } from "./row_feed.ts";

/** A feed's rows, written in another format than JSON. */
export function writtenFeed(feed: RowFeed, write: MessageWriter): RowFeed {
  return {
    async next(max) {
      const rows = await feed.next(max);
      return rows?.map(({ key, value }) => ({ key, value: write(value) })) ?? null;
    },
    close: () => feed.close(),
  };
}
