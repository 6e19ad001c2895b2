import { runTool } from "../tools_folder.ts";

/** A key and its certificate, as PEM files. */
export interface Certificate {
  /** Private key, PKCS #8. */
  readonly key: string;
  readonly cert: string;
}

/** An authority that signs certificates. */
export interface Authority extends Certificate {
  /**
   * A certificate for a server or a client.
   * @param names subject alternative names, such as `IP:127.0.0.1,DNS:localhost`
   * @param options `days`: how long it is valid, negative: since when it is no more. Default 2
   */
  sign(name: string, names: string, options?: { days: number }): Promise<Certificate>;
}

/**
 * Makes an authority with openssl; its files go into `folder`.
 * @throws {Missing} without openssl
 */
export async function createAuthority(folder: string, name: string): Promise<Authority> {
  Deno.mkdirSync(folder, { recursive: true });
  const files = (name: string) => ({ key: `${folder}/${name}.key`, cert: `${folder}/${name}.pem` });
  const own = files(name);
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  await runTool("openssl", [
    ...["req", "-x509", "-days", "2", "-subj", `/CN=${name}`, ...newKey],
    ...["-keyout", own.key, "-out", own.cert],
  ]);
  return {
    ...own,
    async sign(name, names, { days } = { days: 2 }) {
      const signed = files(name);
      const request = `${folder}/${name}.csr`;
      const extensions = `${folder}/${name}.ext`;
      Deno.writeTextFileSync(extensions, `subjectAltName=${names}\n`);
      await runTool("openssl", [
        ...["req", "-new", "-subj", `/CN=${name}`, ...newKey],
        ...["-keyout", signed.key, "-out", request],
      ]);
      await runTool("openssl", [
        ...["x509", "-req", "-days", `${days}`, "-in", request, "-out", signed.cert],
        ...["-CA", own.cert, "-CAkey", own.key, "-CAcreateserial", "-extfile", extensions],
      ]);
      return signed;
    },
  };
}
