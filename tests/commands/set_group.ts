import { openGroupAdmin } from "../../mod/commands/open_group_admin.ts";
import { loadSettings } from "../../mod/config/load.ts";
import type { ConsumePlace } from "./consume_place.ts";

/** Sets the group's offset of partition 0 as another program does: without metadata. */
export async function setGroup(place: ConsumePlace, offset: number): Promise<void> {
  const environment = { ...place.env, TICKLAKE_HOME: `${place.cwd}/.ticklake` };
  const { signal } = new AbortController();
  const admin = await openGroupAdmin(loadSettings({ flags: {}, environment }).settings, { signal });
  await admin.setOffsets(
    place.group,
    place.topic,
    [{ partition: 0, offset, metadata: "" }],
    signal,
  );
  await admin.close();
}
