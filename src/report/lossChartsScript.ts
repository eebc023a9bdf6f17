/**
 * The page's only script of ours: draws the charts of lossCharts.ts with uPlot, in the colours of
 * the style sheet, again when the width or the colour scheme changes, and light for printing.
 */
export const lossChartsScript: string = `
"use strict";
(() => {
  const source = document.getElementById("losses");
  if (!source) return;
  const { runs, charts } = JSON.parse(source.textContent);
  const format = (value) => (value == null ? "–" : value.toPrecision(3));
  let plots = [];

  const draw = () => {
    for (const plot of plots) plot.destroy();
    const style = getComputedStyle(document.documentElement);
    const color = (name) => style.getPropertyValue(name).trim();
    const axis = {
      stroke: color("--muted"),
      grid: { stroke: color("--line"), width: 1 },
      ticks: { stroke: color("--line"), width: 1, size: 4 },
      font: "12px system-ui, sans-serif",
    };
    plots = charts.map((chart, i) => {
      const host = document.querySelector('[data-chart="' + i + '"]');
      const readout = document.querySelector('[data-readout="' + i + '"]');
      const line = (run, alpha, width, dash) => ({
        label: run.name,
        stroke: color("--run-" + run.color) + alpha,
        width,
        dash,
        spanGaps: true,
        points: { show: chart.steps.length === 1 },
      });
      const read = (plot) => {
        const at = plot.cursor.idx;
        readout.textContent = at == null ? "" : "step " + chart.steps[at] + ": " +
          runs.map((run, r) => [run.name, chart.smooth[r][at]])
            .filter(([, value]) => value != null)
            .map(([name, value]) => name + " " + format(value)).join(", ");
      };
      return new uPlot({
        width: host.clientWidth,
        height: 220,
        legend: { show: false },
        scales: { x: { time: false } },
        cursor: { y: false, drag: { x: true, y: false } },
        axes: [axis, { ...axis, size: 54 }],
        series: [
          {},
          ...runs.map((run) => line(run, "55", 1, [])),
          ...runs.map((run) => line(run, "", 2, run.dash)),
        ],
        hooks: { setCursor: [read] },
      }, [chart.steps, ...chart.raw, ...chart.smooth], host);
    });
  };

  draw();
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth !== width) {
      width = innerWidth;
      draw();
    }
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  matchMedia("print").addEventListener("change", draw);
})();
`;
