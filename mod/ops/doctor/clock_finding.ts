import { countText } from "../../terminal/amount_text.ts";
import { failed, type Finding, ok, warning } from "./finding.ts";

/** Usual difference in seconds: a synchronized clock, and the time that the answer takes. */
const USUAL_S = 60;

/** Difference in seconds at which AWS soon refuses requests. */
const REFUSED_S = 10 * 60;

/** Compares this host's clock with a server's. @param date the server's `Date` header */
export function clockFinding(server: string, date: string, nowMs: number): Finding {
  const seconds = Math.round((nowMs - Date.parse(date)) / 1000);
  const off = Math.abs(seconds);
  if (off <= USUAL_S) return ok("clock", `agrees with ${server}'s`);
  const amount = off < 120 ? countText(off, "second") : countText(Math.round(off / 60), "minute");
  const detail = `this host's clock is ${amount} ${
    seconds < 0 ? "behind" : "ahead of"
  } ${server}'s`;
  const fix =
    "Synchronize the clock with NTP: timedatectl set-ntp true (on EC2 chrony with 169.254.169.123).";
  return off < REFUSED_S
    ? warning("clock", detail, fix)
    : failed("clock", `${detail}; AWS refuses requests from 15 minutes on`, fix);
}
