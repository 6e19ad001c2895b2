import { Failure } from "../../failure/failure.ts";
import type { LakeStore } from "../../lake/store.ts";
import type { LogWriter, TableCallOptions } from "../table.ts";
import { stateName } from "./state_names.ts";
import { listState, ofKind, recordBytes } from "./table_state.ts";

const DIGITS = 12;

/**
 * Registers the group that writes a log. A group's coordinator fences only the members of that
 * group: two groups would each write every offset, so only one may write a log.
 * @throws {Failure} kind `usage`, when another group writes the log
 */
export async function registerGroup(
  store: LakeStore,
  table: string,
  folder: string,
  { group, takeOver }: Pick<LogWriter, "group" | "takeOver">,
  options: TableCallOptions,
): Promise<void> {
  const bytes = new TextEncoder().encode(group);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex().slice(
    0,
    DIGITS,
  );
  const list = async () =>
    ofKind(await listState(store, table, { ...options, below: folder }), "group");
  const groups = await list();
  const others = groups.filter((one) => one.hash !== hash);
  if (others.length > 0 && !takeOver) throw await refusal(others[0].name);
  if (others.length === groups.length) {
    const name = stateName(table, { kind: "group", folder, hash });
    await store.put(name, recordBytes({ group }), options);
    // Another may have registered at the same time: one of the two gives way.
    const first = (await list()).map((one) => one.hash).sort()[0];
    if (!takeOver && first !== hash) {
      const [winner] = (await list()).filter((one) => one.hash === first);
      await store.remove(name);
      throw await refusal(winner.name);
    }
  }
  for (const { name } of others) await store.remove(name);

  async function refusal(name: string): Promise<Failure> {
    const other = JSON.parse(new TextDecoder().decode(await store.get(name, options))).group;
    return new Failure(
      "usage",
      `table ${table} is written by group ${other}; a second group, ${group}, would write every row ` +
        "a second time",
      {
        fix:
          `Use --group ${other}. If no consume of ${other} is running any more, use --take-over once; the ` +
          `new group resumes where the table ends.`,
      },
    );
  }
}
