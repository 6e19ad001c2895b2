/* Numbers as text, and text into the page. Data only ever becomes text: nothing here sets HTML. */

export const byId = (id) => document.getElementById(id);

export const number = (value) => Math.round(value).toLocaleString("en-US");

/** A number with as many fraction digits as are wanted. */
export const fixed = (value, digits) =>
  value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** Fraction digits that show five significant digits of a price, 2 to 8: 18,599.80, 1.0854, 0.00001234. */
export function priceDigits(value) {
  const integerDigits = value === 0 ? 3 : Math.floor(Math.log10(Math.abs(value))) + 1;
  return Math.min(8, Math.max(2, 5 - integerDigits));
}

/** A price; zeros beyond the second fraction digit are left out. */
export const price = (value) =>
  value === null || value === undefined ? "" : value.toLocaleString("en-US", {
    minimumFractionDigits: 2,
    maximumFractionDigits: priceDigits(value),
  });

const hundredths = (share) => Math.round(1e4 * share);

/** A change in percent; what rounds to nothing has no sign. */
export function percent(share) {
  const sign = Math.sign(hundredths(share));
  return `${sign > 0 ? "+" : sign < 0 ? "−" : ""}${
    (Math.abs(hundredths(share)) / 100).toFixed(2)
  }%`;
}

/** The class of a change as it is shown: `up`, `down`, or none. */
export function direction(share) {
  const sign = Math.sign(hundredths(share));
  return sign > 0 ? "up" : sign < 0 ? "down" : "";
}

/** A number of things, short: 1.23B, 4.56M. */
export const amount = (value) =>
  value.toLocaleString("en-US", { notation: "compact", maximumFractionDigits: 2 });

/** Bytes. */
export function size(bytes) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (bytes >= 1024 && unit < units.length - 1) {
    bytes /= 1024;
    unit++;
  }
  return `${unit === 0 ? bytes : bytes.toFixed(1)} ${units[unit]}`;
}

/** Sets an element's text, where it differs. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export const show = (id, text) => setText(byId(id), text);

const shownRows = new Map();

/** Fills a table's body. A row is a list of cells, and may have a `title`. */
export function rows(id, table) {
  const text = JSON.stringify(table.map((cells) => [cells.title, ...cells]));
  if (shownRows.get(id) === text) return;
  shownRows.set(id, text);
  byId(id).replaceChildren(...table.map((cells) => {
    const row = document.createElement("tr");
    if (cells.title !== undefined) row.title = cells.title;
    row.append(...cells.map((cell) => {
      const data = document.createElement("td");
      data.textContent = cell;
      return data;
    }));
    return row;
  }));
}

/** An SVG element. */
export function svg(name, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}
