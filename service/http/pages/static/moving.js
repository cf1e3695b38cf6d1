"use strict";
// The same page of another moment, or with other fields, without leaving it. A form with its button does the same; this
// asks for the address that the form would, and shows what the answer has. What somebody has their hands on stays.
{
  const REST = { input: 300, change: 0 };

  // What a number is of, whenever it was known: its address without the moment. The same may stand there twice.
  function numbers(root) {
    const found = new Map(), times = new Map();
    for (const link of root.querySelectorAll("a.number[data-value]")) {
      const address = new URL(link.getAttribute("href"), document.baseURI);
      address.searchParams.delete("knownAt");
      const name = address.pathname + address.search;
      times.set(name, (times.get(name) ?? 0) + 1);
      found.set(`${name} ${times.get(name)}`, link);
    }
    return found;
  }

  // Everything around `kept` as in the other document; `kept` itself, and so what is typed or held there, is not touched.
  function renew(old, next, kept, twin) {
    if (old === kept) return;
    const stays = [...old.childNodes].find((one) => one.contains(kept));
    const like = [...next.childNodes].find((one) => one.contains(twin));
    if (!stays || !like) return old.replaceChildren(...next.childNodes);
    const all = [...next.childNodes], at = all.indexOf(like);
    for (const one of [...old.childNodes]) if (one !== stays) one.remove();
    stays.before(...all.slice(0, at));
    stays.after(...all.slice(at + 1));
    renew(stays, like, kept, twin);
  }

  // A chart that can be drawn here stays as it is until it is drawn anew: the answer then has what to draw, undrawn.
  const LIVELY = "figure.chart[data-script] svg";
  function keepCharts(next) {
    const found = [];
    for (const figure of next.querySelectorAll("figure.chart[data-script][id]")) {
      const block = figure.querySelector('script[type="application/json"]');
      const old = document.getElementById(figure.id);
      if (!block) continue;
      if (!old?.querySelector("svg")) throw new Error("nothing to redraw");
      found.push({ figure: old, chart: JSON.parse(block.textContent) });
      figure.replaceWith(old);
    }
    return found;
  }

  async function redraw(specified) {
    for (const { figure, chart } of specified) {
      await new Promise((resolve, reject) => {
        figure.dispatchEvent(new CustomEvent("chart", { bubbles: true, detail: { chart, resolve, reject } }));
      });
    }
  }

  // Marks what became another number, and says how many did, those that came or went included.
  function mark(before) {
    const said = document.querySelector("#moved-said"), after = numbers(document.querySelector("main"));
    if (!said) return;
    let count = [...before.keys()].filter((name) => !after.has(name)).length;
    for (const [name, link] of after) {
      const old = before.get(name);
      if (old?.value === link.dataset.value) continue;
      count += 1;
      link.classList.add("has-moved");
      if (!old) continue;
      const was = document.createElement("span");
      was.className = "unseen";
      was.textContent = ` (${said.dataset.was.replace("{v}", old.text)})`;
      link.append(was);
    }
    const { none, one, more } = said.dataset;
    voice.textContent = said.textContent = count === 0 ? none : count === 1 ? one : more.replace("{n}", count);
  }

  // It is there before it has something to say, or nobody hears it.
  const voice = document.createElement("p");
  voice.className = "unseen";
  voice.setAttribute("role", "status");
  voice.setAttribute("aria-live", "polite");
  document.body.append(voice);

  let asked, waiting, drawing = Promise.resolve();

  async function show(form, held) {
    asked?.abort();
    const mine = asked = new AbortController();
    const address = new URL(form.getAttribute("action") ?? "", document.baseURI);
    address.search = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ""));
    const main = document.querySelector("main");
    main.setAttribute("aria-busy", "true");
    try {
      const headers = { Accept: "text/html", ...(document.querySelector(LIVELY) ? { "Ketenspoor-Charts": "specified" } : {}) };
      const answer = await fetch(address, { headers, signal: mine.signal });
      const next = new DOMParser().parseFromString(await answer.text(), "text/html");
      const twin = next.querySelector(`#${form.id} ${held}`);
      const kept = form.querySelector(held);
      if (!twin || !kept) { location.assign(address); return; }
      const before = new Map([...numbers(main)].map(([name, link]) => [name, { value: link.dataset.value, text: link.textContent }]));
      const specified = keepCharts(next);
      renew(main, next.querySelector("main"), kept, twin);
      for (const part of ["header.top", "footer"]) document.querySelector(part).replaceWith(next.querySelector(part));
      document.body.className = next.body.className;
      document.title = next.title;
      history.replaceState(null, "", address);
      mark(before);
      // One after the other, and not what somebody has moved on from.
      await (drawing = drawing.then(() => (mine.signal.aborted ? undefined : redraw(specified))));
    } catch (fault) {
      if (fault.name !== "AbortError") location.assign(address);
    } finally {
      if (asked === mine) main.removeAttribute("aria-busy");
    }
  }

  function soon(form, held, rest) {
    clearTimeout(waiting);
    waiting = setTimeout(() => show(form, held), rest);
  }

  const DAY = 86_400_000;
  const inWords = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long", timeZone: "UTC" });

  // The slider sets the day beside it; at its end that is empty: all that is known now.
  function slide(range) {
    const day = new Date(Date.parse(range.dataset.first) + range.valueAsNumber * DAY);
    const last = range.value === range.max;
    range.form.elements.knownAt.value = last ? "" : day.toISOString().slice(0, 10);
    range.setAttribute("aria-valuetext", last ? range.dataset.now : inWords.format(day));
  }

  for (const range of document.querySelectorAll("form.times input[type=range]")) {
    const { value } = range.form.elements.knownAt;
    range.setAttribute("aria-valuetext", value ? inWords.format(new Date(value)) : range.dataset.now);
  }

  document.addEventListener("input", ({ target }) => {
    if (target.matches("form.times input[type=range]")) {
      slide(target);
      soon(target.form, "input[type=range]", REST.input);
    } else if (target.matches("form[data-live] select, form[data-live] input[inputmode]")) {
      soon(target.form, `[name="${target.name}"]`, REST.input);
    }
  });
  document.addEventListener("change", ({ target }) => {
    // Of what is written as words only the whole is something to ask for.
    if (target.matches("form[data-live] input:not([inputmode])")) soon(target.form, `[name="${target.name}"]`, REST.change);
  });
}
