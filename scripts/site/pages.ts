/** A page in the site's menu: its file in the repository, and the words that lead to it. */
export interface MenuPage {
  file: string;
  text: string;
}

/** A part of the site's menu. */
export interface MenuPart {
  text: string;
  pages: MenuPage[];
}

/** The site's menu: every page of docs/ once, in the order in which one reads them. */
export const MENU: readonly MenuPart[] = [
  part("Get started", [
    ["README.md", "What it is"],
    ["docs/quick-start.md", "Quick start"],
    ["docs/own-data.md", "Your own data"],
    ["docs/ec2.md", "EC2, from a fresh host"],
    ["docs/msk.md", "Amazon MSK"],
    ["docs/deploy.md", "Deployment"],
    ["docs/notebooks.md", "Moving from the notebooks"],
    ["docs/faq.md", "FAQ"],
  ]),
  part("Use", [
    ["docs/lake.md", "The lake"],
    ["docs/schema.md", "Schema"],
    ["docs/formats.md", "Message formats"],
    ["docs/iceberg.md", "Iceberg tables"],
    ["docs/query.md", "Local SQL"],
    ["docs/dashboard.md", "Dashboard"],
    ["docs/terminal.md", "Terminal"],
    ["docs/topic.md", "Topic"],
    ["docs/status.md", "Status and alerts"],
    ["docs/embedded-log.md", "The embedded log"],
  ]),
  part("Operate", [
    ["docs/operating.md", "Operations, metrics"],
    ["docs/scaling.md", "Scaling out"],
    ["docs/troubleshooting.md", "Troubleshooting"],
    ["docs/mistakes.md", "Recovering from mistakes"],
    ["docs/starting-over.md", "Starting over"],
    ["docs/security.md", "Security"],
    ["docs/settings.md", "Settings"],
    ["docs/exit-codes.md", "Exit codes"],
  ]),
  part("Evaluate", [
    ["docs/faults.md", "Faults"],
    ["docs/benchmarks.md", "Benchmarks"],
    ["docs/comparison.md", "Comparison"],
  ]),
  part("Contribute", [
    ["CONTRIBUTING.md", "Contributing"],
    ["docs/architecture.md", "Architecture"],
    ["docs/identity.md", "Identity of a log"],
    ["docs/reading-kafka.md", "Reading Kafka"],
    ["docs/parquet.md", "Parquet"],
    ["bench/README.md", "Running the benchmarks"],
    ["SECURITY.md", "Reporting a vulnerability"],
    ["CHANGELOG.md", "Changelog"],
  ]),
];

function part(text: string, pages: ReadonlyArray<readonly [file: string, text: string]>): MenuPart {
  return { text, pages: pages.map(([file, text]) => ({ file, text })) };
}
