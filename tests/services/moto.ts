import { answersHttp } from "./answers_http.ts";
import { freePort } from "./free_port.ts";
import { installPython, VENV_PYTHON } from "./python_venv.ts";
import { type ServiceProcess, startService } from "./service_process.ts";

/** A server that speaks S3, Glue, Athena, IAM and other AWS APIs, in memory. */
export interface Moto extends ServiceProcess {
  /** `http://127.0.0.1:PORT`, for `AWS_ENDPOINT_URL`; any credentials do. */
  readonly endpoint: string;
}

/** Starts moto on a free port. @throws {Missing} see {@linkcode installPython} */
export async function startMoto(options: { folder: string }): Promise<Moto> {
  await installPython();
  Deno.mkdirSync(options.folder, { recursive: true });
  const port = freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const service = await startService({
    name: "moto",
    program: VENV_PYTHON,
    args: ["-m", "moto.server", "-H", "127.0.0.1", "-p", String(port)],
    logFile: `${options.folder}/moto.log`,
    isReady: () => answersHttp(`${endpoint}/moto-api/`),
  });
  return { ...service, endpoint };
}
