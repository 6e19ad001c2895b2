import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { Failure } from "../failure/failure.ts";
import { checkObjectName } from "./object_name.ts";
import { s3Failure } from "./s3_failure.ts";
import type { LakeObject, LakeStore, StoreOptions } from "./store.ts";

/** Options of {@linkcode openS3Lake}. */
export interface S3LakeOptions {
  bucket: string;
  /** Path below which the lake lies, with or without `/` at its ends; empty for the whole bucket. */
  prefix: string;
  /** Milliseconds that making a connection may take. @default {3_000} */
  connectTimeoutMs?: number;
  /** Milliseconds for which a connection may be silent in the middle of a request. @default {10_000} */
  silenceTimeoutMs?: number;
  /** How often a request is tried that failed with 500, 503, a reset or a timeout. @default {3} */
  attempts?: number;
}

/** Milliseconds in which {@linkcode LakeStore.check} must have its answer. */
const CHECK_TIMEOUT_MS = 12_000;

/**
 * Object that {@linkcode LakeStore.check} writes. Its leading dot hides it from Athena, Glue and Spark
 * where it may not be removed.
 */
const CHECK = ".check";

/**
 * Opens a path in an S3 bucket as a lake. Credentials, region, profile and endpoint are found as in
 * every AWS tool; with an endpoint of one's own the bucket stands in the path (MinIO and its like).
 */
export function openS3Lake(options: S3LakeOptions): LakeStore {
  return new S3Lake(options);
}

class S3Lake implements LakeStore {
  readonly description: string;
  readonly #bucket: string;
  /** Empty, or with a `/` at its end. */
  readonly #root: string;
  readonly #endpoint: string | undefined;
  readonly #client: S3Client;

  constructor(options: S3LakeOptions) {
    const { bucket, connectTimeoutMs = 3000, silenceTimeoutMs = 10_000, attempts = 3 } = options;
    const prefix = options.prefix.replace(/^\/+|\/+$/g, "");
    this.#bucket = bucket;
    this.#root = prefix === "" ? "" : prefix + "/";
    this.#endpoint = Deno.env.get("AWS_ENDPOINT_URL_S3") || Deno.env.get("AWS_ENDPOINT_URL");
    this.description = `s3://${bucket}/${prefix}` +
      (this.#endpoint === undefined ? "" : ` at ${this.#endpoint}`);
    this.#client = new S3Client({
      // Of the AWS tools only this SDK does not know AWS_DEFAULT_REGION.
      region: Deno.env.get("AWS_REGION") || Deno.env.get("AWS_DEFAULT_REGION"),
      followRegionRedirects: true,
      forcePathStyle: this.#endpoint !== undefined,
      maxAttempts: attempts,
      requestHandler: {
        connectionTimeout: connectTimeoutMs,
        socketTimeout: silenceTimeoutMs,
      },
      // The signature covers the bytes; not all servers like S3 know the newer checksums.
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
    });
  }

  async put(name: string, bytes: Uint8Array, { signal }: StoreOptions = {}): Promise<void> {
    checkObjectName(name);
    await this.#do("write", name, signal, () =>
      this.#client.send(
        new PutObjectCommand({
          ...this.#object(name),
          Body: bytes,
          ContentLength: bytes.length,
        }),
        { abortSignal: signal },
      ));
  }

  async get(
    name: string,
    { signal, range }: StoreOptions & { range?: { start: number; end: number } } = {},
  ): Promise<Uint8Array> {
    checkObjectName(name);
    if (range !== undefined && range.end <= range.start) return new Uint8Array(0);
    return await this.#do("read", name, signal, async () => {
      const command = new GetObjectCommand({
        ...this.#object(name),
        Range: range && `bytes=${range.start}-${range.end - 1}`,
      });
      try {
        const { Body } = await this.#client.send(command, { abortSignal: signal });
        return await Body!.transformToByteArray();
      } catch (error) {
        // The range begins behind the object's end.
        if (error instanceof S3ServiceException && error.name === "InvalidRange") {
          return new Uint8Array(0);
        }
        throw error;
      }
    });
  }

  async *list(prefix: string, { signal }: StoreOptions = {}): AsyncIterable<LakeObject> {
    checkObjectName(prefix, { prefix: true });
    let token: string | undefined;
    do {
      const page = await this.#do("list", prefix, signal, () =>
        this.#client.send(
          new ListObjectsV2Command({
            Bucket: this.#bucket,
            Prefix: this.#root + prefix,
            ContinuationToken: token,
          }),
          { abortSignal: signal },
        ));
      for (const { Key, Size } of page.Contents ?? []) {
        const name = Key!.slice(this.#root.length);
        // A name with a / at its end is a folder that some console has made.
        if (name !== CHECK && name !== "" && !name.endsWith("/")) yield { name, size: Size ?? 0 };
      }
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  async remove(name: string): Promise<void> {
    checkObjectName(name);
    await this.#do(
      "remove",
      name,
      undefined,
      () => this.#client.send(new DeleteObjectCommand(this.#object(name))),
    );
  }

  async check(): Promise<void> {
    const signal = AbortSignal.timeout(CHECK_TIMEOUT_MS);
    await this.#do(
      "write",
      CHECK,
      undefined,
      () => Promise.race([this.#writeMarker(signal), rejectedBy(signal)]),
    );
  }

  async #writeMarker(signal: AbortSignal): Promise<void> {
    const marker = this.#object(CHECK);
    const body = new Uint8Array(0);
    await this.#client.send(
      new PutObjectCommand({ ...marker, Body: body, ContentLength: 0 }),
      { abortSignal: signal },
    );
    try {
      await this.#client.send(new DeleteObjectCommand(marker), { abortSignal: signal });
    } catch (error) {
      // Who may write but not remove can work; the marker then stays.
      if (!(error instanceof S3ServiceException && error.$metadata.httpStatusCode === 403)) {
        throw error;
      }
    }
  }

  close(): void {
    this.#client.destroy();
  }

  #object(name: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket, Key: this.#root + name };
  }

  async #do<T>(
    doing: string,
    name: string,
    signal: AbortSignal | undefined,
    request: () => Promise<T>,
  ): Promise<T> {
    signal?.throwIfAborted();
    try {
      return await request();
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      const key = this.#root + name;
      if (error instanceof NoSuchKey) {
        throw new Failure("failed", `s3://${this.#bucket}/${key}: no such object`, {
          cause: error,
        });
      }
      throw s3Failure(error, { doing, bucket: this.#bucket, key, endpoint: this.#endpoint });
    }
  }
}

function rejectedBy(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
}
