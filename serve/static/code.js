// ---- the program, in colours

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
