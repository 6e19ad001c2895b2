/** The lake's root, `s3://bucket/prefix/`. @param lake path of the lake without `/` at its ends */
export function lakeRoot({ bucket, prefix }: { bucket: string; prefix: string }): string {
  return prefix === "" ? `s3://${bucket}/` : `s3://${bucket}/${prefix}/`;
}
