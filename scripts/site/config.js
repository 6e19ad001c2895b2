/* The configuration of VitePress. scripts/site/build.ts writes menu.json beside it. */
import { readFileSync } from "node:fs";

const menu = JSON.parse(readFileSync(new URL("menu.json", import.meta.url), "utf8"));

export default {
  title: "ticklake",
  description: "Quotes from files through Kafka into an S3 lake, exactly once.",
  lang: "en",
  // The folder of a server that it is served from.
  base: process.env.SITE_BASE ?? "/",
  cleanUrls: false,
  lastUpdated: false,
  head: [["link", { rel: "icon", href: "data:," }]],
  markdown: {
    languageAlias: { env: "ini", text: "txt" },
    theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
  },
  // Files of a few megabytes beside the pages need no warning.
  vite: { build: { chunkSizeWarningLimit: 4000 } },
  themeConfig: {
    sidebar: menu,
    outline: { level: [2, 3] },
    search: { provider: "local" },
    footer: { message: "MIT" },
  },
};
