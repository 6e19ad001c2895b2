/** What stands for a NaN or Infinity of a message until its column is known. */
export const NOT_A_NUMBER = "\u0000NaN";
