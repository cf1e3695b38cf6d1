"use strict";
// Charts that follow what is moved. The page says the same without this: its form asks for it, and its answer has it.
//
// <form data-chart="ADDRESS" data-figure="#ID" data-script="ADDRESS OF VEGA">: whenever something in it is moved, its
// values are sent to the address, which answers with a chart as JSON ({title, sentence, rows, wide, narrow}), and the
// figure shows that. Without an address the figure holds a block of JSON with a chart for every value of its slider.
// What draws is fetched when it is first needed.
{
  let drawing;
  function loadVega(address) {
    drawing ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = address;
      script.onload = () => resolve(window.vegaEmbed);
      script.onerror = () => { drawing = undefined; reject(new Error(address)); };
      document.head.append(script);
    });
    return drawing;
  }

  const LEFT_OUT = /^(class|role|style|aria-.*|pointer-events|font-family|xmlns:xlink|version)$/;

  // As inline.py does: colours as attributes, no style, silent but for its own words.
  function fit(text, before) {
    const svg = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
    for (const element of [svg, ...svg.querySelectorAll("*")]) {
      for (const { name } of [...element.attributes]) if (LEFT_OUT.test(name)) element.removeAttribute(name);
    }
    const drawn = document.createElementNS(svg.namespaceURI, "g");
    drawn.setAttribute("aria-hidden", "true");
    drawn.append(...svg.childNodes);
    svg.append(...before.querySelectorAll(":scope > title, :scope > desc"), drawn);
    for (const name of ["role", "aria-labelledby", "font-family"]) svg.setAttribute(name, before.getAttribute(name));
    return document.adoptNode(svg);
  }

  async function draw(vegaEmbed, specification) {
    const shown = await vegaEmbed(document.createElement("div"), specification, {
      ast: true, actions: false, defaultStyle: false, tooltip: false, hover: false, renderer: "svg",
    });
    try {
      return await shown.view.toSVG();
    } finally {
      shown.finalize();
    }
  }

  async function show(figure, chart, vegaEmbed) {
    for (const size of ["wide", "narrow"]) {
      const before = figure.querySelector(`.chart-${size} > svg`);
      if (!before) continue;
      before.replaceWith(fit(await draw(vegaEmbed, chart[size]), before));
      const svg = figure.querySelector(`.chart-${size} > svg`);
      svg.querySelector("title").textContent = chart.title;
      svg.querySelector("desc").textContent = chart.sentence;
    }
    figure.querySelector("figcaption").textContent = chart.title;
    const body = figure.querySelector("tbody");
    const [first] = body.rows;
    if (!first) return;
    body.replaceChildren(...chart.rows.map((cells) => {
      const row = first.cloneNode(true);
      cells.forEach((cell, at) => { row.cells[at].textContent = cell; });
      return row;
    }));
  }

  for (const form of document.querySelectorAll("form[data-figure][data-script]")) {
    const figure = document.querySelector(form.dataset.figure);
    if (!figure) continue;
    const block = figure.querySelector('script[type="application/json"]');
    let asked;
    form.addEventListener("input", async () => {
      asked?.abort();
      const mine = asked = new AbortController();
      try {
        const values = new URLSearchParams(new FormData(form));
        const address = `${form.dataset.chart}?${values}`;
        const [vegaEmbed, chart] = await Promise.all([
          loadVega(form.dataset.script),
          block
            ? JSON.parse(block.textContent)[form.querySelector("input[type=range]").value]
            : fetch(address, { signal: mine.signal }).then((answer) => (answer.ok ? answer.json() : undefined)),
        ]);
        if (chart && !mine.signal.aborted) await show(figure, chart, vegaEmbed);
      } catch (fault) {
        // The form still does what it does without a script.
        if (fault.name !== "AbortError") console.warn(fault);
      }
    });
  }

  // What else renews a page has its charts redrawn in place, so that nothing moves.
  document.addEventListener("chart", ({ target, detail: { chart, resolve, reject } }) => {
    loadVega(target.dataset.script).then((vegaEmbed) => show(target, chart, vegaEmbed)).then(resolve, reject);
  });
}
