import { Failure } from "../failure/failure.ts";
import { deadline } from "../wait/deadline.ts";
import { apiFailure } from "./api_failure.ts";
import { noteAction } from "./explain_refusal.ts";
import { awsRegion } from "./environment.ts";
import { keptCredentials } from "./kept_credentials.ts";
import { type RequestHandler, requestHandler } from "./request_handler.ts";

/** Milliseconds after which a request has failed, however often it was tried. */
const DEADLINE_MS = 13_000;

/**
 * How often a request is tried. The SDK waits longer each time, so that short throttling (Glue allows
 * few calls a second) is not seen.
 */
const ATTEMPTS = 5;

/** Options that every AWS client gets. */
export interface ApiClientOptions {
  region: string | undefined;
  maxAttempts: number;
  retryMode: string;
  requestHandler: RequestHandler["handler"];
  credentialDefaultProvider: typeof keptCredentials;
}

/** What all clients of the SDK have. */
interface Client {
  // deno-lint-ignore no-explicit-any
  send(command: any, options?: any): Promise<unknown>;
  config: { region(): Promise<string> };
  destroy(): void;
}

/** Options of {@linkcode openApi}. */
export interface ApiOptions {
  /** The service's prefix in policies, such as `glue`. */
  service: string;
  /** Ends every request. */
  signal?: AbortSignal;
  /** Milliseconds after which a request has failed. @default {13_000} */
  deadlineMs?: number;
}

/** One AWS service, as the commands talk to it. */
export interface Api<C extends Client> {
  /**
   * Sends a command. The option `abortSignal` ends it, as the client's signal does.
   * @throws {Failure} kind `service`, when it cannot be reached or refuses us: then with the action
   * that is missing. Other errors of the service are thrown as they are, for the caller to judge.
   */
  send: C["send"];
  /** The region that the client has found. @throws {Failure} when none is set */
  region(): Promise<string>;
  close(): void;
}

/**
 * Opens a client with credentials, region, profile and endpoint as in every AWS tool.
 * @param create makes the SDK's client
 */
export function openApi<C extends Client>(
  create: (options: ApiClientOptions) => C,
  options: ApiOptions,
): Api<C> {
  const { service, deadlineMs = DEADLINE_MS } = options;
  const requests = requestHandler();
  const client = create({
    region: awsRegion(),
    maxAttempts: ATTEMPTS,
    retryMode: "standard",
    requestHandler: requests.handler,
    credentialDefaultProvider: keptCredentials,
  });
  const send = async (
    command: { constructor: { name: string } },
    { abortSignal }: { abortSignal?: AbortSignal } = {},
  ): Promise<unknown> => {
    const signal = endedBy(options.signal, abortSignal);
    try {
      // Looking for credentials may take long, and heeds no signal.
      return await deadline(
        { ms: deadlineMs, signal },
        (abortSignal) => client.send(command, { abortSignal }),
      );
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (error instanceof Failure) throw error;
      const action = `${service}:${command.constructor.name.replace(/Command$/, "")}`;
      const failure = apiFailure(error, action);
      if (failure !== undefined) throw failure;
      noteAction(error, action);
      throw error;
    }
  };
  return {
    send: send as C["send"],
    region: () =>
      client.config.region().catch((error) => {
        throw apiFailure(error, service) ?? error;
      }),
    close() {
      client.destroy();
      requests.close();
    },
  };
}

function endedBy(...signals: Array<AbortSignal | undefined>): AbortSignal | undefined {
  const given = signals.filter((signal) => signal !== undefined);
  return given.length < 2 ? given[0] : AbortSignal.any(given);
}

/** Whether a service's error has one of these names. */
export function isNamed(error: unknown, ...names: string[]): boolean {
  return names.includes((error as { name?: string } | null)?.name ?? "");
}
