/**
 * One of each kind: escape sequences of C0 and C1, marks that turn or hide what is beside them, tags that no
 * terminal shows.
 */
export const HOSTILE =
  "\x1b[2J\x1b[8m\x07\x7f\x9b2J\x85\u00ad\u061c\u180e\u200b\u200e\u2028\u202egpj.exe\u2066\u206a\ufeff\ufff9\u{e0041}";

/** What of it may reach no terminal; line ends may. */
export const UNSAFE =
  // deno-lint-ignore no-control-regex
  /[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/u;
