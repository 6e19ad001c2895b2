import assert from "node:assert/strict";
import { stringify } from "yaml";
import { missingProgram, skippableTest } from "../services/skippable.ts";
import { REPOSITORY } from "../services/tools_folder.ts";
import { namesIn, servedNames } from "./metric_names.ts";
import { promtool } from "./promtool.ts";

interface Panel {
  id: number;
  type: string;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets: Array<{ expr: string; datasource: { uid: string } }>;
}

const dashboard = JSON.parse(Deno.readTextFileSync(`${REPOSITORY}/deploy/grafana/ticklake.json`));
const panels = dashboard.panels as Panel[];
const expressions = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

Deno.test("the dashboard's panels have ids of their own and do not lie on each other", () => {
  assert.ok(panels.length >= 12);
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  for (const a of panels) {
    const { x, y, w, h } = a.gridPos;
    assert.ok(x + w <= 24, a.title);
    for (const b of panels) {
      const over = b !== a && b.gridPos.x < x + w && x < b.gridPos.x + b.gridPos.w &&
        b.gridPos.y < y + h && y < b.gridPos.y + b.gridPos.h;
      assert.ok(!over, `${a.title} and ${b.title}`);
    }
  }
});

Deno.test("the dashboard asks only for metrics that the program serves, and for all of ours", () => {
  const served = servedNames();
  const asked = new Set(expressions.flatMap(namesIn));
  for (const name of asked) assert.ok(served.has(name), name);
  const ours = [...served].filter((name) =>
    /^ticklake_/.test(name) && !/_(sum|count|bucket)$/.test(name)
  );
  const base = (name: string) => name.replace(/_bucket$/, "");
  assert.deepEqual(
    ours.sort(),
    [...asked].map(base).filter((name) => /^ticklake_/.test(name)).sort(),
  );
});

Deno.test("every panel takes the data source and the instances that the user chose", () => {
  const names = (dashboard.templating.list as Array<{ name: string }>).map(({ name }) => name);
  assert.deepEqual(names, ["datasource", "instance"]);
  for (const { title, targets } of panels) {
    for (const { expr, datasource } of targets) {
      assert.equal(datasource.uid, "${datasource}", title);
      assert.match(expr, /instance=~"\$instance"/, title);
    }
  }
});

skippableTest({
  name: "Prometheus can read every expression of the dashboard",
  missing: missingProgram("promtool"),
  async fn() {
    const file = await Deno.makeTempFile({ suffix: ".yaml" });
    const rules = expressions.map((expr, i) => ({
      record: `panel:expression:${i}`,
      expr: expr.replaceAll("$__rate_interval", "5m").replaceAll("$instance", ".*"),
    }));
    await Deno.writeTextFile(file, stringify({ groups: [{ name: "dashboard", rules }] }));
    assert.match(await promtool("check", "rules", file), new RegExp(`${rules.length} rules found`));
    await Deno.remove(file);
  },
});
