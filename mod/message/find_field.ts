import { atPath } from "../schema/at_path.ts";
import type { Column } from "../schema/schema.ts";
import type { Fields } from "./fields.ts";

/**
 * Finds columns' values among a message's fields: by wire name, by the path that it may be (`data.c`
 * is `c` in `data`, `bars.0.c` the first element's), and, where declared, without regard to case, by
 * lake name and alias.
 */
export function fieldFinder(fields: Fields, byAnyName: boolean): (column: Column) => unknown {
  let others: Map<string, unknown> | undefined;
  return ({ wire, name, aliases = [] }) => {
    if (Object.hasOwn(fields, wire)) return fields[wire];
    const nested = wire.includes(".") ? atPath(fields, wire.split(".")) : undefined;
    if (nested !== undefined || !byAnyName) return nested;
    others ??= new Map(Object.entries(fields).map(([key, value]) => [plain(key), value]));
    for (const other of [wire, name, ...aliases]) {
      const value = others.get(plain(other));
      if (value !== undefined) return value;
    }
    return undefined;
  };
}

function plain(name: string): string {
  return name.trim().toLowerCase();
}
