// The reader's choice: looks up the sentence and the numbers that the notebooks computed for it, and draws them.
// The only sums made here are of days' counts.
const DAY = 86400000;
const svg = (name, attributes, ...children) => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
};
const label = (x, y, text, anchor = "middle") => svg("text", { x, y, "text-anchor": anchor }, text);
const inWords = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" }).format;
// Marks under a time axis, its foot at 120.
const months = (first, days, x, every) => {
  const marks = [];
  for (let day = 0; day < days; day += 1) {
    const now = new Date(first + day * DAY);
    if (now.getUTCDate() === 1 && now.getUTCMonth() % every === 0) marks.push(svg("line", { class: "grid", x1: x(day), x2: x(day), y1: 120, y2: 126 }), label(x(day), 142, now.getUTCMonth() ? "July" : now.getUTCFullYear()));
  }
  return marks;
};
// Counts by week, as one shape.
const weekly = (totals, x, y) => {
  const wide = Math.max(1, x(7) - x(0) - 0.5).toFixed(1);
  return svg("path", { class: "week", d: totals.map(([day, total]) => `M${x(day).toFixed(1)} 120V${y(total).toFixed(1)}h${wide}V120z`).join("") });
};
const row = (cells) => made("tr", {}, ...cells.map((content, column) => (column ? made("td", {}, content) : made("th", { scope: "row" }, content))));
const count = new Intl.NumberFormat("en").format;
const address = (hash) => history.replaceState(null, "", hash);

