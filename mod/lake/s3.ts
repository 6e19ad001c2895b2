import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
  S3ServiceException,
  type StorageClass,
} from "@aws-sdk/client-s3";
import { keptCredentials } from "../aws/kept_credentials.ts";
import { endpointSet } from "../aws/environment.ts";
import { type RequestHandler, requestHandler, uploadMs } from "../aws/request_handler.ts";
import { AbsentObject } from "./absent_object.ts";
import { deadline } from "../wait/deadline.ts";
import { checkObjectName } from "./object_name.ts";
import { isCredentialFailure } from "../aws/request_failure.ts";
import { s3Failure } from "./s3_failure.ts";
import type { LakeObject, LakeStore, StoreOptions } from "./store.ts";

/** Options of {@linkcode openS3Lake}. */
export interface S3LakeOptions {
  bucket: string;
  /** Path below which the lake is, with or without `/` at its ends; empty for the whole bucket. */
  prefix: string;
  /** Encryption at rest in S3's own words; without it the bucket's default. */
  sse?: "AES256" | "aws:kms";
  /** Id or ARN of the key for `aws:kms`. @default {the account's own key for S3} */
  sseKmsKeyId?: string;
  /** @default {"STANDARD"} */
  storageClass?: StorageClass;
  /** Whether the bucket's name goes into the path. @default {where the endpoint is one's own} */
  pathStyle?: boolean;
  /** Milliseconds for which S3 may be silent before the request is retried. @default {6_000} */
  silenceMs?: number;
  /** How often a request is tried that failed with 500, 503, a reset or a timeout. @default {3} */
  attempts?: number;
}

/** Milliseconds after which a request has failed, however often it was tried, without its upload. */
const DEADLINE_MS = 12_000;

/**
 * Object that {@linkcode LakeStore.check} writes. Its leading dot hides it from Athena, Glue and Spark
 * where it may not be removed.
 */
const CHECK = ".check";

