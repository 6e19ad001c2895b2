/* The server's event stream: its state at each connection, then frames. */

/** Milliseconds until the next attempt, if the browser makes none of its own. */
const AGAIN_MS = 1000;

/**
 * Milliseconds that a hidden page stays connected. A browser opens at most six connections to a host, so
 * with more tabs than that the visible one would wait for a connection of the hidden ones.
 */
const HIDDEN_MS = 5000;

/**
 * Connects, and reconnects whenever the connection ends or the page is shown again.
 * @param handlers.onState called with the state, after each connection: it includes what was missed
 * @param handlers.onFrame called with each frame after it
 * @param handlers.onConnection called with `live`, or `away` and why
 */
export function followStream(handlers) {
  let stop = follow(handlers);
  let timer;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (document.hidden) {
      timer = setTimeout(() => {
        stop();
        stop = undefined;
        handlers.onConnection("away", "paused while hidden");
      }, HIDDEN_MS);
    } else {
      stop ??= follow(handlers);
    }
  });
}

/** Follows the stream until the function that it returns is called. */
function follow({ onState, onFrame, onConnection }) {
  let source;
  let timer;
  /** Frames that arrived before the state to which they add. */
  let early;
  const again = (why) => {
    source.close();
    onConnection("away", why);
    timer = setTimeout(connect, AGAIN_MS);
  };
  const connect = () => {
    source = new EventSource("/api/events");
    source.addEventListener("open", async () => {
      early = [];
      const frames = early;
      try {
        const response = await fetch("/api/state");
        // Another connection has begun meanwhile, or this one was stopped.
        if (frames !== early) return;
        if (response.status === 401) return again("a token is needed");
        if (!response.ok) throw new Error(`status ${response.status}`);
        const state = await response.json();
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
  };
  connect();
  return () => {
    clearTimeout(timer);
    source.close();
    early = null;
  };
}
