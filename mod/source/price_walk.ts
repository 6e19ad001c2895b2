/** Standard deviation of one step, as a share of the price. */
const STEP = 0.0006;

/** Maximum units that one step trades. */
const MOST_TRADED = 5000;

/** The price of one symbol in a day that continues: a geometric random walk. */
export class PriceWalk {
  readonly #random: () => number;
  /** First, highest and lowest price of the day. */
  open: number;
  high: number;
  low: number;
  price: number;
  /** Units traded that day. */
  volume = 0;

  /**
   * @param close the price that it continues from
   * @param random numbers in [0, 1)
   */
  constructor(close: number, random: () => number) {
    this.#random = random;
    // A price of zero would never change.
    this.open =
      this.high =
      this.low =
      this.price =
        close > 0 ? close : 1;
  }

  /** A new day opens at the last price. */
  beginDay(): void {
    this.open = this.high = this.low = this.price;
    this.volume = 0;
  }

  /** One trade later. */
  step(): void {
    this.price *= Math.exp(STEP * this.#gauss());
    this.high = Math.max(this.high, this.price);
    this.low = Math.min(this.low, this.price);
    this.volume += 1 + Math.floor(this.#random() * MOST_TRADED);
  }

  /** A number of the standard normal distribution. Source: Box and Muller, 1958. */
  #gauss(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.#random()));
    return radius * Math.cos(2 * Math.PI * this.#random());
  }
}
