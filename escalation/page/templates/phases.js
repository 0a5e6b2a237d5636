// Another choice of phases: looks up the sentence and the phases that the notebooks computed for it, and draws them.
document.querySelectorAll("form#phase-explorer").forEach((form) => {
  const told = JSON.parse(form.querySelector("script").textContent);
  const axes = ["counts", "area", "criterion"];
  const field = (name) => form.elements[name];
  const part = form.querySelector.bind(form);
  const first = Date.parse(told.first_day);
  const values = [...axes.map((axis) => told.axes[axis].map(([value]) => value)), told.lengths];
  const words = (day) => inWords(first + day * DAY);
  const levels = ["low", "middle", "high"];
  let chosen = [...told.published];
  let shown = 0; // the phase on the map
  const which = (at) => told.which[at.reduce((sum, index, axis) => sum * values[axis].length + index, 0)];
  const phases = () => told.cuts[which(chosen)][1];
  const end = (at) => (phases()[at + 1] ?? [told.n_days])[0] - 1;

  const course = part(".course");
  let width = 320;
  const draw = () => {
    const totals = told.weeks[`${values[0][chosen[0]]} ${values[1][chosen[1]]}`];
    const most = Math.max(1, ...totals);
    const x = (day) => 36 + (day / told.n_days) * (width - 44);
    const y = (total) => 120 - (total / most) * 92;
    const picture = svg("svg", { width, height: 150, viewBox: `0 0 ${width} 150`, role: "img", "aria-label": "Counts by week, in the phases of this choice; the table below has their numbers." });
    phases().forEach(([start, level, possible], at) => {
      const band = svg("rect", { class: `phase level-${level}${at === shown ? " shown" : ""}`, x: x(start), y: 20, width: x(end(at) + 1) - x(start), height: 100 });
      band.addEventListener("click", () => { shown = at; change(); });
      picture.append(band);
      if (at) picture.append(svg("line", { class: possible ? "begins possible" : "begins", x1: x(start), x2: x(start), y1: 14, y2: 120 }));
    });
    picture.append(weekly(totals.map((total, at) => [told.first_week + 7 * at, total]), x, y), label(32, y(most) + 4, count(most), "end"), label(32, 124, "0", "end"), label(36, 11, "count by week", "start"), ...months(first, told.n_days, x, width < 500 ? 12 : 6));
    course.replaceChildren(picture);
  };

  const table = () => part("tbody").replaceChildren(...phases().map(([start, level, possible, total, rate, ...killed], at) => {
    const [low, best, high] = killed.map(count);
    const pick = made("input", { type: "radio", name: "phase", value: at, checked: at === shown });
    const name = made("label", {}, pick, ` ${words(start)} to ${words(end(at))}${possible ? " (possible)" : ""}`);
    return row([name, levels[level], `${count(total)} (${rate})`, `${best} (${low} to ${high})`]);
  }));

  // The days of the phase shown, summed by cell.
  const map = () => {
    const { size, ground, towns, cells, cell, classes, dead } = told.map;
    if (!size) return;
    const [from, to] = [phases()[shown][0], end(shown)];
    const sums = new Map();
    for (let at = 0; at < dead.length; at += 3) if (dead[at] >= from && dead[at] <= to) sums.set(dead[at + 1], (sums.get(dead[at + 1]) ?? 0) + dead[at + 2]);
    const unplaced = sums.get(-1) ?? 0;
    sums.delete(-1);
    const total = [...sums.values()].reduce((sum, one) => sum + one, 0);
    const holder = part(".map");
    if (!holder.firstChild) {
      const names = towns.flatMap(([x, y, name]) => [svg("path", { class: "town", d: `M${x - 4} ${y}h8m-4 -4v8` }), x > size[0] * 0.6 ? label(x - 7, y + 4, name, "end") : label(x + 7, y + 4, name, "start")]);
      holder.append(svg("svg", { viewBox: `0 0 ${size[0]} ${size[1]}`, role: "img", "aria-label": "Map of the people killed in this phase, by squares of about ten kilometres." }, ...Object.entries(ground).map(([kind, d]) => svg("path", { class: kind, d })), svg("g", {}), ...names));
    }
    holder.querySelector("g").replaceChildren(...[...sums].map(([place, n]) => svg("rect", { class: "dead", x: cells[place][0], y: cells[place][1], width: cell[0], height: cell[1], opacity: classes.findLast(([least]) => n >= least)[1] }, svg("title", {}, `${count(n)} killed`))));
    part(".placed").textContent = `On the map, whole area, ${words(from)} to ${words(to)}: ${count(total)} killed (best estimate)${unplaced ? `; ${count(unplaced)} more at no known place` : ""}.`;
  };

  const show = () => {
    const [sentence, own] = told.cuts[which(chosen)];
    const said = part(".said");
    if (said.textContent !== sentence) said.textContent = sentence;
    const offered = told.which.filter((one) => one >= 0);
    const same = offered.filter((one) => told.cuts[one][1].length === own.length).length;
    part(".alike").textContent = `${count(same)} of ${count(offered.length)} choices find as many changes.`;
    part(".which").textContent = chosen.every((one, axis) => one === told.published[axis]) ? "These are the report's phases." : "Not the report's phases.";
    draw();
    map();
  };
  const fill = () => {
    shown = Math.min(shown, phases().length - 1);
    axes.forEach((axis, at) => { field(axis).value = values[at][chosen[at]]; });
    [...field("area").options].forEach((option, at) => { option.disabled = which([chosen[0], at, chosen[2], chosen[3]]) < 0; });
    field("min_weeks").value = values[3][chosen[3]];
    part(".weeks").textContent = values[3][chosen[3]];
    table();
  };
  const tell = () => {
    const key = [...axes.map((axis) => field(axis).value), values[3][chosen[3]], shown + 1].join(",");
    address(`#phases=${encodeURIComponent(key)}`);
  };
  const change = () => { fill(); show(); tell(); };
  const published = () => { chosen = [...told.published]; shown = told.cuts[which(chosen)][2]; fill(); };
  const read = () => {
    const found = decodeURIComponent(location.hash).match(/^#phases=(.*)$/);
    const parts = found ? found[1].split(",") : [];
    const asked = [...axes.map((axis, at) => values[at].indexOf(parts[at])), values[3].indexOf(Number(parts[3]))];
    if (asked.some((one) => one < 0) || which(asked) < 0) return false;
    chosen = asked;
    shown = Math.max(0, parts[4] - 1) || 0;
    fill();
    return true;
  };

  axes.forEach((axis) => field(axis).replaceChildren(...told.axes[axis].map(([value, text]) => new Option(text, value))));
  Object.assign(field("min_weeks"), { min: told.lengths[0], max: told.lengths.at(-1) });
  form.addEventListener("input", (event) => {
    if (event.target.name === "phase") {
      shown = Number(event.target.value);
      show();
      return tell();
    }
    chosen = [...axes.map((axis, at) => values[at].indexOf(field(axis).value)), values[3].indexOf(Number(field("min_weeks").value))];
    if (which(chosen) < 0) chosen[1] = told.published[1]; // a count that is not kept by part stands for the whole area
    shown = told.cuts[which(chosen)][2];
    change();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  part("button").addEventListener("click", () => { published(); show(); address("#phase-explorer"); });
  addEventListener("hashchange", () => { if (read()) show(); });
  form.hidden = false;
  published();
  const isAsked = read();
  new ResizeObserver(([{ contentRect }]) => { width = Math.max(280, Math.min(1100, contentRect.width)); show(); }).observe(course);
  if (isAsked) form.scrollIntoView();
});
