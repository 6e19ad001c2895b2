/* What the server tells: its state at each connection, then frames. */

/** Milliseconds until another try, where the browser makes none of its own. */
const AGAIN_MS = 1000;

/**
 * Connects, and again whenever the connection ends.
 * @param onState called with the state, after each connection: what came in between is in it
 * @param onFrame called with each frame after it
 * @param onConnection called with `live`, or `away` and why
 */
export function followStream({ onState, onFrame, onConnection }) {
  const source = new EventSource("/api/events");
  /** Frames that came before the state to which they add. */
  let early = [];
  const again = (why) => {
    source.close();
    onConnection("away", why);
    setTimeout(() => followStream({ onState, onFrame, onConnection }), AGAIN_MS);
  };
  source.addEventListener("open", async () => {
    early = [];
    const frames = early;
    try {
      const response = await fetch("/api/state");
      if (response.status === 401) return again("a token is needed");
      if (!response.ok) throw new Error(`status ${response.status}`);
      const state = await response.json();
      // Another connection has begun meanwhile.
      if (frames !== early) return;
      onState(state);
      early = undefined;
      for (const frame of frames) onFrame(frame);
      onConnection("live", "live");
    } catch (error) {
      console.warn(error);
      if (frames === early) again("connecting again");
    }
  });
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) again("connecting again");
    else onConnection("away", "connecting again");
  });
  source.addEventListener("message", ({ data }) => {
    const frame = JSON.parse(data);
    if (early === undefined) onFrame(frame);
    else early.push(frame);
  });
}