/**
 * Opens a path in an S3 bucket as a lake. Credentials, region, profile and endpoint are found as in
 * every AWS tool; with an endpoint of one's own the bucket stands in the path (MinIO and its like)
 * unless `pathStyle` says otherwise.
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
  readonly #requests: RequestHandler;
  readonly #attempts: number;
  readonly #pathStyle: boolean;
  /** How each object is stored. */
  readonly #storage: Pick<
    PutObjectCommandInput,
    "ServerSideEncryption" | "SSEKMSKeyId" | "StorageClass"
  >;
  /** Absent until it is needed, and again after its credentials were refused. */
  #client: S3Client | undefined;

  constructor(options: S3LakeOptions) {
    const { bucket, silenceMs, attempts = 3 } = options;
    const prefix = options.prefix.replace(/^\/+|\/+$/g, "");
    this.#bucket = bucket;
    this.#root = prefix === "" ? "" : prefix + "/";
    this.#endpoint = endpointSet("s3");
    this.description = `s3://${bucket}/${prefix}` +
      (this.#endpoint === undefined ? "" : ` at ${this.#endpoint}`);
    this.#requests = requestHandler({ silenceMs });
    this.#attempts = attempts;
    this.#pathStyle = options.pathStyle ?? this.#endpoint !== undefined;
    this.#storage = {
      ServerSideEncryption: options.sse,
      SSEKMSKeyId: options.sseKmsKeyId,
      StorageClass: options.storageClass,
    };
  }

  #connected(): S3Client {
    return this.#client ??= new S3Client({
      // Of the AWS tools only this SDK does not know AWS_DEFAULT_REGION.
      region: Deno.env.get("AWS_REGION") || Deno.env.get("AWS_DEFAULT_REGION") || undefined,
      // Looked up again by each client: someone may have put new ones into ~/.aws/credentials.
      credentialDefaultProvider: () => keptCredentials({ ignoreCache: true }),
      followRegionRedirects: true,
      forcePathStyle: this.#pathStyle,
      maxAttempts: this.#attempts,
      requestHandler: this.#requests.handler,
      // fetch sends the body at once.
      expectContinueHeader: false,
      // The signature covers the bytes; not all servers like S3 know the newer checksums.
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
    });
  }

  async put(name: string, bytes: Uint8Array, { signal }: StoreOptions = {}): Promise<void> {
    checkObjectName(name);
    await this.#do("write", name, signal, (abortSignal) =>
      this.#connected().send(
        new PutObjectCommand({
          ...this.#object(name),
          ...this.#storage,
          Body: bytes,
          ContentLength: bytes.length,
        }),
        { abortSignal },
      ), uploadMs(bytes.length));
  }

  async create(
    name: string,
    bytes: Uint8Array,
    { signal }: StoreOptions = {},
  ): Promise<boolean> {
    checkObjectName(name);
    return await this.#do("write", name, signal, async (abortSignal) => {
      const command = new PutObjectCommand({
        ...this.#object(name),
        ...this.#storage,
        Body: bytes,
        ContentLength: bytes.length,
        IfNoneMatch: "*",
      });
      try {
        await this.#connected().send(command, { abortSignal });
        return true;
      } catch (error) {
        if (error instanceof S3ServiceException && error.name === "PreconditionFailed") {
          return false;
        }
        throw error;
      }
    }, uploadMs(bytes.length));
  }

  async get(
    name: string,
    { signal, range }: StoreOptions & { range?: { start: number; end: number } } = {},
  ): Promise<Uint8Array> {
    checkObjectName(name);
    if (range !== undefined && range.end <= range.start) return new Uint8Array(0);
    return await this.#do("read", name, signal, async (abortSignal, unhurried) => {
      const command = new GetObjectCommand({
        ...this.#object(name),
        Range: range && `bytes=${range.start}-${range.end - 1}`,
      });
      try {
        const { Body } = await this.#connected().send(command, { abortSignal });
        // However large it is: only silence ends it.
        unhurried();
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
      const command = new ListObjectsV2Command({
        Bucket: this.#bucket,
        Prefix: this.#root + prefix,
        ContinuationToken: token,
        // XML cannot carry every character that a name may have.
        EncodingType: "url",
      });
      const page = await this.#do(
        "list",
        prefix,
        signal,
        (abortSignal) => this.#connected().send(command, { abortSignal }),
      );
      for (const { Key, Size = 0, ETag, LastModified } of page.Contents ?? []) {
        const key = page.EncodingType === "url" ? decodedKey(Key!) : Key!;
        const name = key.slice(this.#root.length);
        // A name with a / at its end is a folder that some console has made.
        if (name === CHECK || name === "" || name.endsWith("/")) continue;
        yield { name, size: Size, version: ETag ?? LastModified?.toISOString() ?? "" };
      }
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  async remove(name: string, { signal }: StoreOptions = {}): Promise<void> {
    checkObjectName(name);
    await this.#do(
      "remove",
      name,
      signal,
      (abortSignal) =>
        this.#connected().send(new DeleteObjectCommand(this.#object(name)), { abortSignal }),
    );
  }

  async check({ signal }: StoreOptions = {}): Promise<void> {
    const marker = this.#object(CHECK);
    await this.#do("write", CHECK, signal, (abortSignal) =>
      this.#connected().send(
        new PutObjectCommand({
          ...marker,
          ...this.#storage,
          Body: new Uint8Array(0),
          ContentLength: 0,
        }),
        { abortSignal },
      ));
    await this.#do("remove", CHECK, signal, async (abortSignal) => {
      try {
        await this.#connected().send(new DeleteObjectCommand(marker), { abortSignal });
      } catch (error) {
        // Who may write but not remove can work; the marker then stays.
        if (!(error instanceof S3ServiceException && error.$metadata.httpStatusCode === 403)) {
          throw error;
        }
      }
    });
  }

  close(): void {
    this.#client?.destroy();
    this.#requests.close();
  }

  #object(name: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket, Key: this.#root + name };
  }

  /**
   * @param request gets a signal that aborts at the deadline, and a function that lifts the deadline
   * @param extraMs time that it may take besides {@linkcode DEADLINE_MS}
   */
  async #do<T>(
    doing: string,
    name: string,
    signal: AbortSignal | undefined,
    request: (signal: AbortSignal, unhurried: () => void) => Promise<T>,
    extraMs = 0,
  ): Promise<T> {
    try {
      // Looking up credentials may take long and cannot be aborted.
      return await deadline({ ms: DEADLINE_MS + 3 * extraMs, signal }, request);
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      const key = this.#root + name;
      if (error instanceof NoSuchKey) {
        throw new AbsentObject(`s3://${this.#bucket}/${key}`, { cause: error });
      }
      if (isCredentialFailure(error)) this.#client = undefined;
      throw s3Failure(error, { doing, bucket: this.#bucket, key, endpoint: this.#endpoint });
    }
  }
}

/** A key as `EncodingType: "url"` writes it: a form's encoding, so that a blank is a plus sign. */
function decodedKey(key: string): string {
  return decodeURIComponent(key.replaceAll("+", " "));
}
