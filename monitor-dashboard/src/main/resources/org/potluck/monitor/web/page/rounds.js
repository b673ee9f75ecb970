// The rounds as bars of their duration, and as sentences.

import { bytes, clock, duration, el, setText } from './words.js';

const SVG = 'http://www.w3.org/2000/svg';
const BARS = 60;

function shape(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

const seconds = (round) => (round.matchmaking_seconds ?? 0) + (round.exchange_seconds ?? 0);

function bars(rounds) {
  const longest = Math.max(0.001, ...rounds.map(seconds));
  const svg = shape('svg', { viewBox: `0 0 ${BARS * 10} 72`, preserveAspectRatio: 'none' });
  rounds.forEach((round, i) => {
    const x = (BARS - rounds.length + i) * 10 + 1;
    const exchange = ((round.exchange_seconds ?? 0) / longest) * 68;
    const match = ((round.matchmaking_seconds ?? 0) / longest) * 68;
    const abandoned = round.outcome === 'abandoned';
    const title = shape('title', {}, sentence(round));
    svg.append(shape('g', {}, title,
      shape('rect', { class: abandoned ? 'abandoned' : 'exchange', x, width: 8, y: 72 - Math.max(2, exchange), height: Math.max(2, exchange) }),
      shape('rect', { class: 'match', x, width: 8, y: 72 - Math.max(2, exchange) - match, height: match }),
    ));
  });
  return svg;
}

function sentence(round) {
  const who = `${round.members.length} ${round.members.length === 1 ? 'peer' : 'peers'}`;
  return round.outcome === 'averaged'
    ? `Epoch ${round.epoch}: ${who} averaged in ${duration(seconds(round))}`
    : `Epoch ${round.epoch}: abandoned after ${duration(seconds(round))}`;
}

function item(round) {
  const what = el('span', 'what', el('span', round.outcome === 'averaged' ? '' : 'bad', sentence(round)));
  const detail = round.outcome === 'averaged'
    ? `${bytes(round.bytes)} moved, ${duration(round.matchmaking_seconds)} finding a group, ${duration(round.exchange_seconds)} exchanging`
    : round.reason;
  what.append(el('span', 'sub', detail));
  for (const fault of round.faults) what.append(el('span', 'sub warn', fault));
  what.title = round.members.join(', ');
  return el('li', '', el('span', 'when', clock(round.at)), what);
}

export function showRounds(rounds) {
  const latest = rounds.slice(-BARS);
  document.getElementById('round-bars').replaceChildren(...(latest.length ? [bars(latest)] : []));
  document.getElementById('rounds').replaceChildren(...latest.slice(-30).reverse().map(item));
  document.getElementById('rounds-empty').hidden = rounds.length > 0;
  document.getElementById('round-legend').hidden = rounds.length === 0;
  const good = latest.filter((round) => round.outcome === 'averaged').length;
  setText('rounds-count', latest.length ? `${good} of the last ${latest.length} averaged` : '');
}
