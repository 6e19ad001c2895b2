/* The list of indices: one is chosen, with the mouse or with the keys. */
import { closeOf } from "./quotes.js";
import { byId, direction, percent, price, setText } from "./text.js";

/** Fewest symbols among which one searches. */
const SEARCHED = 8;

export class IndexList {
  #quotes;
  #onChoose;
  #list = byId("indices");
  #search = byId("search");
  #items = new Map();
  #count = 0;
  chosen;

  /** @param onChoose called with the symbol that is chosen */
  constructor(quotes, onChoose) {
    this.#quotes = quotes;
    this.#onChoose = onChoose;
    this.#list.addEventListener("keydown", (event) => this.#key(event));
    this.#search.addEventListener("input", () => this.#filter());
  }

  draw() {
    const { symbols } = this.#quotes;
    for (const [symbol, item] of this.#items) {
      if (this.#quotes.has(symbol)) continue;
      item.remove();
      this.#items.delete(symbol);
    }
    symbols.forEach((symbol, i) => {
      let item = this.#items.get(symbol);
      if (item === undefined) {
        item = this.#item(symbol);
        this.#list.insertBefore(item, this.#list.children[i] ?? null);
      }
      const [, last, changed] = item.children;
      const change = this.#quotes.change(symbol);
      setText(last, price(closeOf(this.#quotes.last(symbol))));
      setText(changed, change === undefined ? "" : percent(change));
      changed.className = `change ${change === undefined ? "" : direction(change)}`.trim();
    });
    byId("search-label").hidden = symbols.length < SEARCHED;
    byId("no-symbols").hidden = symbols.length > 0;
    this.#filter();
    if (symbols.length > 0 && !this.#items.has(this.chosen)) this.#choose(symbols[0]);
  }

  /** Shows the symbols that match the search. */
  #filter() {
    const wanted = this.#search.value.trim().toLowerCase();
    let found = 0;
    for (const [symbol, item] of this.#items) {
      item.hidden = !symbol.toLowerCase().includes(wanted);
      if (!item.hidden) found++;
    }
    byId("none-found").hidden = found > 0 || this.#items.size === 0;
  }

  #item(symbol) {
    const item = document.createElement("li");
    item.id = `index-${this.#count++}`;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    item.append(...["symbol", "price", "change"].map((name) => {
      const part = document.createElement("span");
      part.className = name;
      return part;
    }));
    item.firstChild.textContent = symbol;
    item.addEventListener("click", () => this.#choose(symbol));
    this.#items.set(symbol, item);
    return item;
  }

  #choose(symbol) {
    this.#items.get(this.chosen)?.setAttribute("aria-selected", "false");
    this.chosen = symbol;
    const item = this.#items.get(symbol);
    item.setAttribute("aria-selected", "true");
    this.#list.setAttribute("aria-activedescendant", item.id);
    // Within the list alone: the page stays where its reader is.
    const { offsetTop, offsetHeight } = item;
    const { scrollTop, clientHeight } = this.#list;
    if (offsetTop < scrollTop) this.#list.scrollTop = offsetTop;
    else if (offsetTop + offsetHeight > scrollTop + clientHeight) {
      this.#list.scrollTop = offsetTop + offsetHeight - clientHeight;
    }
    this.#onChoose(symbol);
  }

  #key(event) {
    const symbols = this.#quotes.symbols.filter((symbol) => !this.#items.get(symbol).hidden);
    const at = symbols.indexOf(this.chosen);
    const keys = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: symbols.length - 1 };
    const to = symbols[keys[event.key]];
    if (keys[event.key] === undefined) return;
    event.preventDefault();
    if (to !== undefined) this.#choose(to);
  }
}
