import type { Broker, OutgoingMessage } from "../../mod/broker/broker.ts";
import { assignmentContract } from "./contract_assignment.ts";
import { deliveryContract } from "./contract_delivery.ts";
import { groupContract } from "./contract_group.ts";
import { identityContract } from "./contract_identity.ts";
import { producerContract } from "./contract_producer.ts";
import { readContract } from "./contract_read.ts";
import { signalContract } from "./contract_signals.ts";
import { topicContract } from "./contract_topics.ts";

/** What an adapter's own tests add to the contract. */
export interface BrokerContractOptions {
  /** Registers a test; for those that need a service. @default {Deno.test} */
  test?(name: string, run: () => Promise<void>): void;
  /** Milliseconds after which the broker takes a silent member for dead, and a bit. @default {12_000} */
  sessionMs?: number;
  /** Gives a topic more partitions. */
  addPartitions?(broker: Broker, topic: string, partitions: number): Promise<void>;
  /** Removes the messages of a partition before an offset. */
  trim?(broker: Broker, topic: string, partition: number, before: number): Promise<void>;
  /** Sends one message with headers, as another program would. */
  sendWithHeaders?(
    broker: Broker,
    topic: string,
    value: string,
    headers: Array<[name: string, value: string]>,
  ): Promise<void>;
}

/** One promise of the port, and how it is tried. */
export type ContractTest = (name: string, run: (fixture: Fixture) => Promise<void>) => void;

/** What a test of the contract works with; nothing of it is shared with another test. */
export interface Fixture {
  broker: Broker;
  /** A further connection to the same broker, as another process has; closed after the test. */
  another(): Promise<Broker>;
  /** A topic's name that nobody else uses. */
  topic: string;
  /** A group's name that nobody else uses. */
  group: string;
}

/**
 * Registers the tests of what broker.ts promises, for one adapter.
 * @param openBroker a connection to one and the same broker at each call
 */
export function brokerContract(
  name: string,
  openBroker: () => Promise<Broker>,
  options: BrokerContractOptions = {},
): void {
  const register = options.test ?? Deno.test;
  const test: ContractTest = (promise, run) =>
    register(`${name}: ${promise}`, async () => {
      const unique = crypto.randomUUID().slice(0, 8);
      const opened: Broker[] = [];
      const another = async () => {
        const broker = await openBroker();
        opened.push(broker);
        return broker;
      };
      try {
        await run({
          broker: await another(),
          another,
          topic: `topic-${unique}`,
          group: `group-${unique}`,
        });
      } finally {
        for (const broker of opened) await broker.close();
      }
    });
  topicContract(test);
  identityContract(test, options);
  signalContract(test);
  producerContract(test);
  deliveryContract(test, options);
  readContract(test, options);
  groupContract(test);
  assignmentContract(test, options);
}

/** Messages with one key, their values numbered. */
export function messages(key: string, count: number, first = 0): OutgoingMessage[] {
  return Array.from({ length: count }, (_, i) => ({ key, value: `${key} ${first + i}` }));
}

/** Sends messages through a producer of their own. */
export async function send(
  broker: Broker,
  topic: string,
  messages: OutgoingMessage[],
): Promise<void> {
  const producer = await broker.producer({ topic });
  try {
    await producer.send(messages);
  } finally {
    await producer.close();
  }
}
