/** Characters of an object's name that a message shows: its beginning, and its end, which has the offsets. */
const [BEGINNING, END] = [120, 120];

/** An object's name for the user: a very long one is cut in the middle. */
export function shortName(name: string): string {
  if (name.length <= BEGINNING + END) return name;
  return `${name.slice(0, BEGINNING)}…${name.slice(-END)}`;
}
