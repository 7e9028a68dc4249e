/**
 * Takes a picture of a part of the page without any service: boxes, texts, canvases and SVG drawings are repainted on a
 * canvas where the page shows them. Skips parts that are not in charts (pseudo-elements, shadows, native controls) and
 * elements with the attribute `data-screen-only`, such as hints on how to use the chart.
 */

/** Picture pixels for each CSS pixel. */
const SCALE = 2;
const MARGIN = 16;
const TITLE = 30;

/** Properties that a drawing needs outside its page. */
const DRAWN = [
  "fill fill-opacity stroke stroke-opacity stroke-width stroke-dasharray stroke-linecap stroke-linejoin opacity",
  "font-family font-size font-weight font-style text-anchor dominant-baseline visibility display paint-order",
]
  .join(" ")
  .split(" ");

/**
 * Sent to a canvas whose resolution is too low for the picture; a listener that can draw it `times` as large answers
 * with `sharper`.
 */
export class SharpenEvent extends Event {
  static readonly NAME = "sharpen";
  readonly times: number;
  sharper: Promise<HTMLCanvasElement> | undefined;

  constructor(times: number) {
    super(SharpenEvent.NAME, { bubbles: true });
    this.times = times;
  }
}

/** A PNG of `content` as shown, on the page's card color, with a title above. */
export async function picture(content: HTMLElement, title: string): Promise<Blob> {
  const box = content.getBoundingClientRect();
  const style = getComputedStyle(content);
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil((box.width + 2 * MARGIN) * SCALE);
  canvas.height = Math.ceil((box.height + 2 * MARGIN + TITLE) * SCALE);
  const context = canvas.getContext("2d");
  if (context === null)
    throw new Error("picture: expected a canvas to draw on, got none; fix: allow this page to use canvases");
  context.scale(SCALE, SCALE);
  context.fillStyle = backdrop(content);
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = style.color;
  context.font = `600 16px ${style.fontFamily}`;
  context.fillText(title, MARGIN, MARGIN + 16, box.width);
  context.translate(MARGIN - box.left, MARGIN + TITLE - box.top);
  await paint(context, content);
  return await new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob === null) reject(new Error("picture: expected a PNG, got none; fix: make the chart smaller"));
      else resolve(blob);
    }, "image/png");
  });
}

/** The background color of an element. */
function backdrop(element: Element): string {
  for (let at: Element | null = element; at !== null; at = at.parentElement) {
    const color = getComputedStyle(at).backgroundColor;
    if (!isClear(color)) return color;
  }
  return "white";
}

const isClear = (color: string): boolean => color === "transparent" || /[,/] ?0\)$/.test(color);

async function paint(context: CanvasRenderingContext2D, element: Element): Promise<void> {
  const style = getComputedStyle(element);
  if (element.hasAttribute("data-screen-only")) return;
  if (style.display === "none" || style.visibility === "hidden" || style.clipPath !== "none") return;
  const box = element.getBoundingClientRect();
  context.save();
  context.globalAlpha *= Number(style.opacity);
  if (element instanceof SVGSVGElement) {
    await paintDrawing(context, element, box);
  } else {
    paintBox(context, style, box);
    if (element instanceof HTMLCanvasElement) {
      context.imageSmoothingEnabled = style.imageRendering !== "pixelated";
      const drawn = await sharpest(element);
      if (drawn.width > 0 && drawn.height > 0) context.drawImage(drawn, box.x, box.y, box.width, box.height);
    } else {
      if (style.overflowX !== "visible") {
        context.beginPath();
        context.rect(box.x, box.y, box.width, box.height);
        context.clip();
      }
      for (const child of element.childNodes) {
        if (child instanceof Element) await paint(context, child);
        else if (child instanceof Text) paintText(context, style, child);
      }
    }
  }
  context.restore();
}

async function sharpest(canvas: HTMLCanvasElement): Promise<HTMLCanvasElement> {
  const event = new SharpenEvent(SCALE / devicePixelRatio);
  if (event.times > 1) canvas.dispatchEvent(event);
  return (await event.sharper) ?? canvas;
}

function paintBox(context: CanvasRenderingContext2D, style: CSSStyleDeclaration, box: DOMRect): void {
  const radius = Number.parseFloat(style.borderTopLeftRadius) || 0;
  if (!isClear(style.backgroundColor)) {
    context.fillStyle = style.backgroundColor;
    context.beginPath();
    context.roundRect(box.x, box.y, box.width, box.height, radius);
    context.fill();
  }
  const [top, right, bottom, left] = [
    style.borderTopWidth,
    style.borderRightWidth,
    style.borderBottomWidth,
    style.borderLeftWidth,
  ].map(Number.parseFloat);
  context.strokeStyle = style.borderBottomColor;
  context.setLineDash(style.borderBottomStyle === "dashed" ? [4, 3] : []);
  if (top === bottom && left === right && top === left && top !== undefined && top > 0) {
    context.lineWidth = top;
    context.beginPath();
    context.roundRect(box.x + top / 2, box.y + top / 2, box.width - top, box.height - top, radius);
    context.stroke();
    return;
  }
  context.fillStyle = style.borderBottomColor;
  if (bottom !== undefined && bottom > 0) context.fillRect(box.x, box.bottom - bottom, box.width, bottom);
  context.fillStyle = style.borderTopColor;
  if (top !== undefined && top > 0) context.fillRect(box.x, box.y, box.width, top);
  context.fillStyle = style.borderLeftColor;
  if (left !== undefined && left > 0) context.fillRect(box.x, box.y, left, box.height);
}

/** Word by word at the positions on the page, so that lines break in the same places. */
function paintText(context: CanvasRenderingContext2D, style: CSSStyleDeclaration, text: Text): void {
  context.font = `${style.fontStyle} ${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  context.fillStyle = style.color;
  const range = document.createRange();
  for (const word of text.data.matchAll(/\S+/g)) {
    range.setStart(text, word.index);
    range.setEnd(text, word.index + word[0].length);
    const box = range.getBoundingClientRect();
    if (box.width === 0) continue;
    const size = context.measureText(word[0]);
    const letters = size.fontBoundingBoxAscent + size.fontBoundingBoxDescent;
    context.fillText(word[0], box.x, box.y + (box.height - letters) / 2 + size.fontBoundingBoxAscent);
  }
}

async function paintDrawing(context: CanvasRenderingContext2D, svg: SVGSVGElement, box: DOMRect): Promise<void> {
  if (box.width === 0 || box.height === 0) return;
  const copy = svg.cloneNode(true);
  if (!(copy instanceof SVGSVGElement)) return;
  inlineStyles(svg, copy);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", String(box.width));
  copy.setAttribute("height", String(box.height));
  if (!svg.hasAttribute("viewBox")) copy.setAttribute("viewBox", `0 0 ${box.width} ${box.height}`);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
  await image.decode();
  context.drawImage(image, box.x, box.y, box.width, box.height);
}

function inlineStyles(from: Element, to: Element): void {
  const style = getComputedStyle(from);
  to.setAttribute("style", DRAWN.map((name) => `${name}:${style.getPropertyValue(name)}`).join(";"));
  for (let i = 0; i < from.children.length; i++) {
    const [child, copied] = [from.children[i], to.children[i]];
    if (child !== undefined && copied !== undefined) inlineStyles(child, copied);
  }
}
