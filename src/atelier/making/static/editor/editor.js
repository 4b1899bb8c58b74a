// <picture-editor>: a canvas over one picture. The mask is painted in the picture's own coordinates; crop, turns and tone are kept
// as numbers and drawn as a preview by the server's own formulas (media/retouch.py), which makes the result from the same numbers.
const FINEST = 2048; // pixels of the mask's longer side while it is painted; it is sent in the picture's own size
const SHOWN = 1400; // pixels of the preview's longer side
const MOST_STEPS = 30; // that can be taken back
const STILL = { brightness: 1, contrast: 1, saturation: 1, temperature: 0, black: 0, white: 255, gamma: 1, denoise: 0, sharpen: 0, straighten: 0 };
const TOOLS = { b: "brush", e: "erase", r: "rectangle", l: "lasso", c: "crop", h: "move" };

const sheet = (width, height) => Object.assign(document.createElement("canvas"), { width, height });
const bound = (value, low, high) => Math.min(high, Math.max(low, value));
const table = (change) => Uint8ClampedArray.from({ length: 256 }, (_, level) => Math.floor(bound(change(level / 255), 0, 1) * 255 + 0.5));

// the operations of levels and colour for one picture's pixels, as the server does them
function toned(pixels, operations) {
  const { data } = pixels;
  const each = (red, green = red, blue = red) => {
    for (let at = 0; at < data.length; at += 4) {
      data[at] = red[data[at]];
      data[at + 1] = green[data[at + 1]];
      data[at + 2] = blue[data[at + 2]];
    }
  };
  for (const { do: name, black = 0, white = 255, gamma = 1, brightness = 1, contrast = 1, saturation = 1, temperature = 0 } of operations) {
    if (name === "levels") each(table((level) => bound((level - black / 255) / ((white - black) / 255), 0, 1) ** (1 / gamma)));
    if (name !== "colour") continue;
    if (brightness !== 1 || contrast !== 1) each(table((level) => (Math.min(1, level * brightness) - 0.5) * contrast + 0.5));
    if (saturation !== 1) {
      for (let at = 0; at < data.length; at += 4) {
        const grey = (0.213 * data[at] + 0.715 * data[at + 1] + 0.072 * data[at + 2]) * (1 - saturation);
        for (const one of [0, 1, 2]) data[at + one] = grey + data[at + one] * saturation;
      }
    }
    if (temperature) {
      const warm = temperature / 100 * 0.3;
      each(table((level) => level * (1 + warm)), table((level) => level), table((level) => level * (1 - warm)));
    }
  }
  return pixels;
}

