// Numbers, times and elements in the page's own words. Everything strangers say reaches the page through `el`, as text.

const grouped = new Intl.NumberFormat('en');

export function el(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== ''));
  return node;
}

export function setText(id, text) {
  const node = document.getElementById(id);
  if (node.textContent !== text) node.textContent = text;
}

export const known = (value) => typeof value === 'number' && Number.isFinite(value);
// A number and its unit stay on one line.
const united = (number, unit) => `${number}\u00a0${unit}`;
export const fixed = (value, digits) => (known(value) ? value.toFixed(digits) : '–');
export const whole = (value) => (known(value) ? grouped.format(Math.round(value)) : '–');
export function percent(value) {
  if (!known(value)) return '–';
  const hundredths = value * 100;
  if (hundredths > 0 && hundredths < 0.1) return united('< 0.1', '%');
  return united(hundredths.toFixed(hundredths > 0 && hundredths < 9.95 ? 1 : 0), '%');
}

// Three digits that count; what rounds up to the next unit is written in it.
export function short(value) {
  if (!known(value)) return '–';
  for (const [size, unit] of [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k']]) {
    const units = Math.abs(value) / size;
    if (units >= 0.9995) return united((value / size).toFixed(units < 9.995 ? 2 : units < 99.95 ? 1 : 0), unit);
  }
  return String(Math.round(value));
}

export function bytes(value) {
  if (!known(value)) return '–';
  for (const [size, unit] of [[1e12, 'TB'], [1e9, 'GB'], [1e6, 'MB'], [1e3, 'kB']]) {
    const units = value / size;
    if (units >= 0.9995) return united(units.toFixed(units < 9.95 ? 1 : 0), unit);
  }
  return united(Math.round(value), 'B');
}

export function duration(seconds) {
  if (!known(seconds)) return '–';
  const exact = Math.max(0, seconds);
  const millis = Math.round(exact * 1000);
  if (millis < 1) return exact > 0 ? united('< 1', 'ms') : united(0, 's');
  if (millis < 1000) return united(millis, 'ms');
  if (exact < 9.95) return united(exact.toFixed(1), 's');
  const s = Math.round(exact);
  if (s < 90) return united(s, 's');
  if (s < 5400) return `${united(Math.floor(s / 60), 'min')} ${united(s % 60, 's')}`;
  const minutes = Math.round(s / 60);
  if (s < 172800) return `${united(Math.floor(minutes / 60), 'h')} ${united(minutes % 60, 'min')}`;
  return united(Math.round(s / 86400), 'days');
}

export function ago(seconds) {
  if (!known(seconds)) return '–';
  if (seconds < 5) return 'now';
  if (seconds < 90) return `${Math.round(seconds)} s ago`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 172800) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86400)} days ago`;
}

export const clock = (instant) =>
  new Date(instant).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });
export const day = (instant) =>
  new Date(instant).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short', hour12: false });
