import { nearestName } from "./nearest_name.ts";

/** Words that say whose a name is, and nothing of what it is for. */
const OWNERS = new Set([
  "KAFKA",
  "AWS",
  "S3",
  "TICKLAKE",
  "NAME",
  "NAMES",
  "URL",
  "URLS",
  "THE",
  "MY",
]);

/** Words that other tools have for ours. */
const SYNONYMS: Readonly<Record<string, string>> = {
  BROKER: "SERVER",
  HOST: "SERVER",
  USER: "USERNAME",
  USERID: "USERNAME",
  LOGIN: "USERNAME",
  PASS: "PASSWORD",
  PASSWD: "PASSWORD",
  CERTIFICATE: "CERT",
  DB: "DATABASE",
  ROOT: "PREFIX",
  CONSUMER: "GROUP",
};

/** Words that may be missing in a name: whatever they are added to stays the same thing. */
const OPTIONAL = new Set(["BOOTSTRAP", "ID", "SASL", "SSL", "FILE", "GLUE"]);

/**
 * The known name that was probably meant by another: one that differs by a letter or two, or one that
 * is a synonym (`KAFKA_BROKERS`, `AWS_BUCKET`). `undefined` if there is none.
 */
export function meantName(name: string, known: Iterable<string>): string | undefined {
  const names = [...known];
  return nearestName(name, names) ?? sameMeaning(name, names);
}

function sameMeaning(name: string, known: readonly string[]): string | undefined {
  const meant = meaning(name);
  // Everybody has a home.
  if (meant === "" || meant === "HOME") return undefined;
  const owner = /^KAFKA_/i.test(name) ? "KAFKA_" : "";
  return known.find((candidate) => candidate.startsWith(owner) && meaning(candidate) === meant);
}

/** What a name is for, without whose it is, in our words and in one order. */
function meaning(name: string): string {
  const words = name.toUpperCase().split(/[^A-Z0-9]+/).filter((word) =>
    word !== "" && !OWNERS.has(word)
  ).map((word) => singular(word)).map((word) => SYNONYMS[word] ?? word);
  const told = words.filter((word) => !OPTIONAL.has(word));
  return [...new Set(told.length > 0 ? told : words)].sort().join(" ");
}

function singular(word: string): string {
  return word.length > 3 && /[^S]S$/.test(word) && word !== "ALIAS" ? word.slice(0, -1) : word;
}