document.querySelectorAll("form#explorer").forEach((form) => {
  const told = JSON.parse(form.querySelector("script").textContent);
  const axes = ["counts", "talks_set", "anchor", "statistic"];
  const field = (name) => form.elements[name];
  const part = form.querySelector.bind(form);
  const chart = part(".chart");
  const course = part(".course");
  const first = Date.parse(told.first_day);
  const values = axes.map((axis) => told.axes[axis].map(([value]) => value));
  const sizes = [...values.map((one) => one.length), told.windows.length];

  // Places in the lists: one number for each axis, and an episode left out or 0.
  let chosen = [...told.published];
  let without = 0;
  const place = (at) => at.reduce((sum, index, axis) => sum * sizes[axis] + index, 0);
  const unpack = (packed) => {
    const [which, ...numbers] = packed.split("|");
    const parts = told.sentences[which].split(" ").map((piece) => told.pieces[piece]).join("").split("\u0001");
    return parts.reduce((text, part, n) => text + (n ? numbers[n - 1].replace(/^\./, "0.") : "") + part, "");
  };
  // Two letters a place on the axis (base 36, 648 is 1 time), five places a row: ratio, interval, other dates.
  const places = (text) => text.match(/.{10}/g)?.map((row) => row.match(/../g).map((two) => (two === "--" ? null : parseInt(two, 36) - 648))) ?? [];
  const drawn = places(told.drawn);
  const drawnWithout = places(told.without_drawn);
  const sentences = told.said.split("\n");
  // A blank number: as by the other statistic.
  for (let at = told.windows.length; at < sentences.length; at += 1) {
    if (!/\|(\||$)/.test(sentences[at])) continue;
    const old = sentences[at - told.windows.length].split("|");
    sentences[at] = sentences[at].split("|").map((one, n) => one || old[n]).join("|");
  }
  const left = told.without.split("\n").map((line) => [line.slice(0, line.indexOf("|")), line.slice(line.indexOf("|") + 1)]);
  const words = (day) => inWords(first + day * DAY);
  const spans = () => {
    const which = told.episodes[(chosen[1] * sizes[2] + chosen[2]) * sizes[4] + chosen[4]];
    return told.calendars[which].split(" ").filter(Boolean).map((one) => { const [start, length] = one.split(":").map(Number); return [start, length || 1]; });
  };
  const days = () => told.days[values[0][chosen[0]]];
  const sum = (from, to) => {
    let total = 0;
    for (let day = from; day <= to; day += 1) {
      if (days()[day] === undefined || days()[day] === null) return null;
      total += days()[day];
    }
    return total;
  };
  const stretch = () => ["from", "to"].map((name) => (Date.parse(field(name).value) - first) / DAY);
  const canOmit = () => [0, 1, 2].every((axis) => chosen[axis] === told.published[axis]);
  const omitted = () => left.findIndex(([key]) => key === `${values[3][chosen[3]]} ${told.windows[chosen[4]]} ${without}`);

  // All choices; those that differ from this one only in days; this one.
  const heights = { top: 28, bottom: 34, left: 40, right: 16 };
  let cloud = null;
  const draw = () => {
    const width = Math.max(280, Math.min(720, chart.clientWidth || 320));
    const height = Math.round(Math.min(340, width * 0.75));
    const reach = 175;
    const x = (place) => heights.left + ((place + 0.5) / sizes[4]) * (width - heights.left - heights.right);
    const y = (log) => heights.top + ((reach - Math.max(-reach, Math.min(reach, log))) / (2 * reach)) * (height - heights.top - heights.bottom);
    const picture = svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": "All choices by days compared, with this one; its numbers stand in the sentence above." });
    if (!cloud || cloud.width !== width) {
      const marks = drawn.map((row, index) => (row[0] === null ? "" : `M${x(index % sizes[4]).toFixed(1)} ${y(row[0]).toFixed(1)}h.1`)).join("");
      cloud = { width, path: svg("path", { class: "cloud", d: marks }) };
    }
    for (const [log, text] of [[-139, "0.25"], [-69, "0.5"], [0, "1"], [69, "2"], [139, "4"]]) {
      picture.append(svg("line", { class: log ? "grid" : "one", x1: heights.left, x2: width - heights.right, y1: y(log), y2: y(log) }), label(heights.left - 6, y(log) + 4, text, "end"));
    }
    picture.append(cloud.path.cloneNode());
    const from = place([...chosen.slice(0, 4), 0]);
    const line = drawn.slice(from, from + sizes[4]);
    const ends = (index) => line.map((row, at) => (row[index] === null ? "" : `${x(at).toFixed(1)},${y(row[index]).toFixed(1)}`)).filter(Boolean);
    if (ends(3).length) picture.append(svg("polygon", { class: "band", points: [...ends(3), ...ends(4).reverse()].join(" ") }));
    if (ends(0).length) picture.append(svg("polyline", { class: "line", points: ends(0).join(" ") }));
    const own = without ? drawnWithout[omitted()] : line[chosen[4]];
    if (own && own[0] !== null) {
      const at = x(chosen[4]);
      if (own[1] !== null) picture.append(svg("line", { class: "interval", x1: at, x2: at, y1: y(own[1]), y2: y(own[2]) }));
      picture.append(svg("circle", { class: "own", cx: at, cy: y(own[0]), r: 6 }));
    }
    const step = sizes[4] > 12 ? 7 : 1;
    told.windows.forEach((n, at) => { if (n === 1 || n % step === 0) picture.append(label(x(at), height - heights.bottom + 18, n)); });
    picture.append(label(heights.left, 14, "times the days before", "start"), label(width - heights.right, height - 5, "days compared", "end"));
    picture.addEventListener("click", (event) => {
      const left = picture.getBoundingClientRect().left;
      const at = Math.floor(((event.clientX - left - heights.left) / (width - heights.left - heights.right)) * sizes[4]);
      if (at >= 0 && at < sizes[4]) { field("window_days").value = told.windows[at]; change(); }
    });
    chart.replaceChildren(picture);
  };

  // The weeks of what is counted, with the episodes of talks.
  const weeks = () => {
    const width = Math.max(280, Math.min(1100, course.clientWidth || 320));
    const height = 150;
    const numbers = days();
    const totals = [];
    for (let day = numbers.findIndex((one) => one !== null); day + 7 <= numbers.length; day += 7) totals.push([day, sum(day, day + 6)]);
    const most = Math.max(1, ...totals.map(([, total]) => total));
    const x = (day) => 36 + (day / numbers.length) * (width - 44);
    const y = (total) => 120 - (total / most) * 84;
    const picture = svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": "Counts by week, with each episode of these talks; the table below has their dates and counts." });
    picture.append(weekly(totals, x, y));
    const [from, to] = stretch();
    if (from <= to) picture.append(svg("rect", { class: "stretch", x: x(from), y: 32, width: Math.max(2, x(to + 1) - x(from)), height: 88 }));
    for (const [start, length] of spans()) picture.append(svg("rect", { class: "talk", x: x(start), y: 18, width: Math.max(2, x(length) - x(0)), height: 12 }));
    picture.append(label(32, y(most) + 4, count(most), "end"), label(32, 124, "0", "end"), label(36, 13, "episodes of these talks, and the count by week", "start"));
    picture.append(...months(first, numbers.length, x, width < 500 ? 12 : 6));
    course.replaceChildren(picture);
  };

  const table = () => {
    const width = told.windows[chosen[4]];
    part("tbody").replaceChildren(...spans().map(([start, length], index) => {
      const last = start + length - 1;
      const before = sum(start - width, start - 1);
      const after = sum(last + 1, last + width);
      const line = row([length > 1 ? `${words(start)} to ${words(last)}` : words(start), before ?? "cut", after ?? "cut"]);
      if (index + 1 === without) line.className = "out";
      return line;
    }));
  };

  // The count between two days, both included.
  const total = () => {
    const [from, to] = stretch();
    const n = from <= to ? sum(from, to) : null;
    const what = told.axes.counts[chosen[0]][1];
    const text = n !== null
      ? `${what}, ${words(from)} to ${words(to)} (days: ${count(to - from + 1)}): ${count(n)}.`
      : from <= to ? "Not every day between these two is counted." : "Choose two days, the last not before the first.";
    const node = part(".total");
    if (node.textContent !== text) node.textContent = text; // what stands there is not read out again
  };

  const show = () => {
    const index = omitted();
    const at = place(chosen);
    part(".said").textContent = unpack(without && index >= 0 ? left[index][1] : sentences[at]);
    const same = told.verdicts.split(told.verdicts[at]).length - 1;
    part(".alike").textContent = without ? "" : `${count(same)} of ${count(told.verdicts.length)} choices have this verdict.`;
    const isPublished = !without && chosen.every((one, axis) => one === told.published[axis]);
    part(".which").textContent = isPublished ? "This is the report's choice." : "Not the report's choice.";
    draw();
    weeks();
    total();
    table();
  };

  const fill = () => {
    axes.forEach((axis, at) => { field(axis).value = values[at][chosen[at]]; });
    field("window_days").value = told.windows[chosen[4]];
    part(".days").textContent = told.windows[chosen[4]];
    const choices = canOmit() ? spans().map(([start], index) => [index + 1, words(start)]) : [];
    without = choices.length >= without ? without : 0;
    if (without && omitted() < 0) without = 0;
    field("without").replaceChildren(new Option("none", 0), ...choices.map(([value, text]) => new Option(text, value)));
    field("without").value = without;
    field("without").disabled = !choices.length;
  };

  const change = () => {
    chosen = [...axes.map((axis, at) => values[at].indexOf(field(axis).value)), told.windows.indexOf(Number(field("window_days").value))];
    without = canOmit() ? Number(field("without").value) : 0;
    fill();
    show();
    const key = [...axes.map((axis) => field(axis).value), told.windows[chosen[4]], without, ...["from", "to"].map((name) => field(name).value)].join(",");
    address(`#choice=${encodeURIComponent(key)}`);
  };

  const whole = (from = told.window[0], to = told.window[1]) => { field("from").value = from; field("to").value = to; };
  const read = () => {
    const found = decodeURIComponent(location.hash).match(/^#choice=(.*)$/);
    if (!found) return false;
    const parts = found[1].split(",");
    const asked = [...axes.map((axis, at) => values[at].indexOf(parts[at])), told.windows.indexOf(Number(parts[4]))];
    if (asked.some((one) => one < 0)) return false;
    chosen = asked;
    without = canOmit() ? Number(parts[5]) || 0 : 0;
    whole(parts[6], parts[7]);
    return true;
  };

  axes.forEach((axis) => field(axis).replaceChildren(...told.axes[axis].map(([value, text]) => new Option(text, value))));
  Object.assign(field("window_days"), { min: told.windows[0], max: told.windows.at(-1) });
  for (const name of ["from", "to"]) Object.assign(field(name), { min: told.window[0], max: told.window[1] });
  whole();
  form.addEventListener("input", change);
  form.addEventListener("submit", (event) => event.preventDefault());
  part("button").addEventListener("click", () => { chosen = [...told.published]; without = 0; whole(); fill(); show(); address("#explorer"); });
  addEventListener("hashchange", () => { if (read()) { fill(); show(); } });
  form.hidden = false;
  const isAsked = read();
  fill();
  new ResizeObserver(show).observe(chart);
  if (isAsked) form.scrollIntoView();
});
