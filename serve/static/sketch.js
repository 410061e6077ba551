// ---- drawing a picture by hand

const canvas = at("canvas");
const pen = canvas.getContext("2d");
let strokes = [];

function redraw() {
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  Object.assign(pen, { lineWidth: 3, lineCap: "round", lineJoin: "round", strokeStyle: "#000" });
  for (const stroke of strokes) {
    pen.beginPath();
    for (const [x, y] of stroke) pen.lineTo(x, y);
    pen.stroke();
  }
  at("use").disabled = at("undo").disabled = at("clear").disabled = !strokes.length;
}

function point({ clientX, clientY }) {
  const box = canvas.getBoundingClientRect();
  return [((clientX - box.left) * canvas.width) / box.width, ((clientY - box.top) * canvas.height) / box.height];
}

canvas.addEventListener("pointerdown", (event) => {
  canvas.setPointerCapture(event.pointerId);
  strokes.push([point(event), point(event)]);
  redraw();
});
canvas.addEventListener("pointermove", (event) => {
  if (!canvas.hasPointerCapture(event.pointerId)) return;
  strokes.at(-1).push(point(event));
  redraw();
});

at("pen").addEventListener("click", () => {
  const drawing = at("sketch").hidden;
  at("sketch").hidden = !drawing;
  at("drop").hidden = drawing;
  at("pen").setAttribute("aria-pressed", drawing);
});
at("undo").addEventListener("click", () => {
  strokes.pop();
  redraw();
});
at("clear").addEventListener("click", () => {
  strokes = [];
  redraw();
});
at("use").addEventListener("click", () => {
  canvas.toBlob((blob) => {
    at("pen").click();
    take([new File([blob], "sketch.png", { type: "image/png" })]);
  });
});

redraw();
