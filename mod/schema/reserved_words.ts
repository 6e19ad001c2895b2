/**
 * Words that must be quoted as names in a statement of SQLite, Athena's SELECT or Athena's DDL (Hive),
 * as far as they could name a column of quotes. Sources: SQLite, "SQLite Keywords"; Amazon Athena,
 * "Escape reserved keywords in queries"; Apache Hive, "LanguageManual DDL".
 */
const RESERVED = new Set(
  `add all alter and any array as asc authorization autoincrement between bigint binary boolean
  both by case cast char check collate column commit conf constraint create cross cube current
  current_catalog current_date current_path current_role current_schema current_time
  current_timestamp current_user cursor database date day dayofweek deallocate decimal default
  deferrable delete desc describe distinct div double drop else end escape except exchange execute
  exists explain extended external extract false fetch first float floor following for foreign
  from full function glob grant group grouping having if import in index indexed inner insert int
  integer intersect interval into is isnull join json_array json_exists json_object json_query
  json_table json_value last lateral left less like limit listagg local localtime localtimestamp
  macro map month more natural none normalize not nothing notnull null numeric of offset on only
  or order out outer over partialscan partition percent preceding precision prepare preserve
  primary procedure raise range reads recursive reduce references regexp returning revoke right
  rlike rollback rollup row rows select set skip smallint start table tablesample then time
  timestamp to transaction transform trigger trim true truncate uescape unbounded union unique
  uniquejoin unnest update user using utc_timestamp utc_tmestamp values varchar views when where window with
  without year`.split(/\s+/),
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
