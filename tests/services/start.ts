/**
 * Starts the services of the tests and keeps them until SIGINT or SIGTERM:
 *
 *     deno run -A tests/services/start.ts &
 *     . .tools/services.env && deno test -A tests/broker
 */
import { startServices } from "./start_services.ts";
import type { Need } from "./services.ts";
import { TOOLS } from "./tools_folder.ts";

const folder = Deno.makeTempDirSync({ prefix: "ticklake-services-" });
const { env, missing, stop } = await startServices(
  folder,
  new Set<Need>(["kafka", "aws", "real-s3", "python"]),
);
const file = `${TOOLS}/services.env`;
const lines = Object.entries(env).map(([name, value]) => `export ${name}='${value}'\n`);
Deno.writeTextFileSync(file, lines.join(""));
for (const [name, reason] of Object.entries(missing)) console.error(`no ${name}: ${reason}`);
console.error(`wrote ${file}`);

await new Promise<void>((resolve) => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, resolve);
});
await stop();
Deno.removeSync(file);
Deno.removeSync(folder, { recursive: true });
Deno.exit(0);
