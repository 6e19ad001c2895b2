import { noSuchTopic } from "../broker/absent_topic.ts";
import type { CommandContext } from "../cli/command.ts";
import { startEncoder } from "../lake/format/encoder.ts";
import { openMessageForm } from "../message/open_message_form.ts";
import { replayDeadLetters } from "../repair/replay_dead_letters.ts";
import { MessageReader } from "../schema/message_reader.ts";
import { Layouts } from "../sink/layouts.ts";
import { logWriter } from "../sink/log_writer.ts";
import { countText, numberText } from "../terminal/amount_text.ts";
import { Progress } from "../terminal/progress.ts";
import { messageSchema } from "./message_schema.ts";
import { openExistingBroker } from "./open_broker.ts";
import { openLake } from "./open_lake.ts";
import { openTable } from "./open_table.ts";
import { stoppedFailure } from "./stopped_failure.ts";

/** `dead-letters replay`: writes those that are rows by the current schema to the table. */
export async function run(context: CommandContext): Promise<number> {
  const { settings, output, signal } = context;
  const { topic, group, format, partitionBy, compression, day, dryRun } = settings;
  const schema = await messageSchema(settings, signal);
  const form = await openMessageForm(settings, signal);
  const store = await openLake(settings);
  const encoder = startEncoder();
  try {
    const broker = await openExistingBroker(settings, { signal });
    const { table, close } = await openTable(settings, schema, store, output);
    try {
      const identity = await broker.log(topic, { signal });
      if (identity === null) {
        throw await noSuchTopic(broker, topic, { signal });
      }
      const writer = logWriter({ broker, topic, group });
      const log = await table.log({ topic, ...identity }, writer, { signal });
      const layouts = await Layouts.of(schema, format, partitionBy, compression);
      const progress = new Progress(output, "replayed", "object");
      const summary = await replayDeadLetters({
        store,
        log,
        positions: await log.positions([], { signal }),
        schema,
        reader: new MessageReader(
          schema,
          form.check(schema, { note: output.note }),
          form.isPlainJson,
        ),
        form,
        layout: layouts.current,
        encoder,
        topic,
        partition: settings.readPartition,
        day,
        dryRun,
        signal,
        onProgress: (done, all) => progress.update(done, all),
      });
      output.progress("");
      output.document({ ...summary, dryRun });
      output.line(
        `${countText(summary.letters, "dead letter")}, ${numberText(summary.rows)} of them ` +
          (dryRun ? "would be rows" : `are rows now, in ${countText(summary.objects, "object")}`),
      );
      return 0;
    } finally {
      close();
      await broker.close();
    }
  } catch (error) {
    throw stoppedFailure(error, context, "repeat the command to complete the replay");
  } finally {
    output.progress("");
    encoder.close();
    store.close();
  }
}
