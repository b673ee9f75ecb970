// The loss over epochs or time, drawn by uPlot.

import uPlot from '/vendor/uplot.js';

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// An exponential mean whose memory grows with the number of points, corrected for its start.
export function smooth(values) {
  const keep = 1 - 1 / Math.min(25, Math.max(2.5, values.length / 40));
  let mean = 0;
  let weight = 0;
  return values.map((value) => {
    if (value === null) return null;
    mean = keep * mean + (1 - keep) * value;
    weight = keep * weight + (1 - keep);
    return mean / weight;
  });
}

export class Chart {
  #place;
  #plot = null;
  #key = '';
  #pick;

  constructor(place, pick) {
    this.#place = place;
    this.#pick = pick;
    new ResizeObserver(() => this.#plot?.setSize(this.#size())).observe(place);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      this.#key = '';
      this.draw(this.last);
    });
  }

  draw(view) {
    if (!view) return;
    this.last = view;
    const { epochs, byTime, smoothed, marked } = view;
    const x = epochs.map((epoch) => (byTime ? Date.parse(epoch.at) / 1000 : epoch.epoch));
    const raw = epochs.map((epoch) => epoch.loss);
    const data = smoothed ? [x, raw, smooth(raw)] : [x, raw];
    this.marked = marked;
    const key = `${byTime} ${smoothed}`;
    if (key === this.#key) {
      this.#plot.setData(data);
    } else {
      this.#plot?.destroy();
      this.#plot = new uPlot(this.#options(byTime, smoothed), data, this.#place);
      this.#key = key;
    }
    this.#place.dataset.points = String(raw.filter((value) => value !== null).length);
    const first = raw.find((value) => value !== null);
    const last = raw.findLast((value) => value !== null);
    if (first !== undefined) {
      this.#place.setAttribute('aria-label', `Loss over ${epochs.length} epochs, from ${first.toFixed(3)} to ${last.toFixed(3)}`);
    }
  }

  #size() {
    const width = this.#place.clientWidth;
    return { width: Math.max(200, width), height: width < 600 ? 200 : 260 };
  }

  #options(byTime, smoothed) {
    const accent = css('--accent');
    const axis = { stroke: css('--quiet'), font: '12px system-ui, sans-serif', grid: { stroke: css('--line'), width: 1 }, ticks: { show: false } };
    const value = (_, v) => (v === null || v === undefined ? '–' : v.toFixed(4));
    const series = [
      byTime ? { label: 'time' } : { label: 'epoch' },
      { label: 'loss', stroke: smoothed ? css('--quiet') : accent, width: smoothed ? 1 : 2, alpha: smoothed ? 0.45 : 1, value, points: { show: (u) => u.data[0].length < 40, size: 5, fill: smoothed ? css('--quiet') : accent } },
    ];
    if (smoothed) series.push({ label: 'smoothed', stroke: accent, width: 2.5, value, points: { show: (u) => u.data[0].length === 1, size: 6, fill: accent } });
    return {
      ...this.#size(),
      series,
      scales: { x: { time: byTime } },
      axes: [{ ...axis, ...(byTime ? {} : { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 50000, 100000] }) }, { ...axis, size: 46 }],
      cursor: { drag: { x: false, y: false }, points: { size: 7 } },
      legend: { show: true, live: true },
      hooks: {
        draw: [(u) => this.#mark(u), (u) => this.#newest(u)],
        setCursor: [(u) => this.#newest(u)],
        ready: [(u) => u.over.addEventListener('click', () => u.cursor.idx !== null && this.#pick(this.last.epochs[u.cursor.idx]?.epoch))],
      },
    };
  }

  // Where nobody points at a moment, the legend has the newest.
  #newest(u) {
    const last = u.data[0].length - 1;
    if ((u.cursor.idx === null || u.cursor.left < 0) && u.legend.idx !== last) u.setLegend({ idx: last });
  }

  // A line where the page looks while it looks back.
  #mark(u) {
    const index = this.last.epochs.findIndex((epoch) => epoch.epoch === this.marked);
    if (index < 0) return;
    const x = Math.round(u.valToPos(u.data[0][index], 'x', true));
    u.ctx.save();
    u.ctx.strokeStyle = css('--warn');
    u.ctx.lineWidth = 2;
    u.ctx.setLineDash([5, 4]);
    u.ctx.beginPath();
    u.ctx.moveTo(x, u.bbox.top);
    u.ctx.lineTo(x, u.bbox.top + u.bbox.height);
    u.ctx.stroke();
    u.ctx.restore();
  }
}
