/**
 * Words that must be quoted as names in a statement of SQLite, Athena's SELECT or Athena's DDL (Hive),
 * as far as they could name a column of quotes. Sources: SQLite, "SQLite Keywords"; Amazon Athena,
 * "Escape reserved keywords in queries"; Apache Hive, "LanguageManual DDL".
 */
const RESERVED = new Set(
  `all alter and any array as asc authorization between bigint binary boolean both by case cast char
  check collate column commit conf constraint create cross cube current current_date
  current_time current_timestamp current_user cursor database date day dayofweek deallocate decimal
  default deferrable delete desc describe distinct double drop else end escape except exchange exists
  explain extended external extract false fetch float floor following for foreign from full function
  glob grant group grouping having if import in index indexed inner insert int integer intersect
  interval into is isnull join lateral left less like limit local localtime localtimestamp macro map
  month more natural none normalize not notnull null numeric of offset on only or order out outer over
  partialscan partition percent preceding precision prepare preserve primary procedure range reads
  recursive reduce references regexp returning revoke right rlike rollback rollup row rows select set
  skip smallint start table tablesample then time timestamp to transaction transform trigger true
  truncate uescape unbounded union unique uniquejoin unnest update user using utc_tmestamp values
  varchar views when where window with without year`.split(/\s+/),
);

/** Whether a name must be quoted in one of the dialects. */
export function isReserved(name: string): boolean {
  return RESERVED.has(name.toLowerCase());
}

/** A name in SQL that is printed: in double quotes where a dialect reserves it. */
export function sqlName(name: string): string {
  return isReserved(name) || !/^[a-z_][a-z0-9_]*$/.test(name)
    ? `"${name.replaceAll('"', '""')}"`
    : name;
}
