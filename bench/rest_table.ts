/** A table in a REST catalog, as a line of the benchmark looks at it. */
export interface RestTable {
  /** Address of the catalog. */
  rest: string;
  namespace: string;
  table: string;
}

/** Columns of the shipped quotes by the names that their messages have. */
const COLUMNS: readonly (readonly [name: string, type: string])[] = [
  ["Index", "string"],
  ["Date", "date"],
  ["Open", "double"],
  ["High", "double"],
  ["Low", "double"],
  ["Close", "double"],
  ["Adj Close", "double"],
  ["Volume", "long"],
  ["CloseUSD", "double"],
];

/** Makes a table for the messages of quotes as they are. */
export async function createQuotesTable(place: RestTable, location: string): Promise<void> {
  const { rest, namespace, table } = place;
  await post(`${rest}/v1/namespaces`, { namespace: [namespace] });
  const fields = COLUMNS.map(([name, type], i) => ({ id: i + 1, name, type, required: false }));
  await post(`${rest}/v1/namespaces/${namespace}/tables`, {
    name: table,
    location,
    schema: { type: "struct", "schema-id": 0, fields },
  });
}

/** Rows that its current snapshot has; 0 where there is no table yet. */
export async function rowsOf({ rest, namespace, table }: RestTable): Promise<number> {
  const response = await fetch(`${rest}/v1/namespaces/${namespace}/tables/${table}`);
  if (response.status === 404) {
    await response.body?.cancel();
    return 0;
  }
  // Ids of snapshots are larger than a number can be.
  const text = (_: string, value: unknown, context?: { source?: string }) =>
    typeof value === "number" ? context?.source ?? value : value;
  const { metadata } = JSON.parse(await response.text(), text as never) as LoadedTable;
  const current = metadata["current-snapshot-id"];
  const snapshot = metadata.snapshots?.find((one) => one["snapshot-id"] === current);
  return Number(snapshot?.summary["total-records"] ?? 0);
}

/** What is read of the catalog's answer; numbers are text. */
interface LoadedTable {
  metadata: {
    "current-snapshot-id"?: string;
    snapshots?: { "snapshot-id": string; summary: Record<string, string> }[];
  };
}

async function post(uri: string, body: unknown): Promise<void> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(uri, { method: "POST", headers, body: JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok && response.status !== 409) {
    throw new Error(`${uri}: ${response.status}: ${text}`);
  }
}
