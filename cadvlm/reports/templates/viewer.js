// Solids to be turned by mouse, finger or arrow keys; all that are on one page turn together.
// <canvas class="scene" data-scene="BASE64"> shows one, data-scene="BASE64 BASE64" lays two
// over each other. The layout of a scene is that of cadvlm/reports/viewer.py.
"use strict";
(() => {
  const VERTEX = `
    attribute vec3 place; attribute vec3 normal;
    uniform mat4 turn; uniform vec3 eye; uniform float lift; varying float facing;
    void main() { gl_Position = turn * vec4(place, 1.0); gl_Position.z -= lift;
                  facing = abs(dot(normalize(normal), eye)); }`;
  const FRAGMENT = `
    precision mediump float; uniform vec4 colour; uniform float lit; varying float facing;
    void main() { float light = mix(1.0, 0.42 + 0.58 * facing, lit);
                  gl_FragColor = vec4(colour.rgb * light, 1.0) * colour.a; }`;
  const STEEL = [0.62, 0.72, 0.84, 1], INK = [0.1, 0.12, 0.16, 1];
  const OVERLAID = [[0.25, 0.52, 0.85, 0.55], [0.93, 0.55, 0.15, 0.55]];
  let angle = -0.785, height = 0.615, zoom = 1;  // the pictures' view
  const views = [];

  function unpack(text) {
    const bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0));
    let at = 0;
    const take = (Type, count) => {
      const array = new Type(bytes.buffer, at, count);
      at += Math.ceil(count * Type.BYTES_PER_ELEMENT / 4) * 4;
      return array;
    };
    const [vertices, triangles, points, edges] = take(Uint32Array, 4);
    take(Float32Array, 4);
    const corners = take(Uint16Array, 3 * vertices), faces = take(Uint32Array, 3 * triangles);
    return {corners, faces, along: take(Uint16Array, 3 * points), starts: take(Uint32Array, edges + 1)};
  }

  // Into the cube from -1 to 1, the middle of the solid at the origin.
  function centred(values, of) {
    const low = [65535, 65535, 65535], high = [0, 0, 0];
    for (let i = 0; i < of.length; i++) {
      low[i % 3] = Math.min(low[i % 3], of[i]); high[i % 3] = Math.max(high[i % 3], of[i]);
    }
    return Float32Array.from(values, (v, i) => (2 * v - low[i % 3] - high[i % 3]) / 65535);
  }

  function shaded({corners, faces}) {
    const place = centred(corners, corners), out = new Float32Array(6 * faces.length);
    for (let t = 0; t < faces.length; t += 3) {
      const [a, b, c] = [0, 1, 2].map(k => place.subarray(3 * faces[t + k], 3 * faces[t + k] + 3));
      const u = [0, 1, 2].map(k => b[k] - a[k]), v = [0, 1, 2].map(k => c[k] - a[k]);
      const n = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
      [a, b, c].forEach((corner, k) => { out.set(corner, 6 * (t + k)); out.set(n, 6 * (t + k) + 3); });
    }
    return out;
  }

  function lines({along, starts, corners}) {
    const place = centred(along, corners), out = [];
    for (let e = 0; e + 1 < starts.length; e++)
      for (let p = starts[e]; p + 1 < starts[e + 1]; p++)
        for (const q of [p, p + 1]) out.push(place[3 * q], place[3 * q + 1], place[3 * q + 2], 0, 0, 1);
    return new Float32Array(out);
  }

  function program(gl) {
    const made = gl.createProgram();
    for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, source); gl.compileShader(shader); gl.attachShader(made, shader);
    }
    gl.bindAttribLocation(made, 0, "place"); gl.bindAttribLocation(made, 1, "normal");
    gl.linkProgram(made); gl.useProgram(made);
    return name => gl.getUniformLocation(made, name);
  }

  function view(canvas) {
    const gl = canvas.getContext("webgl", {antialias: true, premultipliedAlpha: true});
    if (!gl) return;  // the picture below it stays
    const uniform = program(gl);
    const upload = values => {
      const buffer = gl.createBuffer();
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer); gl.bufferData(gl.ARRAY_BUFFER, values, gl.STATIC_DRAW);
      return [buffer, values.length / 6];
    };
    const parts = canvas.dataset.scene.split(" ").map(unpack).map(s => [upload(shaded(s)), upload(lines(s))]);
    const draw = ([buffer, count], mode, colour, lit, lift) => {
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      for (const [where, from] of [[0, 0], [1, 12]]) {
        gl.enableVertexAttribArray(where); gl.vertexAttribPointer(where, 3, gl.FLOAT, false, 24, from);
      }
      gl.uniform4fv(uniform("colour"), colour); gl.uniform1f(uniform("lit"), lit);
      gl.uniform1f(uniform("lift"), lift); gl.drawArrays(mode, 0, count);
    };
    canvas.closest("figure").classList.add("turns");
    views.push(() => {
      const side = Math.round(canvas.clientWidth * devicePixelRatio);
      if (canvas.width !== side) canvas.width = canvas.height = side;
      gl.viewport(0, 0, side, side); gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT);
      gl.uniformMatrix4fv(uniform("turn"), false, camera());
      gl.uniform3fv(uniform("eye"), eye());
      gl.enable(gl.DEPTH_TEST); gl.enable(gl.BLEND); gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
      parts.forEach(([surface, edges], n) => {
        gl.clear(gl.DEPTH_BUFFER_BIT);
        const colour = parts.length > 1 ? OVERLAID[n] : STEEL;
        draw(surface, gl.TRIANGLES, colour, 1, 0);
        draw(edges, gl.LINES, parts.length > 1 ? [...colour.slice(0, 3).map(c => 0.6 * c), 1] : INK, 0, 0.002);
      });
    });
    let last = null;
    canvas.addEventListener("pointerdown", e => { last = [e.clientX, e.clientY]; canvas.setPointerCapture(e.pointerId); });
    canvas.addEventListener("pointerup", () => { last = null; });
    canvas.addEventListener("pointermove", e => {
      if (!last) return;
      turn((e.clientX - last[0]) / 120, (e.clientY - last[1]) / 120);
      last = [e.clientX, e.clientY];
    });
    canvas.addEventListener("wheel", e => {
      e.preventDefault(); zoom = Math.min(6, Math.max(0.4, zoom * Math.exp(-e.deltaY / 600))); redraw();
    }, {passive: false});
    canvas.tabIndex = 0;
    canvas.addEventListener("keydown", e => {
      const step = {ArrowLeft: [-0.15, 0], ArrowRight: [0.15, 0], ArrowUp: [0, -0.15], ArrowDown: [0, 0.15]}[e.key];
      if (step) { e.preventDefault(); turn(...step); }
    });
  }

  // Orthographic, Z up, columns first.
  function camera() {
    const [s, c, t, d] = [Math.sin(angle), Math.cos(angle), Math.sin(height), Math.cos(height)], k = 0.56 * zoom;
    return new Float32Array([
      -s * k, -c * t * k, -c * d * 0.25, 0,
      c * k, -s * t * k, -s * d * 0.25, 0,
      0, d * k, -t * 0.25, 0,
      0, 0, 0, 1]);
  }

  function eye() {
    return [Math.cos(height) * Math.cos(angle), Math.cos(height) * Math.sin(angle), Math.sin(height)];
  }

  function turn(across, up) {
    angle -= across; height = Math.min(1.57, Math.max(-1.57, height + up)); redraw();
  }

  function redraw() { requestAnimationFrame(() => views.forEach(draw => draw())); }

  document.querySelectorAll("canvas.scene").forEach(view);
  addEventListener("resize", redraw); redraw();
})();
