/** A field of a Protobuf message, as a descriptor's JSON has it. @param type such as `STRING` */
export function protoField(name: string, number: number, type: string, more = {}) {
  return { name, number, label: "LABEL_OPTIONAL", type: `TYPE_${type}`, ...more };
}
