// Draws the map on a canvas and follows pointer and wheel. It knows points and marks, nothing of the server.

const HUES = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b58900", "#56b4e9", "#7f5fc0"];
const SCALE = ["#440154", "#3b528b", "#21918c", "#5ec962", "#fde725"];
const NONE = "#8a8a84";

/** Colours for values: of numbers a scale, of anything else the seven most frequent. Gives [colour of each, legend]. */
export function colours(values) {
  const known = values.filter((value) => value !== null);
  if (!known.length) return [values.map(() => HUES[0]), []];
  if (typeof known[0] === "number") {
    const sorted = [...known].sort((a, b) => a - b);
    // By rank, so that a few extreme values do not leave all others in one colour.
    const cuts = SCALE.slice(1).map((_, i) => sorted[Math.floor(((i + 1) / SCALE.length) * (sorted.length - 1))]);
    const of = (value) => (value === null ? NONE : SCALE[cuts.filter((cut) => value > cut).length]);
    const ends = [sorted[0], ...cuts, sorted.at(-1)];
    const legend = SCALE.map((colour, i) => [colour, `${ends[i]} to ${ends[i + 1]}`]).filter(([, text], i) => i === 0 || ends[i] !== ends[i + 1]);
    return [values.map(of), legend];
  }
  const counts = new Map();
  for (const value of known) counts.set(value, (counts.get(value) || 0) + 1);
  const first = [...counts].sort((a, b) => b[1] - a[1]).slice(0, HUES.length).map(([value]) => value);
  const of = new Map(first.map((value, i) => [value, HUES[i]]));
  const legend = first.map((value) => [of.get(value), String(value)]);
  if (counts.size > first.length || known.length < values.length) legend.push([NONE, "other or none"]);
  return [values.map((value) => of.get(value) || NONE), legend];
}

const OPACITY = 0.75;
const known = new Map();

/** Red, green and blue of a CSS colour, 0 to 255. */
function channels(colour) {
  let found = known.get(colour);
  if (!found) {
    const paper = document.createElement("canvas").getContext("2d");
    paper.fillStyle = colour;
    paper.fillRect(0, 0, 1, 1);
    known.set(colour, (found = [...paper.getImageData(0, 0, 1, 1).data.slice(0, 3)]));
  }
  return found;
}

/** An opaque pixel of a CSS colour as a 32-bit word of image data. */
function word(colour) {
  return new Uint32Array(new Uint8ClampedArray([...channels(colour), 255]).buffer)[0];
}

/** The pixels of a disc about its middle, and how much of each it covers, in steps of a sixteenth. */
function disc(radius) {
  const reach = Math.ceil(radius + 0.5);
  const [dx, dy, share] = [[], [], []];
  for (let y = -reach; y <= reach; y++) {
    for (let x = -reach; x <= reach; x++) {
      let inside = 0;
      for (let part = 0; part < 16; part++) inside += Math.hypot(x + (part % 4) / 4 - 0.375, y + Math.floor(part / 4) / 4 - 0.375) <= radius;
      if (inside) { dx.push(x); dy.push(y); share.push((inside / 16) * OPACITY); }
    }
  }
  return { reach, dx, dy, share };
}

/** A view of points that can be moved and zoomed. onHover: gets the number of a point, or null, and its place in pixels. */
export class Plot {
  constructor(canvas, onHover, onPick) {
    this.canvas = canvas;
    this.onHover = onHover;
    this.onPick = onPick;
    this.points = { x: [], y: [], colour: [] };
    this.marks = [];
    this.scale = 1;
    this.centre = [0, 0];
    this.stop = new AbortController();
    const on = (target, kind, action, more) => target.addEventListener(kind, action, { signal: this.stop.signal, ...more });
    on(canvas, "wheel", (event) => { event.preventDefault(); this.zoom(Math.exp(-event.deltaY / 400), event.offsetX, event.offsetY); }, { passive: false });
    on(canvas, "pointerdown", (event) => { this.drag = { x: event.offsetX, y: event.offsetY, moved: 0 }; canvas.setPointerCapture(event.pointerId); });
    on(canvas, "pointermove", (event) => this.#move(event));
    on(canvas, "pointerup", (event) => {
      if (this.drag && this.drag.moved < 4) this.#pick(event.offsetX, event.offsetY);
      this.drag = null;
    });
    on(canvas, "pointerleave", () => onHover(null));
    on(matchMedia("(prefers-color-scheme: dark)"), "change", () => this.draw());
    this.watch = new ResizeObserver(() => this.draw());
    this.watch.observe(canvas);
  }

  close() {
    this.stop.abort();
    this.watch.disconnect();
    cancelAnimationFrame(this.frame);
  }

  set(points, marks) {
    this.points = points;
    this.#glide(marks);
  }

  reset() {
    this.scale = 1;
    this.centre = [0, 0];
    this.draw();
  }

  /** Zooms about a place in pixels; by default the middle. */
  zoom(factor, x = this.canvas.clientWidth / 2, y = this.canvas.clientHeight / 2) {
    const [before0, before1] = this.#there(x, y);
    this.scale = Math.min(Math.max(this.scale * factor, 0.5), 60);
    const [after0, after1] = this.#there(x, y);
    this.centre = [this.centre[0] + before0 - after0, this.centre[1] + before1 - after1];
    this.draw();
  }

  draw() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.#draw());
  }

