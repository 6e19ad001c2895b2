import type { FailureKind } from "../../failure/failure.ts";
import type { ResultColumn } from "../engine.ts";
import type { PackedPage } from "./packed_page.ts";

/** What the query's thread is asked; each request gets one response, in order. */
export type QueryRequest =
  | {
    kind: "open";
    /** The catalog's file. */
    path: string;
    sql: string;
    /** One element, shared: the statement ends when it is not 0. */
    stop: Int32Array<SharedArrayBuffer>;
  }
  | { kind: "next" }
  | { kind: "close" };

/** What it answers. */
export type QueryResponse =
  | { kind: "columns"; columns: ResultColumn[] }
  | { kind: "page"; page: PackedPage }
  | { kind: "end" }
  | { kind: "failure"; failure: FailureKind; message: string; fix?: string }
  | { kind: "defect"; message: string };
