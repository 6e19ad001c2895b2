/* SQL about the table: an editor, ready-made statements, and the answer as a table. */
import { byId, number, setText, show } from "./text.js";

/** Bytes of a statement that fit the address of a request. */
const LONGEST = 6000;

/** Characters of a value that stay on one line. */
const ONE_LINE = 32;

export class QueryView {
  #sql = byId("sql");
  #examples = byId("sql-example");
  #stop = byId("sql-stop");
  #running;

  constructor() {
    byId("sql-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#run();
    });
    this.#sql.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      this.#run();
    });
    this.#stop.addEventListener("click", () => this.#running?.abort());
    this.#examples.addEventListener("change", () => {
      if (this.#examples.value !== "") this.#sql.value = this.#examples.value;
    });
  }

  /** Offers the statements for the table in force; the first stands in the editor. */
  offer(examples) {
    byId("sql-section").hidden = examples.length === 0;
    this.#examples.replaceChildren(
      new Option("Choose an example", ""),
      ...examples.map(({ answers, sql }) => new Option(answers, sql)),
    );
    if (this.#sql.value === "") this.#sql.value = examples[0]?.sql ?? "";
  }

  async #run() {
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    this.#stop.disabled = false;
    byId("sql-error").hidden = true;
    byId("sql-answer").hidden = true;
    show("sql-status", "Running");
    const answer = new Answer();
    try {
      for await (const event of ask(this.#sql.value, running.signal)) answer.take(event);
    } catch (error) {
      if (this.#running !== running) return;
      if (running.signal.aborted) show("sql-status", "Stopped.");
      else showError({ message: error.message });
    } finally {
      if (this.#running === running) {
        this.#running = undefined;
        this.#stop.disabled = true;
      }
    }
  }
}

/** The events of an answer. */
async function* ask(sql, signal) {
  const address = `/api/query?${new URLSearchParams({ sql })}`;
  if (address.length > LONGEST) {
    throw new Error("The statement is too long for the dashboard: use ticklake query --file FILE.");
  }
  const response = await fetch(address, { headers: { "x-ticklake": "query" }, signal });
  if (!response.ok) throw new Error((await response.text()).trim());
  let text = "";
  for await (const part of parts(response.body.pipeThrough(new TextDecoderStream()))) {
    text += part;
    const events = text.split("\n\n");
    text = events.pop();
    for (const event of events) {
      if (event.startsWith("data: ")) yield JSON.parse(event.slice("data: ".length));
    }
  }
}

/** Not every browser iterates over a stream by itself. */
async function* parts(stream) {
  const reader = stream.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    // It has failed already where the statement was stopped.
    reader.cancel().catch(() => {});
  }
}

/** An answer that comes in. */
class Answer {
  #body = byId("sql-rows");

  take({ progress, columns, rows, done, error }) {
    if (progress !== undefined) show("sql-status", progress);
    if (columns !== undefined) this.#begin(columns);
    if (rows !== undefined) {
      this.#body.append(...rows.map(rowOf));
      this.#align();
    }
    if (error !== undefined) showError(error);
    if (done !== undefined) {
      const count = `${number(done.rows)} ${done.rows === 1 ? "row" : "rows"}`;
      show(
        "sql-status",
        (done.more ? `The first ${count}` : count) + ` in ${done.seconds.toFixed(1)} s.` +
          (done.more ? " ticklake query prints all of them." : ""),
      );
    }
  }

  /** A heading stands over its numbers. */
  #align() {
    const headings = byId("sql-columns").children;
    for (const cell of this.#body.querySelectorAll("td.number")) {
      headings[cell.cellIndex].className = "number";
    }
  }

  #begin(columns) {
    this.#body.replaceChildren();
    byId("sql-columns").replaceChildren(...columns.map((name) => {
      const heading = document.createElement("th");
      heading.scope = "col";
      heading.textContent = name;
      return heading;
    }));
    byId("sql-answer").hidden = false;
  }
}

function rowOf(values) {
  const row = document.createElement("tr");
  row.append(...values.map((value) => {
    const cell = document.createElement("td");
    if (typeof value === "number") cell.className = "number";
    const text = value === null ? "NULL" : String(value);
    setText(cell, text);
    if (text.length <= ONE_LINE) cell.classList.add("short");
    if (value === null) cell.classList.add("null");
    return cell;
  }));
  return row;
}

function showError({ message, fix }) {
  show("sql-status", "");
  show("sql-error", `error: ${message}${fix === undefined ? "" : `\nfix: ${fix}`}`);
  byId("sql-error").hidden = false;
}