  // Marks of the same name go from where they were to where they are now.
  #glide(marks) {
    const before = new Map(this.marks.filter((mark) => mark.id).map((mark) => [mark.id, [mark.x, mark.y]]));
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const started = performance.now();
    const step = () => {
      const part = still ? 1 : Math.min((performance.now() - started) / 350, 1);
      const eased = 1 - (1 - part) ** 3;
      this.marks = marks.map((mark) => {
        const from = before.get(mark.id);
        return from ? { ...mark, x: from[0] + (mark.x - from[0]) * eased, y: from[1] + (mark.y - from[1]) * eased } : mark;
      });
      this.#draw();
      if (part < 1) this.frame = requestAnimationFrame(step);
    };
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(step);
  }

  #unit() {
    return (Math.min(this.canvas.clientWidth, this.canvas.clientHeight) / 2.1) * this.scale;
  }

  #here(x, y) {
    const unit = this.#unit();
    return [this.canvas.clientWidth / 2 + (x - this.centre[0]) * unit, this.canvas.clientHeight / 2 - (y - this.centre[1]) * unit];
  }

  #there(x, y) {
    const unit = this.#unit();
    return [(x - this.canvas.clientWidth / 2) / unit + this.centre[0], -(y - this.canvas.clientHeight / 2) / unit + this.centre[1]];
  }

  #near(x, y) {
    const [px, py] = this.#there(x, y);
    const reach = 12 / this.#unit();
    let best = null;
    let least = reach * reach;
    for (let i = 0; i < this.points.x.length; i++) {
      const far = (this.points.x[i] - px) ** 2 + (this.points.y[i] - py) ** 2;
      if (far < least) { least = far; best = i; }
    }
    return best;
  }

  #move(event) {
    if (this.drag) {
      const [dx, dy] = [event.offsetX - this.drag.x, event.offsetY - this.drag.y];
      this.drag = { x: event.offsetX, y: event.offsetY, moved: this.drag.moved + Math.abs(dx) + Math.abs(dy) };
      const unit = this.#unit();
      this.centre = [this.centre[0] - dx / unit, this.centre[1] + dy / unit];
      this.draw();
      return;
    }
    this.onHover(this.#near(event.offsetX, event.offsetY), event.offsetX, event.offsetY);
  }

  #pick(x, y) {
    const found = this.#near(x, y);
    if (found !== null) this.onPick(found);
  }

  #draw() {
    const { canvas } = this;
    const ratio = devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    // Hidden, or not laid out yet.
    if (!canvas.width || !canvas.height) return;
    const paper = canvas.getContext("2d");
    const size = Math.min(Math.max(2 * Math.sqrt(this.scale), 2), 6);
    const style = getComputedStyle(canvas);
    this.#points(paper, ratio, size, style.getPropertyValue("--card"));
    const ink = style.color;
    for (const mark of this.marks) this.#mark(paper, mark, ink, width);
  }

  // Pixel by pixel, into an image that is put in place at once: without a graphics card, thousands of circles or little
  // pictures on a canvas take a tenth of a second. size: the radius of a point; ground: what the points are on.
  #points(paper, ratio, size, ground) {
    const { width, height } = this.canvas;
    if (!this.image || this.image.width !== width || this.image.height !== height) this.image = paper.createImageData(width, height);
    const pixels = this.image.data;
    new Uint32Array(pixels.buffer).fill(word(ground));
    const stamp = disc(size * ratio);
    const { x, y, colour } = this.points;
    const unit = this.#unit() * ratio;
    for (let i = 0; i < x.length; i++) {
      const px = Math.round(width / 2 + (x[i] - this.centre[0]) * unit);
      const py = Math.round(height / 2 - (y[i] - this.centre[1]) * unit);
      if (px < stamp.reach || py < stamp.reach || px >= width - stamp.reach || py >= height - stamp.reach) continue;
      const [red, green, blue] = channels(colour[i]);
      for (let at = 0; at < stamp.dx.length; at++) {
        const place = ((py + stamp.dy[at]) * width + px + stamp.dx[at]) * 4;
        const share = stamp.share[at];
        pixels[place] += (red - pixels[place]) * share;
        pixels[place + 1] += (green - pixels[place + 1]) * share;
        pixels[place + 2] += (blue - pixels[place + 2]) * share;
      }
    }
    paper.putImageData(this.image, 0, 0);
    paper.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  #mark(paper, mark, ink, width) {
    const [px, py] = this.#here(mark.x, mark.y);
    paper.lineWidth = mark.fill || mark.label ? 2 : 1;
    paper.strokeStyle = ink;
    paper.beginPath();
    paper.arc(px, py, mark.size || 6, 0, 7);
    if (mark.fill) { paper.fillStyle = mark.fill; paper.fill(); }
    paper.stroke();
    if (!mark.label) return;
    paper.font = "600 13px system-ui, sans-serif";
    paper.lineJoin = "round";
    paper.lineWidth = 4;
    paper.strokeStyle = getComputedStyle(this.canvas).getPropertyValue("--card");
    const room = width - px - 14;
    const text = mark.label.length > 40 ? mark.label.slice(0, 39) + "…" : mark.label;
    const right = paper.measureText(text).width > room;
    paper.textAlign = right ? "right" : "left";
    paper.strokeText(text, px + (right ? -12 : 12), py + 4);
    paper.fillStyle = ink;
    paper.fillText(text, px + (right ? -12 : 12), py + 4);
  }
}
