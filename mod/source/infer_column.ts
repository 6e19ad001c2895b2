import { instantParser } from "../schema/date_pattern.ts";
import { lenientNumber } from "../schema/lenient_number.ts";
import { isNoValue } from "../schema/null_words.ts";
import { parseDate, parseTimestamp } from "../schema/parse_date.ts";

/** What a column's values look like. */
export interface InferredColumn {
  type: "string" | "date" | "double" | "long" | "timestamp";
  /** Whether every row has a value. */
  required: boolean;
  /** Further fields of the column. */
  more: Record<string, unknown>;
  /** What a person should look at. */
  comments: string[];
}

/** Common date formats. Two of them can fit the same values. */
const PATTERNS = [
  "MM/DD/YYYY",
  "DD/MM/YYYY",
  "DD.MM.YYYY",
  "MM-DD-YYYY",
  "DD-MM-YYYY",
  "YYYY/MM/DD",
  "YYYYMMDD",
  "MMM DD, YYYY",
  "DD MMM YYYY",
];

/** Number of digits of a current epoch time, by unit. */
const EPOCH_DIGITS: Record<number, string> = {
  10: "epoch_s",
  13: "epoch_ms",
  16: "epoch_us",
  19: "epoch_ns",
};

const TIME_NAME = /date|time|day|unix|epoch|^t(s)?$/i;

/** The least and the greatest integer of 64 bits. */
const [LEAST_LONG, GREATEST_LONG] = [-(2n ** 63n), 2n ** 63n - 1n];

const EITHER_COMMA =
  "its commas are read as thousands separators, but every value fits decimals too: " +
  'if they are decimals, add "decimal": ","';

const BELOW_MILLISECOND = 'digits below a millisecond are dropped: "type": "string" keeps them';

const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Watches the values of a column and says what they have in common. */
export class ColumnGuess {
  readonly #name: string;
  readonly #isTime: boolean;
  #rows = 0;
  #empty = 0;
  #isWhole = true;
  #isLong = true;
  #isRounded = false;
  #isBelowMillisecond = false;
  #isNumber = true;
  #isLenient = true;
  #isDecimalComma = true;
  #isDay = true;
  #hasTime = false;
  #isInstant = true;
  #patterns = [...PATTERNS];
  #epoch: string | null | undefined;
  #isGrouped = false;

  constructor(name: string) {
    this.#name = name;
    this.#isTime = TIME_NAME.test(name);
  }

  /** Takes the next row's value; `undefined` if the row has no such field. */
  add(value: string | undefined): void {
    this.#rows++;
    if (value === undefined || isNoValue(value.trim())) {
      this.#empty++;
      return;
    }
    const text = value.trim();
    const isNumber = NUMBER.test(text);
    this.#isNumber &&= isNumber;
    const isWhole = /^-?\d+$/.test(text);
    this.#isWhole &&= isWhole;
    this.#isLong &&= isWhole && isLong(text);
    this.#isRounded ||= isNumber && isRounded(text);
    this.#isLenient &&= lenientNumber(text) !== null;
    this.#isDecimalComma &&= lenientNumber(text, ",") !== null;
    this.#isDay &&= typeof parseDate(text) === "number";
    const isInstant = typeof parseTimestamp(text) === "number";
    this.#hasTime ||= isInstant && typeof parseDate(text) !== "number";
    this.#isInstant &&= isInstant || typeof parseDate(text) === "number";
    this.#patterns = this.#patterns.filter((p) => typeof instantParser(p)(text) === "number");
    const epoch = /^\d+$/.test(text) ? EPOCH_DIGITS[text.length] ?? null : null;
    this.#isBelowMillisecond ||= isInstant
      ? /\.\d{3}\d*[1-9]/.test(text)
      : epoch !== null && /[1-9]/.test(text.slice(13));
    this.#epoch = this.#epoch === undefined || this.#epoch === epoch ? epoch : null;
  }

  /** Whether its values are numbers only if read with a decimal comma. */
  get hasDecimalComma(): boolean {
    const { type, more } = this.result;
    return type === "double" && more.decimal === ",";
  }

  /**
   * Tells the column that another column of the file has a decimal comma. If every point in this column can be a
   * thousands separator (`18.230`), it is one.
   */
  takeDecimalComma(): void {
    this.#isGrouped = this.#isNumber && !this.#isWhole && this.#isDecimalComma;
  }

  get result(): InferredColumn {
    const required = this.#empty === 0 && this.#rows > 0;
    const of = (
      type: InferredColumn["type"],
      more: Record<string, unknown> = {},
      ...comments: string[]
    ) => ({ type, required, more, comments });
    if (this.#empty === this.#rows) {
      return of("string", {}, "no row has a value: the type is a guess");
    }
    if (this.#isDay) return of("date");
    if (this.#isInstant && this.#hasTime) {
      return of("timestamp", {}, ...this.#isBelowMillisecond ? [BELOW_MILLISECOND] : []);
    }
    if (this.#isTime && this.#epoch) {
      const comments = [`${this.#epoch} by the number of digits`];
      if (this.#isBelowMillisecond) {
        comments.push('digits below a millisecond are dropped: "type": "long" keeps them');
      }
      return of("timestamp", { format: this.#epoch }, ...comments);
    }
    if (this.#patterns.length === 1 && (this.#isTime || !this.#isNumber)) {
      return of("date", { format: this.#patterns[0] });
    }
    if (this.#patterns.length > 1 && !this.#isNumber) {
      const forms = this.#patterns.map((p) => `"type": "date", "format": "${p}"`).join(" or ");
      return of("string", {}, `every value fits ${this.#patterns.join(" and ")}: say ${forms}`);
    }
    if (this.#isGrouped) {
      const more = { number: "lenient", decimal: "," };
      return of(
        "double",
        more,
        "points are read as thousands separators, because other columns have a decimal comma",
      );
    }
    if (this.#isLong) return of("long");
    if (this.#isNumber && this.#isWhole) {
      return of(
        "string",
        {},
        'integers beyond 64 bits: as text they keep all digits, "type": "double" rounds them',
      );
    }
    if (this.#isNumber) {
      const comments = this.#isRounded
        ? ['some numbers have more digits than a double holds: "type": "string" keeps them']
        : [];
      return of("double", {}, ...comments);
    }
    if (this.#isLenient) {
      const comments = this.#isDecimalComma ? [EITHER_COMMA] : [];
      return of("double", { number: "lenient" }, ...comments);
    }
    if (this.#isDecimalComma) {
      return of("double", { number: "lenient", decimal: "," }, "a comma separates the decimals");
    }
    return of("string");
  }

  /** Name in the file. */
  get name(): string {
    return this.#name;
  }
}

function isLong(whole: string): boolean {
  if (Number.isSafeInteger(Number(whole))) return true;
  const value = BigInt(whole);
  return value >= LEAST_LONG && value <= GREATEST_LONG;
}

/** Digits that a double always keeps. */
const KEPT_DIGITS = 15;

/** The most digits that `toPrecision` gives. */
const MOST_DIGITS = 100;

/** Whether a double, written with as many digits as the text has, differs from it. */
function isRounded(text: string): boolean {
  if (text.length <= KEPT_DIGITS) return false;
  const digits = digitsOf(text);
  if (digits.length <= KEPT_DIGITS) return false;
  return digits.length > MOST_DIGITS ||
    digitsOf(Number(text).toPrecision(digits.length)) !== digits;
}

/** The digits of a number from the first to the last that is not zero. */
function digitsOf(number: string): string {
  return number.replace(/e.*$/i, "").replace(/[-.]/g, "").replace(/^0+|0+$/g, "");
}
