import type { CommandContext } from "../cli/command.ts";
import { startDashboard } from "../live/dashboard.ts";
import { openMessageForm } from "../message/open_message_form.ts";
import { messageSchema } from "./message_schema.ts";
import { openExistingBroker } from "./open_broker.ts";
import { openLocalEngine } from "./open_engine.ts";
import { openReadLake } from "./open_iceberg.ts";

/** `dashboard`: a local web page, until it is stopped. */
export async function run(context: CommandContext): Promise<number> {
  const { settings, output, signal } = context;
  const { topic, group, listen, dashboardToken: token } = settings;
  const schema = await messageSchema(settings, signal);
  const form = await openMessageForm(settings, signal);
  const store = await openReadLake(settings, schema);
  try {
    const broker = await openExistingBroker(settings, { signal });
    try {
      output.note(`topic ${topic} on ${broker.description}, lake ${store.description}`);
      const openEngine = () => openLocalEngine(settings, schema);
      const options = {
        broker,
        store,
        schema,
        form,
        topic,
        group,
        listen,
        token,
        signal,
        openEngine,
      };
      const { url, faults, finished } = await startDashboard(options);
      for (const fault of faults) output.note(`warning: ${fault}`);
      output.document({ url });
      output.line(`dashboard at ${url}`);
      await finished;
    } finally {
      await broker.close();
    }
  } catch (error) {
    // Stopping is how it ends.
    if (!signal.aborted || error !== signal.reason) throw error;
  } finally {
    store.close();
  }
  return 0;
}
