/* A browser of the topic's messages: a partition, an offset, and a page of messages from there on. */
import { byId, number, rows, show } from "./text.js";

/** Messages of a page, as the server gives them. */
const PAGE = 20;

export class MessageView {
  #partition = byId("message-partition");
  #from = byId("message-from");
  #page;

  constructor() {
    byId("message-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#read(this.#from.value === "" ? undefined : Number(this.#from.value));
    });
    byId("message-older").addEventListener("click", () => this.#step(-PAGE));
    byId("message-newer").addEventListener("click", () => this.#step(PAGE));
  }

  /** Offers the partitions that there are. */
  offer(partitions) {
    const isMissing = partitions.length === 0;
    byId("no-messages").hidden = !isMissing;
    byId("message-form").hidden = byId("message-answer").hidden = isMissing;
    if (this.#partition.options.length === partitions.length) return;
    const chosen = this.#partition.value;
    this.#partition.replaceChildren(
      ...partitions.map((partition) => new Option(partition, partition)),
    );
    if (chosen !== "") this.#partition.value = chosen;
  }

  #step(by) {
    const first = this.#page?.messages[0]?.offset ?? this.#page?.high;
    if (first === undefined) return this.#read(undefined);
    this.#read(Math.max(this.#page.low, first + by));
  }

  async #read(from) {
    const asked = new URLSearchParams({ partition: this.#partition.value });
    if (from !== undefined) asked.set("from", String(from));
    try {
      const response = await fetch(`/api/messages?${asked}`);
      if (!response.ok) throw new Error((await response.text()).trim());
      this.#page = await response.json();
    } catch (error) {
      show("message-answer", error.message);
      return;
    }
    const { low, high, messages } = this.#page;
    show(
      "message-answer",
      high === low
        ? "The partition is empty."
        : `Offsets ${number(low)} to ${number(high - 1)} available; ${messages.length} shown.`,
    );
    byId("some-messages").hidden = messages.length === 0;
    rows(
      "messages-read",
      messages.map(({ offset, timestamp, key, value, reason }) => [
        number(offset),
        timestamp.slice(0, 19).replace("T", " "),
        key ?? "",
        value ?? "(no value)",
        reason ?? "row",
      ]),
    );
  }
}
