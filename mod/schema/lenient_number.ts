/** Powers of ten that the suffixes stand for. */
const SUFFIX_ZEROS: Record<string, number> = { K: 3, M: 6, B: 9, T: 12 };

const BLANKS = /[\s\u00a0\u202f']/g;
/** A sign, a currency's sign on either side, digits, a suffix, a percent sign. */
const FORM = /^([-+]?)(?:\p{Sc}|[A-Z]{3}(?=[-+\d]))?([-+]?)([\d.,]+)([KMBT]?)(?:%|\p{Sc})?$/iu;

/**
 * A number as people and exports write it, as JSON writes it: `1,100.50`, `$12.5M`, `(3.2)`, `0.52%`
 * (which is `0.52`), with a decimal comma `1.100,50`. Thousands must stand in groups of three, so that
 * a decimal comma is never taken for them. Exact: digits are moved, not multiplied.
 * @returns `null` if the text is no such number
 */
export function lenientNumber(text: string, decimal: "." | "," = "."): string | null {
  let bare = text.replace(BLANKS, "");
  const isInParentheses = bare.startsWith("(") && bare.endsWith(")");
  if (isInParentheses) bare = bare.slice(1, -1);
  const match = FORM.exec(bare);
  if (match === null) return null;
  const [, before, behind, digits, suffix] = match;
  if (before !== "" && behind !== "") return null;
  const parts = digits.split(decimal);
  if (parts.length > 2) return null;
  const whole = withoutThousands(parts[0], decimal === "." ? "," : ".");
  const fraction = parts[1] ?? "";
  if (whole === null || !/^\d*$/.test(fraction) || (parts.length === 2 && fraction === "")) {
    return null;
  }
  const zeros = suffix === "" ? 0 : SUFFIX_ZEROS[suffix.toUpperCase()];
  const moved = whole + fraction.slice(0, zeros).padEnd(zeros, "0");
  const rest = fraction.slice(zeros);
  const isNegative = isInParentheses !== ((before || behind) === "-");
  const plain = moved.replace(/^0+(?=\d)/, "") + (rest === "" ? "" : "." + rest);
  return (isNegative ? "-" : "") + plain;
}

function withoutThousands(text: string, separator: string): string | null {
  if (/^\d+$/.test(text)) return text;
  const groups = text.split(separator);
  const isGrouped = /^\d{1,3}$/.test(groups[0]) && groups.slice(1).every((g) => /^\d{3}$/.test(g));
  return isGrouped ? groups.join("") : null;
}
