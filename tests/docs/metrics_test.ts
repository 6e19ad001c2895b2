import assert from "node:assert/strict";
import { withSection } from "../../scripts/marked_section.ts";
import { metricsMarkdown } from "../../scripts/metrics_markdown.ts";
import { REPOSITORY } from "../services/tools_folder.ts";

Deno.test({
  name: "docs/operating.md has the program's metrics (./dev metrics writes them)",
  // prom-client keeps timers for the figures of the process.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const page = Deno.readTextFileSync(`${REPOSITORY}/docs/operating.md`);
    assert.equal(withSection(page, "metrics", await metricsMarkdown()), page);
  },
});
