// The rounds as a timeline: how long each took, who took part with which share, and what went wrong, in words.

import { bytes, clock, duration, el, known, percent, setText, short } from './words.js';

const SVG = 'http://www.w3.org/2000/svg';
const COLUMNS_MIN = 24;
const COLUMNS_MAX = 60;
const LANES = 12;
const LISTED = 30;
const PARTS = { averaged: 'has the average', abandoned: 'was left without an average', at_fault: 'was at fault', untold: 'has not told' };

const opened = new Set(); // rounds whose details are unfolded

function shape(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

const seconds = (round) => (round.matchmaking_seconds ?? 0) + (round.exchange_seconds ?? 0);
// Few rounds are not stretched over the whole width; the newest is at the right.
const columns = (rounds) => Math.max(COLUMNS_MIN, rounds.length);
const column = (rounds, i) => (columns(rounds) - rounds.length + i) * 10 + 1;

function bars(rounds) {
  const longest = Math.max(0.001, ...rounds.map(seconds));
  const svg = shape('svg', { viewBox: `0 0 ${columns(rounds) * 10} 72`, preserveAspectRatio: 'none', class: 'durations', role: 'img', 'aria-label': `How long the last ${rounds.length} rounds took, up to ${duration(longest)}` });
  rounds.forEach((round, i) => {
    const x = column(rounds, i);
    const exchange = Math.max(2, ((round.exchange_seconds ?? 0) / longest) * 68);
    const match = ((round.matchmaking_seconds ?? 0) / longest) * 68;
    svg.append(shape('g', {}, shape('title', {}, `${sentence(round)}\n${timing(round)}`),
      shape('rect', { class: round.outcome === 'abandoned' ? 'abandoned' : 'exchange', x, width: 8, y: 72 - exchange, height: exchange }),
      shape('rect', { class: 'match', x, width: 8, y: Math.max(0, 72 - exchange - match), height: match }),
    ));
  });
  return svg;
}

// Those who took part most, by name: a line each, with a mark for every round.
function peersOf(rounds) {
  const seen = new Map();
  for (const round of rounds) {
    for (const member of round.members) {
      const peer = seen.get(member.id) ?? { id: member.id, name: member.name, rounds: 0 };
      peer.name = member.name || peer.name;
      peer.rounds += 1;
      seen.set(member.id, peer);
    }
  }
  return [...seen.values()].sort((a, b) => b.rounds - a.rounds || (a.name < b.name ? -1 : 1));
}

function lane(peer, rounds) {
  const svg = shape('svg', { viewBox: `0 0 ${columns(rounds) * 10} 20`, preserveAspectRatio: 'none', role: 'img', 'aria-label': `${peer.name}: in ${peer.rounds} of ${rounds.length} rounds` });
  rounds.forEach((round, i) => {
    const member = round.members.find((candidate) => candidate.id === peer.id);
    if (!member) {
      svg.append(shape('rect', { class: 'absent', x: column(rounds, i) + 2, width: 4, y: 18, height: 1 }));
      return;
    }
    const most = Math.max(0.01, ...round.members.map((other) => other.share ?? 0));
    const height = 3 + 16 * Math.min(1, (member.share ?? 0) / most);
    const words = `Epoch ${round.epoch}: ${peer.name} reduced ${percent(member.share)}, brought ${short(member.samples)} samples, ${PARTS[member.part] ?? member.part}`;
    svg.append(shape('rect', { class: `part ${member.part}`, x: column(rounds, i), width: 8, y: 20 - height, height }, shape('title', {}, words)));
  });
  return svg;
}

function named(peer) {
  const name = el('span', 'lane-name', peer.name || peer.id.slice(-8));
  name.title = peer.name || peer.id; // the line is short
  return name;
}

function lanes(rounds) {
  const peers = peersOf(rounds);
  const rows = peers.slice(0, LANES).map((peer) => el('div', 'lane', named(peer), lane(peer, rounds)));
  if (peers.length > LANES) rows.push(el('p', 'quiet', `and ${peers.length - LANES} more, listed below`));
  return rows;
}

function sentence(round) {
  const total = round.members_total ?? round.members.length;
  const who = `${total} ${total === 1 ? 'peer' : 'peers'}`;
  if (round.outcome === 'averaged' && total === 1) return `Epoch ${round.epoch}: ${round.members[0]?.name || who} took the step alone`;
  if (round.outcome === 'averaged') return `Epoch ${round.epoch}: ${who} averaged in ${duration(seconds(round))}`;
  const whose = total === 1 && round.members.length === 1 ? `${round.members[0].name} found no group for it` : 'abandoned';
  return `Epoch ${round.epoch}: ${whose}, after ${duration(seconds(round))}`;
}

function timing(round) {
  const alone = round.outcome === 'averaged' && (round.members_total ?? round.members.length) === 1;
  const parts = alone ? [] : [`${duration(round.matchmaking_seconds)} finding a group`, `${duration(round.exchange_seconds)} exchanging`];
  if (round.bytes > 0 && !alone) parts.push(`${bytes(round.bytes)} sent`);
  if (known(round.samples) && round.samples > 0) parts.push(`${short(round.samples)} samples`);
  return parts.join(', ');
}

function details(round) {
  const rows = round.members.map((member) => el('tr', '',
    el('td', 'name', member.name || member.id.slice(-8)), el('td', 'num', percent(member.share)), el('td', 'num', short(member.samples)),
    el('td', member.part === 'averaged' ? 'good' : member.part === 'untold' ? 'quiet' : 'bad', PARTS[member.part] ?? member.part)));
  const head = el('tr', '', ...['Member', 'Reduces', 'Samples', ''].map((title, i) => {
    const cell = el('th', i === 1 || i === 2 ? 'num' : '', title);
    cell.scope = 'col';
    return cell;
  }));
  return el('table', 'members', el('thead', '', head), el('tbody', '', ...rows));
}

function item(round) {
  const what = el('div', 'what', el('span', round.outcome === 'averaged' ? '' : 'bad', sentence(round)));
  what.append(el('span', 'sub', timing(round)));
  if (round.reason) what.append(el('span', 'sub', `Because ${round.reason}`));
  for (const fault of round.faults) what.append(el('span', 'sub warn', fault));
  if (round.missing?.length) what.append(el('span', 'sub warn', `Not in it: ${round.missing.join('; ')}`));
  if (round.members.length > 1) {
    const fold = el('details', '', el('summary', '', 'who carried what'), details(round));
    fold.open = opened.has(round.id);
    fold.addEventListener('toggle', () => (fold.open ? opened.add(round.id) : opened.delete(round.id)));
    what.append(fold);
  }
  const line = el('li', '', el('span', 'when', clock(round.at)), what);
  line.dataset.round = round.id;
  return line;
}

// Histories written by earlier versions have names only.
const modern = (round) => ({ ...round, members: round.members.map((member) => (typeof member === 'string' ? { id: member, name: member, part: round.outcome } : member)) });

export function showRounds(rounds) {
  const latest = rounds.slice(-COLUMNS_MAX).map(modern).sort((a, b) => (a.at < b.at ? -1 : 1));
  document.getElementById('round-bars').replaceChildren(...(latest.length ? [el('div', 'lane', el('span', 'lane-name quiet', `up to ${duration(Math.max(...latest.map(seconds)))}`), bars(latest)), ...lanes(latest)] : []));
  const focused = document.activeElement?.closest?.('#rounds li')?.dataset.round; // drawn anew, it would lose the keyboard
  document.getElementById('rounds').replaceChildren(...latest.slice(-LISTED).reverse().map(item));
  if (focused) document.querySelector(`#rounds li[data-round="${CSS.escape(focused)}"] summary`)?.focus({ preventScroll: true });
  document.getElementById('rounds-empty').hidden = rounds.length > 0;
  document.getElementById('round-legend').hidden = rounds.length === 0;
  const good = latest.filter((round) => round.outcome === 'averaged').length;
  setText('rounds-count', latest.length > 1 ? `${good} of the last ${latest.length} averaged` : '');
}
