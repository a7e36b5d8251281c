"use strict";

// Colours that people with any colour vision tell apart (Okabe and Ito), and dashes once they are used up.
const PALETTE = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b8860b", "#56b4e9", "#000000", "#7a5195"];
const GREY = "#6b756e";
const WIDTH = 680;
const HEIGHT = 300;
const FONT = "12px system-ui, sans-serif";

const colour = (i) => (i < 0 ? GREY : PALETTE[i % PALETTE.length]);
const dash = (s) => (s.dashed || s.colour >= PALETTE.length ? [6, 4] : undefined);

function clip(u, draw) {
  u.ctx.save();
  u.ctx.beginPath();
  u.ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
  u.ctx.clip();
  draw(u.ctx, devicePixelRatio || 1);
  u.ctx.restore();
}

function bands(u, plot) {
  clip(u, (ctx) => {
    plot.series.forEach((s) => {
      if (!s.low) return;
      const at = plot.xs.map((x, i) => i).filter((i) => s.low[i] !== null);
      ctx.beginPath();
      at.forEach((i) => ctx.lineTo(u.valToPos(plot.xs[i], "x", true), u.valToPos(s.high[i], "y", true)));
      at.reverse().forEach((i) => ctx.lineTo(u.valToPos(plot.xs[i], "x", true), u.valToPos(s.low[i], "y", true)));
      ctx.closePath();
      ctx.globalAlpha = 0.16;
      ctx.fillStyle = colour(s.colour);
      ctx.fill();
    });
  });
}

function marks(u, plot) {
  clip(u, (ctx, ratio) => {
    plot.marks.forEach((m) => {
      const x = u.valToPos(m.x, "x", true);
      ctx.beginPath();
      ctx.setLineDash([4 * ratio, 4 * ratio]);
      ctx.lineWidth = ratio;
      ctx.globalAlpha = 0.25 + 0.75 * m.strength;
      ctx.strokeStyle = colour(m.colour);
      ctx.moveTo(x, u.bbox.top);
      ctx.lineTo(x, u.bbox.top + u.bbox.height);
      ctx.stroke();
    });
  });
}

/** From least to most of all that is drawn, with a margin; shares stay within 0 and 1, other measures above 0 when they are. */
function ordinates(plot) {
  const all = plot.series.flatMap((s) => [...s.values, ...(s.low || []), ...(s.high || [])]).filter((v) => v !== null);
  const least = Math.min(...all);
  const most = Math.max(...all);
  const margin = 0.08 * (most - (plot.from_zero ? 0 : least)) || 0.1 * Math.abs(most) || 1;
  const low = least - margin;
  return [plot.from_zero ? 0 : least >= 0 ? Math.max(0, low) : low, plot.percent ? Math.min(1.005, most + margin) : most + margin];
}

function abscissae(plot) {
  const least = plot.xs[0];
  const most = plot.xs[plot.xs.length - 1];
  return plot.log_x ? [least / 1.5, most * 1.5] : [least - 0.5, most + 0.5];
}

/** 1, 2 and 5 times powers of ten. */
function logTicks(u, axis, least, most) {
  const ticks = [];
  for (let power = Math.floor(Math.log10(least)); power <= Math.ceil(Math.log10(most)); power++) {
    [1, 2, 5].forEach((n) => ticks.push(n * 10 ** power));
  }
  return ticks.filter((t) => t >= least && t <= most);
}

const plain = (v) => (v === null || v === undefined ? "–" : String(Number(v.toPrecision(4))));
const percent = (v) => (v === null || v === undefined ? "–" : (100 * v).toFixed(1) + " %");

/** Where the mouse is not on a plot, its legend gives the last values. */
function last(u) {
  if (u.legend.live && u.legend.idx == null) u.setLegend({ idx: u.data[0].length - 1 });
}

function options(plot, width) {
  const value = plot.percent ? percent : plain;
  const axis = { stroke: "#1c241f", font: FONT, labelFont: FONT, grid: { stroke: "#e3e8e4", width: 1 }, ticks: { stroke: "#b9c2bb", width: 1 } };
  return {
    width,
    height: HEIGHT,
    scales: {
      x: { time: false, distr: plot.log_x ? 3 : 1, range: abscissae(plot) },
      y: { range: ordinates(plot) },
    },
    axes: [
      {
        ...axis,
        label: plot.x_label,
        size: 34,
        labelSize: 24,
        ...(plot.log_x ? { splits: logTicks, filter: (u, splits) => splits } : { incrs: [1, 2, 5, 10, 20, 50, 100] }),
        values: (u, splits) => splits.map(plain),
      },
      { ...axis, label: plot.y_label, size: 62, values: (u, splits) => splits.map((v) => (plot.percent ? Number((100 * v).toFixed(2)) + " %" : plain(v))) },
    ],
    series: [
      { label: plot.x_label, value: (u, v) => plain(v) },
      ...plot.series.map((s) => ({
        label: s.label,
        stroke: colour(s.colour),
        width: 2,
        dash: dash(s),
        spanGaps: true,
        paths: plot.dots ? () => null : undefined,
        points: { show: plot.dots || plot.xs.length <= 60, size: plot.dots ? 9 : 5, fill: plot.dots ? colour(s.colour) + "b0" : "#ffffff" },
        value: (u, v) => value(v),
      })),
    ],
    cursor: { drag: { x: false, y: false } },
    legend: { live: !plot.dots },
    hooks: { setLegend: [last], drawAxes: [(u) => bands(u, plot), (u) => marks(u, plot)] },
  };
}

function draw(figure) {
  const plot = JSON.parse(figure.querySelector("script").textContent);
  const place = figure.querySelector(".plot");
  const width = () => Math.min(WIDTH, place.clientWidth || WIDTH);
  const data = [plot.xs, ...plot.series.map((s) => s.values)];
  const drawn = new uPlot(options(plot, width()), data, place);
  last(drawn);
  addEventListener("resize", () => drawn.setSize({ width: width(), height: HEIGHT }));
}

function copy(button) {
  const pre = button.parentElement.querySelector("pre");
  const done = () => {
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 2000);
  };
  const select = () => {
    getSelection().selectAllChildren(pre);
    if (document.execCommand("copy")) done();
  };
  if (navigator.clipboard) navigator.clipboard.writeText(pre.textContent).then(done, select);
  else select();
}

/** What is folded up on the screen is printed, but for what is only there to be copied. */
function unfoldForPrint() {
  const folded = () => document.querySelectorAll("details:not(.copy)");
  addEventListener("beforeprint", () => folded().forEach((d) => { d.dataset.open = d.open; d.open = true; }));
  addEventListener("afterprint", () => folded().forEach((d) => (d.open = d.dataset.open === "true")));
}

document.querySelectorAll("figure.plot-figure").forEach(draw);
document.querySelectorAll("button.copy").forEach((b) => b.addEventListener("click", () => copy(b)));
unfoldForPrint();
