import { type Admin, Kafka, logLevel } from "kafkajs";

/** Does something as an administrator would, with kafkajs's own admin client. */
export async function kafkaAdmin<T>(
  server: string,
  act: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = new Kafka({ brokers: [server], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await act(admin);
  } finally {
    await admin.disconnect();
  }
}
