// The main drawing: a week pointed at, tapped or chosen, with what was counted and happened in it.
document.querySelectorAll("form#weeks").forEach((form) => {
  const told = JSON.parse(form.querySelector("script").textContent);
  const { week, go } = form.elements;
  const drawings = [...document.querySelectorAll("#fig-phases svg[data-time]")].map((drawing) => {
    const [axis, ...ends] = drawing.dataset.time.split(" ");
    return { drawing, axis, from: Number(ends[0]), days: told.n_days / (ends[1] - ends[0]), mark: drawing.appendChild(svg("rect", { class: "week-mark", width: "100%", height: "100%", visibility: "hidden" })) };
  });
  // The record's own row or card.
  const record = ([, , id, words]) => {
    const there = document.getElementById(id);
    const item = made("li", {}, there ? made("a", { href: `#${id}` }, words) : words);
    const headings = there?.cells ? [...there.closest("table").tHead.rows[0].cells].map((cell) => cell.textContent) : [];
    for (const part of [there?.querySelector("blockquote"), ...["What", "Claims", "Sources"].map((name) => there?.cells?.[headings.indexOf(name)])]) {
      if (part && part.textContent !== "–") item.append(" · ", ...part.cloneNode(true).childNodes);
    }
    return item;
  };
  const show = (at) => {
    form.querySelector(".said").textContent = told.said[at];
    form.querySelector("ul").replaceChildren(...told.records.filter(([from, to]) => from <= at && at <= to).map(record));
    for (const { axis, from, days, mark } of drawings) {
      mark.setAttribute(axis, from + (told.first_week + 7 * at) / days);
      mark.setAttribute(axis === "x" ? "width" : "height", 7 / days);
      mark.removeAttribute("visibility");
    }
  };
  const choose = (at) => { week.value = at; show(at); address(`#week=${at}`); };
  for (const { drawing, axis, from, days } of drawings) {
    const at = (event) => {
      const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(drawing.getScreenCTM().inverse())[axis];
      return Math.max(0, Math.min(told.said.length - 1, Math.floor(((place - from) * days - told.first_week) / 7)));
    };
    drawing.addEventListener("pointermove", (event) => { if (event.pointerType === "mouse") show(at(event)); });
    drawing.addEventListener("pointerleave", () => show(Number(week.value)));
    drawing.addEventListener("click", (event) => choose(at(event)));
  }
  go.append(...told.go.map(([label, places]) => made("optgroup", { label }, ...places.map(([place, name]) => new Option(name, told.records[place][0])))));
  Object.assign(week, { max: told.said.length - 1, value: told.peak });
  form.addEventListener("input", (event) => { if (event.target.value) choose(Number(event.target.value)); });
  form.hidden = false;
  const [, asked] = location.hash.match(/^#week=(\d+)$/) ?? [];
  if (asked) { week.value = asked; choose(Number(week.value)); form.scrollIntoView(); }
});

// One search over the records, with a counted result.
document.querySelectorAll("#search").forEach((place) => {
  const kinds = ["claim", "talk", "truce", "incident", "place"];
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  let all = null;
  const read = () => {
    all ??= kinds.flatMap((kind) => [...document.querySelectorAll(`main [id^="${kind}-"]`)].map((node) => {
      const said = [...(node.cells ?? [node])].map((one) => one.textContent.trim()).join(" · ").replace(/\s+/g, " ");
      return { kind, id: node.id, said, text: plain(said) };
    }));
  };
  place.addEventListener("focusin", read);
  place.addEventListener("input", () => {
    read();
    const wanted = plain(place.querySelector("input").value).split(" ").filter(Boolean);
    const found = all.filter(({ text }) => wanted.length && wanted.every((word) => text.includes(word)));
    const counts = kinds.map((kind) => [kind, found.filter((one) => one.kind === kind).length]).filter(([, n]) => n);
    place.querySelector("output").textContent = wanted.length ? `${found.length} of ${all.length} records${counts.map(([kind, n], at) => `${at ? ", " : ": "}${n} ${kind}${n > 1 ? "s" : ""}`).join("")}` : "";
    place.querySelector("ul").replaceChildren(...found.map(({ id, said }) => made("li", {}, made("a", { href: `#${id}` }, said.replace(/^(.{110}\S*) .*/, "$1…")))));
  });
  place.hidden = false;
});
