import { until } from "../until.ts";

/** A script of these tests as a process, with its lines. */
export class Child {
  readonly lines: string[] = [];
  readonly #process: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #read: Promise<void>;

  /** @param script beside this file */
  constructor(script: string, ...args: string[]) {
    const url = new URL(script, import.meta.url);
    this.#process = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", url.pathname, ...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#stdin = this.#process.stdin.getWriter();
    this.#read = this.#readLines();
  }

  async #readLines(): Promise<void> {
    let rest = "";
    for await (const text of this.#process.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      // A line that the kill cut in two was not said.
      rest = lines.pop()!;
      this.lines.push(...lines);
    }
  }

  /** Writes a line to its standard input. */
  async tell(line: string): Promise<void> {
    await this.#stdin.write(new TextEncoder().encode(line + "\n"));
  }

  /** Waits for a line of JSON that fits; gives it. */
  async says<T>(what: string, fits: (line: T) => boolean): Promise<T> {
    let found: T | undefined;
    await until(what, () => {
      found = this.lines.map((line) => JSON.parse(line) as T).find(fits);
      return found !== undefined;
    });
    return found!;
  }

  /** Sends a signal. */
  signal(signal: Deno.Signal): void {
    this.#process.kill(signal);
  }

  /** Ends it at once; all that it has said is in `lines` afterwards. */
  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.status;
    await this.#read;
    await this.#stdin.abort().catch(() => {});
  }
}
