import { ByteWriter } from "hyparquet-writer";
import { stringBounds } from "./bounds.ts";
import type { WholeColumn } from "./column.ts";
import { dictionaryValues, type EncodedValues } from "./encoded_values.ts";
import { Scratch } from "./scratch.ts";

const places = new Scratch((length) => new Int32Array(length));

/** Strings: a dictionary, unless they hardly repeat. */
export function encodeStrings(column: WholeColumn, count: number): EncodedValues {
  const { bytes, ends } = column.values!;
  const integers = column.integers!;
  const start = (value: number) => value === 0 ? 0 : ends[value - 1];
  // This file may have only some of the flush's strings: number those that it has, in order of
  // appearance.
  const numbers = new Int32Array(ends.length);
  const distinct: number[] = [];
  const indexes = places.take(count);
  for (let i = 0; i < count; i++) {
    const value = integers[i];
    if (numbers[value] === 0) numbers[value] = distinct.push(value);
    indexes[i] = numbers[value] - 1;
  }
  const bounds = stringBounds(bytes, distinct.map((v) => [start(v), ends[v]]));
  const plain = (values: ArrayLike<number>, begin: number, end: number) => {
    const writer = new ByteWriter();
    for (let i = begin; i < end; i++) {
      const value = values[i];
      writer.appendUint32(ends[value] - start(value));
      writer.appendBytes(bytes.subarray(start(value), ends[value]));
    }
    return writer.getBytes();
  };
  // A dictionary that hardly repeats costs more than it saves.
  if (distinct.length * 2 > count && distinct.length > 1) {
    return { encoding: "PLAIN", page: (begin, end) => plain(integers, begin, end), bounds };
  }
  const dictionary = { bytes: plain(distinct, 0, distinct.length), size: distinct.length };
  return dictionaryValues(dictionary, indexes, bounds);
}
