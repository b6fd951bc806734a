// Draws the charts of a report, without a browser: reads {"letter": width of a letter in its size's parts, "charts": [a specification of
// Vega, ...]} from the standard input and writes {"charts": [what stands inside each one's <svg>, ...]}. Vega's modules stand before
// this in the same file; require is theirs, and needs nothing else.
"use strict";
const dataflow = require("vega-dataflow");
const { View } = require("vega-view");
const { parse } = require("vega-parser");
const { textMetrics } = require("vega-scenegraph");
const { expressionInterpreter } = require("vega-interpreter");
Object.assign(dataflow.transforms, require("vega-transforms"), require("vega-view-transforms"), require("vega-encode"));

/** Without what says nothing in a page: invisible things, names of parts, the page's own fonts, and digits of which a pixel has none. */
function bare(svg) {
  const round = (digits) => String(Math.round(digits * 10) / 10);
  return svg
    .slice(svg.indexOf(">") + 1, svg.lastIndexOf("</svg>"))
    .replace(/<path class="(?:background|foreground)"[^>]*\/>/g, "")
    .replace(/<(text|line|path)\b[^>]* opacity="0"[^>]*(?:\/>|>[^<]*<\/\1>)/g, "")
    // A browser shows <title> under the pointer; a reader of screens is told by the page what the whole drawing is.
    .replace(/<(path|line|text)( aria-label="([^"]*)")([^>]*)\/>/g, "<$1$4><title>$3</title></$1>")
    .replace(/ (?:class|role|aria-[a-z]+|pointer-events|font-family|font-size|stroke-miterlimit)="[^"]*"/g, "")
    .replace(/ (?:opacity="1"|transform="translate\(0,0\)"|[xy]2="0"|text-anchor="start")/g, "")
    .replace(/ (?:d|transform|x2|y2)="[^"]*"/g, (attribute) => attribute.replace(/-?\d+\.\d{2,}(?:e-?\d+)?/g, round))
    .replace(/<g><\/g>/g, "");
}

/** Shapes that several drawings have, such as districts, stand in the page once. */
function sharing(charts) {
  const shape = /<path d="([^"]{40,})"([^>]*)>(<title>[^<]*<\/title>)<\/path>/g;
  const seen = new Map();
  for (const chart of charts) for (const [, d] of chart.matchAll(shape)) seen.set(d, (seen.get(d) || 0) + 1);
  const names = new Map();
  return charts.map((chart) => {
    let defined = "";
    const drawn = chart.replace(shape, (whole, d, attributes, title) => {
      if (seen.get(d) === 1) return whole;
      if (!names.has(d)) {
        names.set(d, "shape" + names.size);
        defined += `<path id="${names.get(d)}" d="${d}"/>`;
      }
      return `<use href="#${names.get(d)}"${attributes}>${title}</use>`;
    });
    return (defined && `<defs>${defined}</defs>`) + drawn;
  });
}

async function draw(asked) {
  // There is no canvas to measure text with: letters are as wide as the program that asks takes them to be.
  textMetrics.width = (item, text) => asked.letter * item.fontSize * [...String(text)].length;
  const charts = [];
  // One after another, so that names of gradients are given in order.
  for (const chart of asked.charts) {
    // Expressions are interpreted, so that none is ever compiled to code.
    const view = new View(parse(chart, null, { ast: true }), { renderer: "none", expr: expressionInterpreter });
    charts.push(bare(await view.toSVG()));
    view.finalize();
  }
  return sharing(charts);
}

let text = "";
process.stdin.setEncoding("utf8");
process.stdin.on("data", (part) => (text += part));
process.stdin.on("end", () => {
  draw(JSON.parse(text)).then(
    (charts) => process.stdout.write(JSON.stringify({ charts })),
    (error) => {
      process.stderr.write(String(error) + "\n");
      process.exitCode = 1;
    },
  );
});
