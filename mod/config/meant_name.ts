import { nearestName } from "./nearest_name.ts";

/** Words that say whose a name is, and nothing of what it is for. */
const OWNERS = new Set([
  "KAFKA",
  "AWS",
  "S3",
  "MINIO",
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

/** Names that the AWS SDK reads and that people write differently, and the words that they may write. */
const SDK_NAMES: Readonly<Record<string, RegExp>> = {
  AWS_REGION: /^REGION$/,
  AWS_ENDPOINT_URL: /^ENDPOINT$/,
  AWS_ACCESS_KEY_ID: /^ACCESS KEY$/,
  AWS_SECRET_ACCESS_KEY: /^(?:ACCESS )?KEY SECRET$|^SECRET$/,
  AWS_SESSION_TOKEN: /^(?:SESSION )?TOKEN$/,
  AWS_PROFILE: /^PROFILE$/,
};

/** Names as the AWS SDK has them. */
const READ_BY_SDK = /^AWS_ENDPOINT_URL_|^AWS_DEFAULT_REGION$/;

/** The name of the AWS SDK's that was probably meant, such as for `S3_ENDPOINT`; `undefined` if there is none. */
export function meantSdkName(name: string): string | undefined {
  if (Object.hasOwn(SDK_NAMES, name) || READ_BY_SDK.test(name)) return undefined;
  const words = meaning(name);
  return Object.keys(SDK_NAMES).find((candidate) => SDK_NAMES[candidate].test(words)) ??
    (name.startsWith("AWS_") ? nearestName(name, Object.keys(SDK_NAMES)) : undefined);
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
  const required = words.filter((word) => !OPTIONAL.has(word));
  return [...new Set(required.length > 0 ? required : words)].sort().join(" ");
}

function singular(word: string): string {
  return word.length > 3 && /[^S]S$/.test(word) && word !== "ALIAS" ? word.slice(0, -1) : word;
}
