/** Writes the reference of the metrics into docs/operating.md: `./dev metrics`. */
import { metricsMarkdown } from "./metrics_markdown.ts";
import { writeSection } from "./marked_section.ts";

await writeSection("docs/operating.md", "metrics", await metricsMarkdown());
Deno.exit(0);
