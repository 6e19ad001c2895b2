/**
 * Bytes of memory that the process alone holds. On Linux without the pages of files: the catalog is
 * mapped, and those can be dropped at any time (proc_pid_status(5), RssAnon).
 */
export function privateBytes(): number {
  if (Deno.build.os === "linux") {
    try {
      const [, kibibytes] =
        /^RssAnon:\s+(\d+) kB/m.exec(Deno.readTextFileSync("/proc/self/status")) ??
          [];
      if (kibibytes !== undefined) return Number(kibibytes) * 1024;
    } catch {
      // No /proc, as in some sandboxes.
    }
  }
  return Deno.memoryUsage().rss;
}
