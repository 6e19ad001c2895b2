import { Missing, runTool } from "./tools_folder.ts";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/** The path of this host's Chromium. @throws {Missing} where there is none */
export async function findChromium(): Promise<string> {
  for (const name of NAMES) {
    try {
      return await runTool("sh", ["-c", `command -v ${name}`]);
    } catch (error) {
      if (!(error instanceof Missing)) throw error;
    }
  }
  throw new Missing(`${NAMES.join(", ")} are not installed`);
}
