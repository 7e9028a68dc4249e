/**
 * Draws docs/run.svg, the README's picture of a first run: `npx tsx scripts/terminal-picture.ts`. The text is the built
 * command's output; as in a terminal, only the last step line stays.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const FONT_SIZE = 14;
const LINE = 18;
const CHARACTER = 8.43;
const MARGIN = 20;
const BAR = 32;

/** The terminal's colors for parts of a line. */
const STYLES: readonly (readonly [pattern: RegExp, color: string])[] = [
  [/[─│╭╮╰╯┤┬└▲▶]/, "#56b6c2"],
  [/^(sample +\d+:)/, "#7f848e"],
  [/^(\$ .*)/, "#98c379"],
];
const PLAIN = "#dcdfe4";

const cli = fileURLToPath(new URL("../dist/cli.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "microgpt-picture-"));
const env = { ...process.env, npm_execpath: "npm" };
const output = execFileSync(process.execPath, [cli, "train"], { cwd: folder, env, encoding: "utf8" });
rmSync(folder, { recursive: true });

const lines = output.trimEnd().split("\n");
const lastStep = lines.findLast((line) => line.startsWith("step "));
const shown = ["$ npm start", ...lines.filter((line) => !line.startsWith("step ") || line === lastStep)];
writeFileSync(fileURLToPath(new URL("../docs/run.svg", import.meta.url)), draw(shown));

function draw(text: readonly string[]): string {
  const width = Math.ceil(Math.max(...text.map((line) => line.length)) * CHARACTER) + 2 * MARGIN;
  const height = BAR + text.length * LINE + MARGIN;
  const dots = ["#ff5f56", "#ffbd2e", "#27c93f"].map(
    (color, i) => `<circle cx="${20 + 20 * i}" cy="16" r="6" fill="${color}"/>`,
  );
  const rows = text.map((line, i) => row(line, BAR + (i + 1) * LINE)).filter((element) => element !== "");
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<title>The terminal after npm start: a falling loss curve and 20 new names</title>
<rect width="100%" height="100%" rx="8" fill="#21252b"/>
${dots.join("")}
<g font-family="ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${FONT_SIZE}" fill="${PLAIN}">
${rows.join("\n")}
</g>
</svg>
`;
}

/** Each line is stretched to its full width, so that the columns align in any font. */
function row(line: string, y: number): string {
  if (line.trim() === "") return "";
  const color = STYLES.find(([pattern]) => pattern.test(line));
  const [, label] = (color === undefined ? null : color[0].exec(line)) ?? [];
  const spans = label === undefined ? [line] : [label, line.slice(label.length)];
  const fills = color === undefined ? [PLAIN] : [color[1], label === undefined ? color[1] : PLAIN];
  const parts = spans.map((part, i) => `<tspan fill="${fills[i] ?? PLAIN}">${escapeXml(part)}</tspan>`).join("");
  return `<text x="${MARGIN}" y="${y}" xml:space="preserve" textLength="${(line.length * CHARACTER).toFixed(1)}">${parts}</text>`;
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
