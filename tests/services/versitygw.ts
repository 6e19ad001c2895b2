import { answersHttp } from "./answers_http.ts";
import { freePort } from "./free_port.ts";
import { installGoTool } from "./go_tool.ts";
import { type ServiceProcess, startService } from "./service_process.ts";
import { TOOLS } from "./tools_folder.ts";

const VERSION = "v1.8.0";

/** A real S3 server: checks signatures, stores on disk, survives its own crash. */
export interface Versitygw extends ServiceProcess {
  /** `http://127.0.0.1:PORT`. */
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

/** Options of {@linkcode startVersitygw}. */
export interface VersitygwOptions {
  /** Folder of its data and log; one that an earlier server used keeps its buckets. */
  folder: string;
  /** @default {a free one} */
  port?: number;
}

/**
 * Builds the S3 server with Go unless it is there.
 * @throws {Missing} without Go, or when a module cannot be fetched.
 */
export async function installVersitygw(): Promise<void> {
  await installGoTool("github.com/versity/versitygw/cmd/versitygw", VERSION);
}

/** Starts the S3 server on a free port. @throws {Missing} see {@linkcode installVersitygw} */
export async function startVersitygw(options: VersitygwOptions): Promise<Versitygw> {
  await installVersitygw();
  const { folder, port = freePort() } = options;
  Deno.mkdirSync(`${folder}/data`, { recursive: true });
  // Attributes go into a folder of their own: not every file system has extended attributes.
  Deno.mkdirSync(`${folder}/attributes`, { recursive: true });
  const endpoint = `http://127.0.0.1:${port}`;
  const [accessKey, secretKey] = ["ticklake-tests", "not-a-secret-of-anyone"];
  const service = await startService({
    name: "versitygw",
    program: `${TOOLS}/versitygw/versitygw`,
    args: [
      "--port",
      `127.0.0.1:${port}`,
      "--region",
      "us-east-1",
      "--keep-alive",
      "--health",
      "/health",
      "posix",
      "--sidecar",
      `${folder}/attributes`,
      `${folder}/data`,
    ],
    env: { ROOT_ACCESS_KEY: accessKey, ROOT_SECRET_KEY: secretKey },
    logFile: `${folder}/versitygw.log`,
    isReady: () => answersHttp(`${endpoint}/health`),
  });
  return { ...service, endpoint, accessKey, secretKey };
}
