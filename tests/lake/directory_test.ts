import { openDirectoryLake } from "../../mod/lake/directory.ts";
import { storeContract } from "./store_contract.ts";

const root = Deno.makeTempDirSync({ prefix: "ticklake-directory-" });
addEventListener("unload", () => Deno.removeSync(root, { recursive: true }));

storeContract("directory", (path) => openDirectoryLake(`${root}/lakes/${path}`));
