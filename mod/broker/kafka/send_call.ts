/** One call of `send`: done when all batches that hold its messages are acknowledged. */
export class SendCall {
  /** Resolves then, or is rejected with what one of the batches failed with. */
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

  /** A further batch holds messages of the call. */
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
