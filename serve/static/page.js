"use strict";

const at = (id) => document.getElementById(id);
let files = [];

// Put text, never markup, into the page: programs and errors are written by a model.
function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function show(id, text, kind) {
  at(id).hidden = !text;
  at(id).textContent = text || "";
  if (kind !== undefined) at(id).className = `badge ${kind}`;
}

// ---- the model

async function greet() {
  try {
    const answer = await fetch("/healthz");
    const health = await answer.json();
    if (answer.ok) return show("model", health.model, "good");
    show("model", "model is loading", "");
  } catch {
    show("model", "server not reachable", "bad");
  }
  setTimeout(greet, 2000);
}

// ---- the picture

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
  const started = Date.now();
  const clock = setInterval(() => {
    if (mine === asked) show("status", `writing, ${Math.round((Date.now() - started) / 1000)} s`, "");
  }, 250);
  document.body.classList.add("busy");
  show("message", "");
  try {
    const headers = at("key").value ? { Authorization: `Bearer ${at("key").value}` } : {};
    const answer = await fetch("/v1/generate", { method: "POST", body: form, headers });
    const body = await answer.json();
    if (mine !== asked) return;
    if (answer.status === 401) at("access").hidden = false;
    if (answer.ok) present(body);
    else refuse(body.error.message);
  } catch (error) {
    if (mine === asked) refuse(`no answer: ${error.message}`);
  } finally {
    clearInterval(clock);
    if (mine === asked) document.body.classList.remove("busy");
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

function present(answer) {
  choose(answer, answer.selected);
  show("model", at("model").textContent, "good");
  at("downloads").replaceChildren(
    ...Object.entries(answer.artifacts).map(([kind, href]) =>
      element("a", { className: "button", href, download: `part.${kind}` }, kind.toUpperCase()),
    ),
  );
  const view = element("iframe", { title: "The solid in 3D" });
  view.setAttribute("sandbox", "allow-scripts");
  view.src = `/v1/artifacts/${answer.id}/view.html`;
  at("view").replaceChildren(
    answer.valid ? view : element("span", { className: "empty" }, "This program builds no solid."),
  );
  at("figures").replaceChildren(...figures(answer));
  const program = at("program");
  if (program.getBoundingClientRect().top > innerHeight / 2) program.scrollIntoView({ behavior: "smooth" });
}

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

// ---- the program

const WORDS = /(?<comment>#.*)|(?<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|\b(?<number>\d+(?:\.\d*)?(?:e[+-]?\d+)?)\b|\b(?<keyword>import|as|from|for|in|def|return|if|else|elif|while|None|True|False|lambda|and|or|not)\b|(?<=\.)(?<method>[A-Za-z_]\w*)(?=\s*\()/g;

function coloured(line) {
  const parts = [];
  let end = 0;
  for (const match of line.matchAll(WORDS)) {
    const [kind, text] = Object.entries(match.groups).find(([, value]) => value !== undefined);
    parts.push(line.slice(end, match.index), element("span", { className: kind }, text));
    end = match.index + text.length;
  }
  return [...parts, line.slice(end)];
}

let program = "";

function write(code, wrongLine) {
  program = code;
  const lines = code.trimEnd().split("\n");
  at("code").replaceChildren(
    ...lines.map((line, i) =>
      element("span", { className: i + 1 === Number(wrongLine) ? "line wrong" : "line" }, ...coloured(line)),
    ),
  );
  URL.revokeObjectURL(at("save").href);
  at("save").href = URL.createObjectURL(new Blob([code], { type: "text/x-python" }));
  at("save").hidden = !code;
  at("copy").disabled = !code;
}

at("copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText(program);
  at("copy").textContent = "Copied";
  setTimeout(() => (at("copy").textContent = "Copy"), 1500);
});

at("copy").hidden = !navigator.clipboard; // browsers offer it over https and on this machine only
greet();
