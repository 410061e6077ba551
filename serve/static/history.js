// ---- answers before this one, kept by the browser until the tab is closed

const MOST = 12;
const SIDE = 256;

let past = [];
try {
  past = JSON.parse(sessionStorage.getItem("history")) ?? [];
} catch {
  // no storage here, or nothing of ours in it
}

function remember(answer, sent) {
  past = [{ answer, sent }, ...past].slice(0, MOST);
  try {
    sessionStorage.setItem("history", JSON.stringify(past));
  } catch {
    // full, or forbidden: then it is kept until the page is left
  }
  list();
}

function list() {
  at("past").hidden = !past.length;
  at("history").replaceChildren(
    ...past.map(({ answer, sent }) => {
      const title = answer.valid ? "valid solid" : "no solid";
      const image = element("img", { src: sent[0], alt: title });
      return element("button", { title, onclick: () => present(answer, sent) }, image);
    }),
  );
}

// A picture small enough to be kept, as a data URI.
async function thumbnail(file) {
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (!bitmap) return "data:,"; // whoever takes it will say what is wrong with it
  const scale = Math.min(1, SIDE / Math.max(bitmap.width, bitmap.height));
  const small = element("canvas", { width: Math.round(bitmap.width * scale) || 1, height: Math.round(bitmap.height * scale) || 1 });
  const context = small.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, small.width, small.height);
  context.drawImage(bitmap, 0, 0, small.width, small.height);
  return small.toDataURL("image/jpeg", 0.85);
}

list();
