import { type Admin, Kafka } from "kafkajs";
import type { CallOptions } from "../broker.ts";
import type { Settings } from "../../config/settings.ts";
import { Failure, messageOf } from "../../failure/failure.ts";
import { ASK_DOCTOR } from "../../failure/fix_of.ts";
import { abortable } from "../../wait/abortable.ts";
import { clientOptions } from "./client.ts";
import { Cluster } from "./cluster.ts";
import { cannotConnect } from "./unreachable.ts";

/** Connections for occasional requests to a cluster: kafkajs's admin, and our own requests. */
export class AdminConnection {
  readonly cluster: Cluster;
  readonly admin: Admin;

  private constructor(cluster: Cluster, admin: Admin) {
    this.cluster = cluster;
    this.admin = admin;
  }

  /** @throws {Failure} kind `service`, when Kafka cannot be reached; the signal's reason */
  static async open(settings: Settings, { signal }: CallOptions): Promise<AdminConnection> {
    const config = await clientOptions(settings, signal);
    const cluster = new Cluster(config);
    await cluster.connect({ signal });
    const admin = new Kafka(config).admin();
    try {
      await abortable(admin.connect(), signal);
    } catch (error) {
      cluster.close();
      if (signal?.aborted) throw error;
      throw cannotConnect(config.brokers as string[], error);
    }
    return new AdminConnection(cluster, admin);
  }

  /**
   * Makes a request once.
   * @param doing text for the user, such as `asking for the topics`
   * @throws {Failure} kind `service`, or the failure of `ask`; the signal's reason
   */
  async asking<T>(doing: string, signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
    try {
      return await abortable(ask(), signal);
    } catch (error) {
      if (signal.aborted || error instanceof Failure) throw error;
      throw new Failure("service", `${this.cluster.description}, ${doing}: ${messageOf(error)}`, {
        cause: error,
        fix: `Try again; ${ASK_DOCTOR}`,
      });
    }
  }

  async close(): Promise<void> {
    await this.admin.disconnect().catch(() => {});
    this.cluster.close();
  }
}
