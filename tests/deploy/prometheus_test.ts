import assert from "node:assert/strict";
import { parse } from "yaml";
import { missingProgram, skippableTest } from "../services/skippable.ts";
import { REPOSITORY } from "../services/tools_folder.ts";
import { namesIn, servedNames } from "./metric_names.ts";
import { promtool } from "./promtool.ts";

const FOLDER = `${REPOSITORY}/deploy/prometheus`;

interface Rule {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: { summary: string; action: string };
}

function read(name: string) {
  return parse(Deno.readTextFileSync(`${FOLDER}/${name}`));
}

const rules = (read("ticklake.rules.yaml").groups as Array<{ rules: Rule[] }>)
  .flatMap(({ rules }) => rules);

Deno.test("each alert rule says how bad it is, what it means and what to do", () => {
  assert.ok(rules.length >= 7);
  for (const { alert, labels, annotations } of rules) {
    assert.match(alert, /^Ticklake[A-Z]/);
    assert.ok(["warning", "critical"].includes(labels.severity), alert);
    assert.ok(annotations.summary && annotations.action, alert);
  }
});

Deno.test("alert rules ask only for metrics that the program serves", () => {
  const served = servedNames();
  for (const { alert, expr } of rules) {
    const names = namesIn(expr);
    assert.ok(names.length > 0 || expr.startsWith("up"), alert);
    for (const name of names) assert.ok(served.has(name), `${alert}: ${name}`);
  }
});

Deno.test("each alert rule has a test of its own that it fires", () => {
  const { tests } = read("ticklake.rules.test.yaml") as {
    tests: Array<{ alert_rule_test: Array<{ alertname: string; exp_alerts?: unknown[] }> }>;
  };
  const fired = tests.flatMap(({ alert_rule_test }) => alert_rule_test)
    .filter(({ exp_alerts }) => exp_alerts !== undefined).map(({ alertname }) => alertname);
  assert.deepEqual(rules.map(({ alert }) => alert).sort(), fired.sort());
});

Deno.test("the scrape configuration names the ports of the systemd units", () => {
  const { scrape_configs: [{ job_name, static_configs: [{ targets }] }] } = read("scrape.yaml");
  assert.equal(job_name, "ticklake");
  const listening = ["consume", "produce"].map((command) => {
    const unit = Deno.readTextFileSync(`${REPOSITORY}/deploy/systemd/ticklake-${command}.service`);
    return unit.match(/--metrics (\S+)/)![1];
  });
  assert.deepEqual(targets, listening);
});

skippableTest({
  name: "Prometheus itself takes the rules, and they fire when they should and only then",
  missing: missingProgram("promtool"),
  async fn() {
    await promtool("check", "config", `${FOLDER}/scrape.yaml`);
    assert.match(
      await promtool("test", "rules", `${FOLDER}/ticklake.rules.test.yaml`),
      /SUCCESS/,
    );
  },
});