customElements.define("picture-editor", class extends HTMLElement {
  #picture = new Image();
  #base = null; // the picture as the preview has it, and with its tone
  #pixels = null;
  #tone = null;
  #mask = null;
  #painted = false;
  #state = { tone: { ...STILL }, look: "", crop: null, turns: 0, mirrored: false };
  #past = [];
  #future = [];
  #view = { zoom: 1, x: 0, y: 0 };
  #pointers = new Map();
  #stroke = null;
  #cursor = null; // where the keyboard's brush is
  #space = false;
  #sent = true;

  async connectedCallback() {
    this.width = Number(this.dataset.width);
    this.height = Number(this.dataset.height);
    this.canvas = this.querySelector("canvas");
    const scale = Math.min(1, FINEST / Math.max(this.width, this.height));
    this.#mask = sheet(Math.max(1, Math.round(this.width * scale)), Math.max(1, Math.round(this.height * scale)));
    this.#cursor = { x: this.width / 2, y: this.height / 2 };
    for (const kind of ["input", "change", "click", "keydown", "keyup"]) this.addEventListener(kind, this);
    for (const kind of ["pointerdown", "pointermove", "pointerup", "pointercancel", "wheel"]) this.canvas.addEventListener(kind, this, { passive: false });
    addEventListener("beforeunload", this);
    this.sizes = new ResizeObserver(() => this.#draw());
    this.sizes.observe(this.canvas);
    this.#knows();
    this.#picture.src = this.dataset.url;
    await this.#picture.decode();
    const less = Math.min(1, SHOWN / Math.max(this.width, this.height));
    this.#base = sheet(Math.max(1, Math.round(this.width * less)), Math.max(1, Math.round(this.height * less)));
    this.#base.getContext("2d").drawImage(this.#picture, 0, 0, this.#base.width, this.#base.height);
    this.#pixels = this.#base.getContext("2d").getImageData(0, 0, this.#base.width, this.#base.height);
    this.#retone();
    this.dataset.ready = "";
  }

  disconnectedCallback() {
    removeEventListener("beforeunload", this);
    this.sizes?.disconnect();
  }

  handleEvent(event) {
    switch (event.type) {
      case "beforeunload": return this.#sent ? undefined : event.preventDefault();
      case "input": return this.#input(event.target);
      case "change": return event.target.matches("[data-model]") ? this.#knows() : this.#price();
      case "click": return this.#click(event.target.closest("[data-do], [data-look]"));
      case "keydown": return this.#key(event);
      case "keyup": return event.key === " " ? (this.#space = false) : undefined;
      case "wheel": event.preventDefault(); return this.#zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15, event.offsetX, event.offsetY);
      default: return this.#point(event);
    }
  }

  get #tool() { return this.querySelector("[name=tool]:checked").value; }
  get #brush() { return Number(this.querySelector("[data-brush]").value); }

  // what can be taken back: the numbers, and the mask as it was
  #remember() {
    const kept = sheet(this.#mask.width, this.#mask.height);
    kept.getContext("2d").drawImage(this.#mask, 0, 0);
    this.#past.push({ state: structuredClone(this.#state), mask: kept, painted: this.#painted });
    if (this.#past.length > MOST_STEPS) this.#past.shift();
    this.#future = [];
    this.#sent = false;
  }

  #back(from, to) {
    const step = from.pop();
    if (!step) return;
    const now = sheet(this.#mask.width, this.#mask.height);
    now.getContext("2d").drawImage(this.#mask, 0, 0);
    to.push({ state: this.#state, mask: now, painted: this.#painted });
    this.#state = step.state;
    this.#mask = step.mask;
    this.#painted = step.painted;
    for (const slide of this.querySelectorAll("[data-tone]")) this.#show(slide, this.#state.tone[slide.dataset.tone]);
    this.#fields();
    this.#retone();
  }

  #show(slide, value) {
    slide.value = value;
    slide.closest("label").querySelector("output").value = value;
  }

  #input(target) {
    if (target.dataset.tone) {
      if (this.#held !== target) this.#remember();
      this.#held = target;
      clearTimeout(this.#rest);
      this.#rest = setTimeout(() => { this.#held = null; }, 600); // one move of a slider is one step
      this.#state.tone[target.dataset.tone] = Number(target.value);
      this.#show(target, target.value);
      this.#retone();
    } else if (target.dataset.crop) {
      this.#remember();
      const asked = Object.fromEntries([...this.querySelectorAll("[data-crop]")].map((one) => [one.dataset.crop, Number(one.value) || 0]));
      this.#setCrop(asked.left, asked.top, asked.width, asked.height);
      this.#draw();
    } else if (target.matches("[data-brush]")) this.#show(target, target.value);
    else if (target.matches("[data-split]")) this.#draw();
    else if (target.matches("[data-instruction]")) this.#price();
  }
  #held = null;
  #rest = 0;

  #setCrop(left, top, width, height) {
    left = Math.round(bound(left, 0, this.width - 1));
    top = Math.round(bound(top, 0, this.height - 1));
    width = Math.round(bound(width, 1, this.width - left));
    height = Math.round(bound(height, 1, this.height - top));
    const whole = width === this.width && height === this.height;
    this.#state.crop = whole ? null : { left, top, width, height };
  }

  #fields() {
    const crop = this.#state.crop ?? { left: 0, top: 0, width: this.width, height: this.height };
    for (const one of this.querySelectorAll("[data-crop]")) one.value = crop[one.dataset.crop];
    for (const one of this.querySelectorAll("[data-look]")) one.setAttribute("aria-pressed", String(one.dataset.look === this.#state.look));
  }

  #click(button) {
    if (!button) return;
    if (button.dataset.look) {
      this.#remember();
      this.#state.look = this.#state.look === button.dataset.look ? "" : button.dataset.look;
      this.#fields();
      return this.#retone();
    }
    const middle = [this.canvas.clientWidth / 2, this.canvas.clientHeight / 2];
    switch (button.dataset.do) {
      case "undo": return this.#back(this.#past, this.#future);
      case "redo": return this.#back(this.#future, this.#past);
      case "in": return this.#zoom(1.25, ...middle);
      case "out": return this.#zoom(0.8, ...middle);
      case "fit": this.#view = { zoom: 1, x: 0, y: 0 }; return this.#draw();
      case "turn": this.#remember(); this.#state.turns = (this.#state.turns + 1) % 4; return this.#draw();
      case "mirror": this.#remember(); this.#state.mirrored = !this.#state.mirrored; return this.#draw();
      case "clear": this.#remember(); this.#mask.getContext("2d").clearRect(0, 0, this.#mask.width, this.#mask.height); this.#painted = false; return this.#draw();
      case "invert": return this.#invert();
      case "apply": return this.#apply(button);
      case "change": return this.#change(button);
    }
  }

  #invert() {
    this.#remember();
    const pen = this.#mask.getContext("2d");
    pen.globalCompositeOperation = "xor";
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, this.#mask.width, this.#mask.height);
    pen.globalCompositeOperation = "source-over";
    this.#painted = true;
    this.#draw();
  }

  #key(event) {
    const typing = event.target.matches("textarea, select, input:not([type=range], [type=radio])");
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !typing) {
      event.preventDefault();
      return event.shiftKey ? this.#back(this.#future, this.#past) : this.#back(this.#past, this.#future);
    }
    if (event.target !== this.canvas || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = event.shiftKey ? 40 : 8;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    const tool = TOOLS[event.key.toLowerCase()];
    if (moves[event.key]) this.#cursor = { x: bound(this.#cursor.x + moves[event.key][0], 0, this.width), y: bound(this.#cursor.y + moves[event.key][1], 0, this.height) };
    else if (event.key === "Enter") this.#stamp();
    else if (event.key === "[" || event.key === "]") {
      const slide = this.querySelector("[data-brush]");
      this.#show(slide, bound(this.#brush * (event.key === "[" ? 0.8 : 1.25), 4, 400).toFixed(0));
    } else if (event.key === "+" || event.key === "-") this.#zoom(event.key === "+" ? 1.25 : 0.8, this.canvas.clientWidth / 2, this.canvas.clientHeight / 2);
    else if (event.key === " ") this.#space = true;
    else if (tool) this.querySelector(`[name=tool][value=${tool}]`).checked = true;
    else return;
    event.preventDefault();
    event.stopPropagation();
    this.#draw();
  }

  // the keyboard's brush: one dab, or one corner and then the other
  #stamp() {
    const tool = this.#tool;
    if (tool === "brush" || tool === "erase") {
      this.#remember();
      this.#line(this.#cursor, this.#cursor, tool === "erase");
    } else if (tool === "rectangle" || tool === "crop") {
      if (this.#stroke) this.#finish(this.#cursor);
      else this.#stroke = { tool, from: { ...this.#cursor }, points: [{ ...this.#cursor }] };
    }
  }

  // where the picture lies on the canvas: pan and zoom, then the turns and the straightening about the middle
  #matrix() {
    const { width, height } = this.canvas;
    const dots = devicePixelRatio || 1;
    const odd = this.#state.turns % 2;
    const [wide, high] = odd ? [this.height, this.width] : [this.width, this.height];
    const fit = Math.min(width / wide, height / high) * 0.94 * this.#view.zoom;
    return new DOMMatrix()
      .translate(width / 2 + this.#view.x * dots, height / 2 + this.#view.y * dots)
      .scale(fit)
      .rotate(this.#state.tone.straighten)
      .scale(this.#state.mirrored ? -1 : 1, 1)
      .rotate(90 * this.#state.turns)
      .translate(-this.width / 2, -this.height / 2);
  }

  #at(event) {
    const dots = devicePixelRatio || 1;
    const { x, y } = this.#matrix().inverse().transformPoint(new DOMPoint(event.offsetX * dots, event.offsetY * dots));
    return { x, y };
  }

  #zoom(by, x, y) {
    const zoom = bound(this.#view.zoom * by, 0.25, 32);
    const grown = zoom / this.#view.zoom;
    const [left, top] = [x - this.canvas.clientWidth / 2, y - this.canvas.clientHeight / 2];
    this.#view = { zoom, x: left - (left - this.#view.x) * grown, y: top - (top - this.#view.y) * grown };
    this.#draw();
  }

  #point(event) {
    const before = this.#pointers.get(event.pointerId);
    if (event.type === "pointerdown") {
      this.canvas.setPointerCapture(event.pointerId);
      this.canvas.focus({ preventScroll: true });
      this.#pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
      if (this.#pointers.size > 1) { // a second finger: what the first began was no stroke
        if (this.#stroke?.drawn) this.#back(this.#past, []);
        this.#stroke = null;
      } else if (!this.#space && this.#tool !== "move" && event.button === 0) this.#begin(this.#at(event));
    } else if (event.type === "pointermove" && before) {
      const now = { x: event.offsetX, y: event.offsetY };
      if (this.#stroke) this.#go(this.#at(event));
      else this.#pan(event.pointerId, before, now);
      this.#pointers.set(event.pointerId, now);
      this.#draw();
    } else if (event.type !== "pointermove") {
      this.#pointers.delete(event.pointerId);
      if (this.#stroke && before) this.#finish(this.#at(event));
    }
  }

  #pan(id, before, now) {
    const other = [...this.#pointers].find(([one]) => one !== id)?.[1];
    this.#view.x += (now.x - before.x) / (other ? 2 : 1);
    this.#view.y += (now.y - before.y) / (other ? 2 : 1);
    if (!other) return;
    const far = (one) => Math.max(1, Math.hypot(one.x - other.x, one.y - other.y));
    this.#zoom(far(now) / far(before), (now.x + other.x) / 2, (now.y + other.y) / 2);
  }

  #begin(point) {
    const tool = this.#tool;
    this.#stroke = { tool, from: point, points: [point], drawn: tool === "brush" || tool === "erase" };
    this.#cursor = { ...point };
    if (!this.#stroke.drawn) return;
    this.#remember();
    this.#line(point, point, tool === "erase");
  }

  #go(point) {
    const last = this.#stroke.points.at(-1);
    this.#stroke.points.push(point);
    if (this.#stroke.drawn) this.#line(last, point, this.#stroke.tool === "erase");
  }

  #finish(point) {
    const { tool, from, points, drawn } = this.#stroke;
    this.#stroke = null;
    if (drawn) return this.#draw();
    const [left, top, width, height] = [Math.min(from.x, point.x), Math.min(from.y, point.y), Math.abs(from.x - point.x), Math.abs(from.y - point.y)];
    if (width < 2 && height < 2) return this.#draw();
    this.#remember();
    if (tool === "crop") {
      const [x, y] = [Math.max(0, left), Math.max(0, top)];
      this.#setCrop(x, y, Math.min(this.width, left + width) - x, Math.min(this.height, top + height) - y);
      this.#fields();
    } else {
      const pen = this.#pen(false);
      pen.beginPath();
      if (tool === "rectangle") pen.rect(left, top, width, height);
      else for (const one of [...points, point]) pen.lineTo(one.x, one.y);
      pen.fill();
      pen.restore();
      this.#painted = true;
    }
    this.#draw();
  }

  #pen(erase) {
    const pen = this.#mask.getContext("2d");
    pen.save();
    pen.scale(this.#mask.width / this.width, this.#mask.height / this.height);
    pen.globalCompositeOperation = erase ? "destination-out" : "source-over";
    pen.fillStyle = pen.strokeStyle = "#fff";
    return pen;
  }

  #line(from, to, erase) {
    const pen = this.#pen(erase);
    Object.assign(pen, { lineWidth: this.#brush, lineCap: "round", lineJoin: "round" });
    pen.beginPath();
    pen.moveTo(from.x, from.y);
    pen.lineTo(to.x + 0.01, to.y);
    pen.stroke();
    pen.restore();
    this.#painted = true;
    this.#draw();
  }

  // levels and colour alone, which the preview shows; the look comes first
  #tones() {
    const { black, white, gamma, brightness, contrast, saturation, temperature } = this.#state.tone;
    const found = [...(JSON.parse(this.dataset.looks)[this.#state.look] ?? [])];
    if (black !== 0 || white !== 255 || gamma !== 1) found.push({ do: "levels", black: Math.min(black, white - 1), white, gamma });
    if (brightness !== 1 || contrast !== 1 || saturation !== 1 || temperature) found.push({ do: "colour", brightness, contrast, saturation, temperature });
    return found;
  }

  #operations() {
    const { crop, turns, mirrored, tone } = this.#state;
    const under = this.querySelector("[name=under]:checked")?.value;
    const factor = Number(this.querySelector("[data-upscale]")?.value ?? 1);
    return [
      ...(under ? [{ do: under }] : []),
      ...(crop ? [{ do: "crop", ...crop }] : []),
      ...(turns ? [{ do: "turn", degrees: 90 * turns }] : []),
      ...(mirrored ? [{ do: "flip", across: "horizontal" }] : []),
      ...(tone.straighten ? [{ do: "straighten", degrees: tone.straighten }] : []),
      ...this.#tones(),
      ...(tone.denoise ? [{ do: "denoise", strength: tone.denoise }] : []),
      ...(tone.sharpen ? [{ do: "sharpen", amount: tone.sharpen }] : []),
      ...(factor > 1 ? [{ do: "upscale", factor }] : []),
    ];
  }

  #retone() {
    if (!this.#pixels) return;
    const { width, height } = this.#base;
    this.#tone = sheet(width, height);
    this.#tone.getContext("2d").putImageData(toned(new ImageData(this.#pixels.data.slice(), width, height), this.#tones()), 0, 0);
    this.#draw();
  }

  #draw() {
    const dots = devicePixelRatio || 1;
    const [width, height] = [Math.round(this.canvas.clientWidth * dots), Math.round(this.canvas.clientHeight * dots)];
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
    if (!this.#tone || !width || !height) return;
    const pen = this.canvas.getContext("2d");
    const matrix = this.#matrix();
    const thin = dots / Math.hypot(matrix.a, matrix.b); // one pixel of the screen
    const colour = getComputedStyle(this.canvas).accentColor;
    pen.resetTransform();
    pen.clearRect(0, 0, width, height);
    pen.setTransform(matrix);
    pen.drawImage(this.#tone, 0, 0, this.width, this.height);
    const split = Number(this.querySelector("[data-split]").value) / 100;
    if (split) {
      pen.save();
      pen.beginPath();
      pen.rect(0, 0, this.width * split, this.height);
      pen.clip();
      pen.drawImage(this.#base, 0, 0, this.width, this.height);
      pen.restore();
    }
    pen.globalAlpha = 0.5;
    pen.drawImage(this.#tinted(), 0, 0, this.width, this.height);
    pen.globalAlpha = 1;
    pen.lineWidth = 1.5 * thin;
    pen.strokeStyle = getComputedStyle(this).color;
    const { crop } = this.#state;
    if (crop) {
      pen.fillStyle = "rgb(0 0 0 / .6)";
      const outside = new Path2D();
      outside.rect(0, 0, this.width, this.height);
      outside.rect(crop.left, crop.top, crop.width, crop.height);
      pen.fill(outside, "evenodd");
      pen.strokeRect(crop.left, crop.top, crop.width, crop.height);
    }
    const open = this.#stroke;
    if (open && !open.drawn) {
      const to = this.#pointers.size ? open.points.at(-1) : this.#cursor;
      pen.setLineDash([6 * thin, 4 * thin]);
      pen.beginPath();
      if (open.tool === "lasso") for (const one of open.points) pen.lineTo(one.x, one.y);
      else pen.rect(open.from.x, open.from.y, to.x - open.from.x, to.y - open.from.y);
      pen.stroke();
      pen.setLineDash([]);
    }
    if (document.activeElement === this.canvas && this.canvas.matches(":focus-visible")) {
      pen.strokeStyle = colour;
      pen.beginPath();
      pen.arc(this.#cursor.x, this.#cursor.y, this.#brush / 2, 0, 7);
      pen.stroke();
    }
  }

  #tinted() {
    const tinted = sheet(this.#mask.width, this.#mask.height);
    const pen = tinted.getContext("2d");
    pen.drawImage(this.#mask, 0, 0);
    pen.globalCompositeOperation = "source-in";
    pen.fillStyle = getComputedStyle(this.canvas).accentColor;
    pen.fillRect(0, 0, tinted.width, tinted.height);
    return tinted;
  }

  // which fields the chosen model knows; the others are not shown
  #knows() {
    const chosen = this.querySelector("[data-model]")?.selectedOptions[0];
    const extras = chosen?.dataset.extras.split(" ") ?? [];
    for (const one of this.querySelectorAll("[data-with]")) one.hidden = !extras.includes(one.dataset.with);
    for (const one of this.querySelectorAll("[data-without]")) one.hidden = extras.includes(one.dataset.without);
    this.#price();
  }

  get #asked() {
    const extras = this.querySelector("[data-model]").selectedOptions[0].dataset.extras.split(" ");
    const extend = Object.fromEntries([...this.querySelectorAll("[data-extend]")].map((one) => [one.dataset.extend, Number(one.value) || 0]));
    const asked = { image: this.dataset.image, instruction: this.querySelector("[data-instruction]").value };
    if (extras.includes("extend") && Object.values(extend).some(Boolean)) asked.extend = extend;
    return { asked, masked: extras.includes("mask") && this.#painted };
  }

  async #price() {
    const model = this.querySelector("[data-model]");
    if (!model) return;
    const { image, instruction } = this.#asked.asked;
    const said = await fetch("/make/image.edit/price", { method: "POST", body: new URLSearchParams({ model: model.value, image, instruction }) }).catch(() => null);
    const page = new DOMParser().parseFromString(said?.ok ? await said.text() : "", "text/html");
    this.querySelector("[data-price]:not(option)").textContent = page.querySelector(".price")?.textContent ?? "";
    this.querySelector("[data-short]").hidden = page.querySelector("[data-short]")?.hidden ?? true;
  }

  async #apply(button) {
    const operations = this.#operations();
    const needs = operations.some((one) => one.do === "inpaint" || one.do === "blur");
    if (!operations.length) return this.#fault(this.dataset.nothing);
    if (needs && !this.#painted) return this.#fault(this.dataset.unmasked);
    return this.#send(button, { tool: "image.retouch", input: { image: this.dataset.image, operations } }, needs);
  }

  #change(button) {
    const { asked, masked } = this.#asked;
    return this.#send(button, { tool: "image.edit", model: this.querySelector("[data-model]").value, input: asked }, masked);
  }

  async #send(button, wish, masked) {
    this.#fault("");
    button.disabled = true;
    try {
      if (masked) wish.input.mask = await this.#bring();
      const answer = await fetch("/api/v1/jobs", {
        method: "POST", body: JSON.stringify(wish),
        headers: { "Content-Type": "application/json", Accept: "application/json", "Idempotency-Key": newKey() },
      });
      const told = await answer.json();
      if (!answer.ok) throw new Error(told.title);
      this.#sent = true;
      const card = await (await fetch(`/jobs/${told.id}/run`)).text();
      const wall = this.querySelector("#wall");
      wall.insertAdjacentHTML("afterbegin", card);
      window.htmx?.process(wall);
      wall.scrollIntoView({ block: "nearest" });
    } catch (error) {
      this.#fault(error instanceof TypeError || error instanceof SyntaxError ? this.dataset.broken : error.message);
    }
    button.disabled = false;
  }

  // the mask as a picture of its own, black and white and of the picture's size; its id in the library
  async #bring() {
    const whole = sheet(this.width, this.height);
    const pen = whole.getContext("2d");
    pen.fillRect(0, 0, this.width, this.height);
    pen.drawImage(this.#mask, 0, 0, this.width, this.height);
    const form = new FormData();
    form.append("file", await new Promise((done) => { whole.toBlob(done, "image/png"); }), "mask.png");
    const answer = await fetch("/api/v1/assets", { method: "POST", body: form, headers: { Accept: "application/json", "Idempotency-Key": newKey() } });
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.title);
    return told.id;
  }

  #fault(text) {
    const place = this.querySelector("[data-fault]");
    place.textContent = text;
    place.hidden = !text;
    if (text) place.scrollIntoView({ block: "nearest" });
  }
});
