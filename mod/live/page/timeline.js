/* Values over time as a line, with axes: the least and the most at its side, begin and end below. */
import { byId, svg } from "./text.js";

const WIDTH = 300;
const HEIGHT = 80;

const clock = (at) => new Date(at).toLocaleTimeString("en-GB", { timeStyle: "medium" });

/**
 * Draws points into the figure `id`, which has an SVG and elements of the classes most, least, begin, end.
 * @param points [milliseconds since 1970, value], the oldest first
 * @param text a value as text
 * @param fromZero whether the axis begins at nothing
 */
export function drawTimeline(id, points, text, fromZero = true) {
  const figure = byId(id);
  figure.hidden = points.length === 0;
  byId(`${id}-empty`).hidden = points.length > 0;
  if (points.length === 0) return;
  const [begin, end] = [points[0][0], points.at(-1)[0]];
  const values = points.map(([, value]) => value);
  const most = Math.max(...values);
  const least = fromZero ? 0 : Math.min(...values);
  const x = (at) => end === begin ? WIDTH : (at - begin) / (end - begin) * WIDTH;
  const y = (value) =>
    most === least
      ? HEIGHT * (most === 0 ? 0.97 : 0.5)
      : HEIGHT * (0.97 - 0.94 * (value - least) / (most - least));
  const line = points.map(([at, value]) => `${x(at).toFixed(1)} ${y(value).toFixed(1)}`);
  if (line.length === 1) line.unshift(`0 ${y(values[0]).toFixed(1)}`);
  figure.querySelector("svg").replaceChildren(
    ...[0.03, 0.5, 0.97].map((part) =>
      svg("path", { class: "grid", d: `M0 ${HEIGHT * part}H${WIDTH}` })
    ),
    svg("path", { class: "area", d: `M0 ${HEIGHT}L${line.join("L")}L${WIDTH} ${HEIGHT}Z` }),
    svg("path", { d: `M${line.join("L")}` }),
  );
  const write = (name, value) => figure.querySelector(`.${name}`).textContent = value;
  write("most", text(most));
  write("least", most === least ? "" : text(least));
  write("begin", clock(begin));
  write("end", `${clock(end)}: ${text(values.at(-1))}`);
}
