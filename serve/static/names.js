"use strict";

const at = (id) => document.getElementById(id);

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
