import protobuf from "protobufjs";

/**
 * The message with a name, as it is in its file (`Feed.Quote`) or with its package; without a name the
 * first.
 * @throws {Error} when there is none, naming those that there are
 */
export function messageNamed(
  messages: readonly protobuf.Type[],
  name: string | undefined,
): protobuf.Type {
  if (name === undefined) return messages[0];
  const all = messages.flatMap(withNested);
  const space = messages[0].parent!.fullName;
  const own = all.find(({ fullName }) =>
    fullName === `.${name}` || fullName === `${space}.${name}`
  );
  if (own !== undefined) return own;
  const names = all.map(({ fullName }) => fullName.slice(1));
  throw new Error(`expected the name of one of its messages (${names.join(", ")}), found ${name}`);
}

/** A message and all that are declared in it. */
export function withNested(message: protobuf.Type): protobuf.Type[] {
  const nested = message.nestedArray.filter((one) => one instanceof protobuf.Type);
  return [message, ...nested.flatMap(withNested)];
}
