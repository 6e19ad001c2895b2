/** One call of `send`: done once all batches with its messages are acknowledged. */
export class SendCall {
  /** Resolves then, or rejects with the error of one of the batches. */
  readonly done: Promise<void>;
  #open = 1;
  #resolve!: () => void;
  #reject!: (error: unknown) => void;

  constructor() {
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Another batch holds messages of the call. */
  opened(): void {
    this.#open++;
  }

  /** A batch is acknowledged; or, once, all messages have been given to batches. */
  closed(): void {
    if (--this.#open === 0) this.#resolve();
  }

  failed(error: unknown): void {
    this.#reject(error);
  }
}
