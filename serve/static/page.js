const headers = () => (at("key").value ? { Authorization: `Bearer ${at("key").value}` } : {});

// ---- the model

async function greet() {
  try {
    const answer = await fetch("/healthz");
    const health = await answer.json();
    if (answer.ok) {
      show("health", health.model, "good");
      return listModels();
    }
    show("health", "model is loading", "");
  } catch {
    show("health", "server not reachable", "bad");
  }
  setTimeout(greet, 2000);
}

async function listModels() {
  const answer = await fetch("/v1/models", { headers: headers() });
  at("access").hidden = answer.status !== 401 && !at("key").value;
  if (!answer.ok) return;
  const names = (await answer.json()).data.map((model) => model.id);
  at("model").replaceChildren(...names.map((name) => element("option", {}, name)));
  at("which").hidden = at("model").disabled = names.length < 2;
}

at("key").addEventListener("change", listModels);

// ---- the picture

let files = [];

function take(list) {
  const pictures = [...list].filter((file) => file instanceof File);
  if (!pictures.length) return;
  for (const image of at("pictures").children) URL.revokeObjectURL(image.src);
  files = pictures;
  at("pictures").replaceChildren(
    ...files.map((file) => element("img", { src: URL.createObjectURL(file), alt: file.name })),
  );
  at("generate").disabled = false;
  generate();
}

at("file").addEventListener("change", (event) => {
  take(event.target.files);
  event.target.value = ""; // so that choosing the same file again is a change
});
addEventListener("paste", (event) => take(event.clipboardData.files));
addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("dragging");
});
addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) document.body.classList.remove("dragging");
});
addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("dragging");
  take(event.dataTransfer.files);
});

// ---- the request

let asked = 0;

async function generate() {
  const mine = ++asked; // a newer picture makes this answer stale
  const form = new FormData();
  for (const file of files) form.append("image", file);
  for (const [name, value] of new FormData(at("options"))) if (value) form.append(name, value);
  form.append("stream", "true");
  const sent = await Promise.all(files.map(thumbnail));
  const started = Date.now();
  const clock = setInterval(() => {
    if (mine === asked) show("status", `writing, ${Math.round((Date.now() - started) / 1000)} s`, "");
  }, 250);
  document.body.classList.add("busy");
  show("message", "");
  try {
    const answer = await fetch("/v1/generate", { method: "POST", body: form, headers: headers() });
    if (answer.status === 401) at("access").hidden = false;
    if (!answer.ok) throw new Error((await answer.json()).error.message);
    await follow(answer, mine, sent);
  } catch (error) {
    if (mine === asked) refuse(error.message);
  } finally {
    clearInterval(clock);
    if (mine === asked) document.body.classList.remove("busy");
  }
}

// The first candidate is shown while it is written, then whichever is the answer.
async function follow(answer, mine, sent) {
  let code = "";
  for await (const event of events(answer.body)) {
    if (mine !== asked) return;
    if (event.piece?.number === 0) write((code += event.piece.text));
    if (event.error) throw new Error(event.error.message);
    if (event.answer) {
      present(event.answer, sent);
      return remember(event.answer, sent);
    }
  }
  throw new Error("the answer broke off; ask again");
}

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (true) {
    const { done, value } = await reader.read();
    if (done) return;
    const whole = (text + value).split("\n\n");
    text = whole.pop();
    for (const line of whole) if (line !== "data: [DONE]") yield JSON.parse(line.slice("data: ".length));
  }
}

at("options").addEventListener("submit", (event) => {
  event.preventDefault();
  generate();
});

function refuse(reason) {
  show("message", reason);
  show("status", "");
}

// ---- the answer

function present(answer, sent) {
  choose(answer, answer.selected);
  at("downloads").replaceChildren(
    ...Object.entries(answer.artifacts).map(([kind, href]) =>
      element("a", { className: "button", href, download: `part.${kind}` }, kind.toUpperCase()),
    ),
  );
  const file = (name) => `/v1/artifacts/${answer.id}/${name}`;
  const view = element("iframe", { title: "The solid in 3D" });
  view.setAttribute("sandbox", "allow-scripts");
  view.src = file("view.html");
  at("view").replaceChildren(
    answer.valid ? view : element("span", { className: "empty" }, "This program builds no solid."),
  );
  at("tabs").hidden = !answer.valid;
  if (answer.valid) {
    const drawing = answer.artifacts.svg
      ? element("img", { src: answer.artifacts.svg, alt: "Drawing with dimensions" })
      : element("span", { className: "empty" }, "Too large or too small to be drawn on paper.");
    at("drawing").replaceChildren(drawing);
    compare(sent, file("seen.png"), answer.agreement);
  }
  open("view");
  at("figures").replaceChildren(...figures(answer));
  const program = at("program");
  if (program.getBoundingClientRect().top > innerHeight / 2) program.scrollIntoView({ behavior: "smooth" });
}

function compare(sent, built, agreement) {
  const figure = (src, words) => element("figure", {}, element("img", { src, alt: words }), element("figcaption", {}, words));
  const said = agreement
    ? `built, ${agreement.view === "drawing" ? "drawn" : `seen from ${agreement.view}`}; agrees to ${agreement.score.toFixed(2)}`
    : "built";
  at("compare").replaceChildren(figure(sent[0], "sent"), figure(built, said));
}

function open(name) {
  for (const tab of at("tabs").children) {
    tab.setAttribute("aria-selected", tab.dataset.shows === name);
    at(tab.dataset.shows).hidden = tab.dataset.shows !== name;
  }
}

at("tabs").addEventListener("click", (event) => {
  if (event.target.dataset.shows) open(event.target.dataset.shows);
});

function choose(answer, index) {
  const { code, valid, status, error, repaired } = answer.candidates[index];
  show("status", valid ? "valid solid" : `invalid: ${status.replace("_", " ")}`, valid ? "good" : "bad");
  const why = answer.candidates.length > 1 && index === answer.selected ? answer.reason : "";
  show("reason", error || [why, ...repaired].filter(Boolean).join("; "));
  at("reason").className = error ? "wrong" : "";
  write(code, error && /line (\d+)/.exec(error)?.[1]);
  at("candidates").hidden = answer.candidates.length < 2;
  at("candidates").replaceChildren(
    ...answer.candidates.map((one, i) => {
      const mark = one.valid ? one.score?.toFixed(2) ?? "✓" : "✗";
      const button = element("button", { onclick: () => choose(answer, i) }, `${i + 1} ${mark}${i === answer.selected ? " ★" : ""}`);
      button.setAttribute("aria-pressed", i === index);
      return button;
    }),
  );
}

function figures({ solid, timings }) {
  const number = (value) => Number(value.toPrecision(5)).toLocaleString("en", { maximumFractionDigits: 6 });
  const rows = [];
  if (solid) {
    const sizes = [0, 1, 2].map((axis) => number(solid.bbox[axis + 3] - solid.bbox[axis]));
    rows.push(["Size", sizes.join(" × ")]);
    rows.push(["Volume", number(solid.volume)], ["Faces", solid.n_faces]);
  }
  rows.push(["Written in", `${timings.generate_s.toFixed(2)} s`], ["Built in", `${timings.build_s.toFixed(2)} s`]);
  return rows.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, String(value))]);
}

greet();
