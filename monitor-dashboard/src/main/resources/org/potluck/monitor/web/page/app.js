// The page: takes in the feed, keeps what it needs, draws at most once per frame.

import { Chart } from './chart.js';
import { Feed } from './feed.js';
import { showEpoch, showNext, showRun } from './headline.js';
import { Player } from './player.js';
import { peersHere, showPeers, swarmRate } from './peers.js';
import { showRounds } from './rounds.js';
import { enableCopy, showInvitation, showNotices, showSamples } from './texts.js';
import { setText } from './words.js';

const EPOCHS_MAX = 4000;
const ALL = ['run', 'peers', 'epoch', 'round', 'next', 'sample', 'notice'];
const byId = (id) => document.getElementById(id);

const live = { run: null, peers: [], next: null, epochs: [], rounds: [], samples: [], notices: [] };
let past = null; // { epoch, peers } while looking back
let skew = 0; // the server's clock minus ours
let asked = 0;
let recorded = false; // a recording is shown: nothing live is taken in
let player = null; // which plays it
let dirty = new Set();
let drawing = false; // a frame is on its way

const now = () => (player ? player.now() : Date.now() + skew);
const chart = new Chart(byId('plot'), (epoch) => {
  const known = live.epochs.find((candidate) => candidate.epoch === epoch);
  if (player && known) player.seekInstant(Date.parse(known.at));
  else if (epoch !== undefined && !player) lookBack(epoch);
});

function upsert(list, item, key, max) {
  const at = list.findLastIndex((other) => key(other) === key(item));
  if (at >= 0) list[at] = item;
  else list.push(item);
  if (list.length > max) list.splice(0, list.length - max);
}

async function replay(recording) {
  if (player) return;
  const response = await fetch('/api/v1/recording');
  if (!response.ok) throw new Error(String(response.status));
  const lines = await response.json();
  player = new Player(recording, lines, forget, take);
  player.seek(0);
  player.toggle();
}

function forget() {
  Object.assign(live, { peers: [], next: null, epochs: [], rounds: [], samples: [], notices: [] });
  ALL.forEach((part) => dirty.add(part));
}

function take(type, data) {
  if (type === 'state' && data.recording) {
    recorded = true;
    setText('sample-empty', 'This recording holds no text by then.');
    live.run = data.run;
    dirty.add('run');
    replay(data.recording);
  } else if (type === 'state') {
    skew = Date.parse(data.now) - Date.now();
    Object.assign(live, { run: data.run, peers: data.peers, next: data.next, epochs: data.epochs, rounds: data.rounds, samples: data.samples, notices: data.notices });
    ALL.forEach((part) => dirty.add(part));
  } else {
    if (type === 'run' && !recorded && live.run && data.id !== live.run.id) {
      feed.start();
      return;
    }
    if (type === 'run') live.run = data;
    if (type === 'peers') live.peers = data;
    if (type === 'next') live.next = data;
    if (type === 'epoch') {
      upsert(live.epochs, data, (epoch) => epoch.epoch, EPOCHS_MAX);
      live.epochs.sort((a, b) => a.epoch - b.epoch);
    }
    if (type === 'round') upsert(live.rounds, data, (round) => round.id, 200);
    if (type === 'sample') upsert(live.samples, data, (sample) => sample.at + sample.prompt, 50);
    if (type === 'notice') upsert(live.notices, data, (notice) => notice.at + notice.text, 200);
    dirty.add(type);
  }
  if (!drawing) requestAnimationFrame(draw);
  drawing = true;
}

function draw() {
  drawing = false;
  if (dirty.size === 0) return;
  const parts = dirty;
  dirty = new Set();
  const upTo = past ? past.epoch : Infinity;
  if (parts.has('run')) {
    showRun(live.run);
    showInvitation(live.run);
  }
  if (parts.has('epoch') || parts.has('peers') || parts.has('run')) drawHeadline();
  if (parts.has('epoch')) drawChart();
  if (parts.has('peers')) showPeers(past ? past.peers : live.peers, past ? past.at : now(), past ? 'past' : recorded ? 'recorded' : 'live', live.epochs.length > 0 || live.notices.length > 0);
  if (parts.has('round')) showRounds(past ? past.rounds : live.rounds);
  if (parts.has('sample')) showSamples(live.samples.filter((sample) => sample.epoch <= upTo));
  if (parts.has('notice')) showNotices(live.notices);
  if (parts.has('next') || parts.has('peers')) showNext(live.next, !past, now(), peersHere(live.peers));
}

function drawHeadline() {
  const shown = past ? live.epochs.findLast((epoch) => epoch.epoch <= past.epoch) : live.epochs.at(-1);
  showEpoch(live.run, live.epochs, shown, now(), swarmRate(past ? past.peers : live.peers));
}

function drawChart() {
  const some = live.epochs.length > 0;
  byId('plot').hidden = !some;
  byId('plot-empty').hidden = some;
  byId('scrub').hidden = live.epochs.length < 2 || recorded;
  if (some) {
    const byTime = document.querySelector('input[name=axis]:checked').value === 'time';
    chart.draw({ epochs: live.epochs, byTime, smoothed: byId('smooth').checked, marked: past?.epoch });
  }
  const slider = byId('slider');
  slider.max = String(Math.max(0, live.epochs.length - 1));
  if (!past) slider.value = slider.max;
}

async function lookBack(epoch) {
  const turn = ++asked;
  const known = live.epochs.find((candidate) => candidate.epoch === epoch);
  try {
    const [peers, rounds] = await Promise.all([`peers?epoch=${epoch}`, `rounds?to=${epoch}`].map(async (query) => {
      const response = await fetch(`/api/v1/${query}`);
      if (!response.ok) throw new Error(String(response.status));
      return response.json();
    }));
    if (turn !== asked) return;
    past = { epoch, peers, rounds, at: known ? Date.parse(known.at) : now() };
  } catch {
    return; // The banner about the lost server says why.
  }
  byId('slider').value = String(live.epochs.findIndex((candidate) => candidate.epoch === epoch));
  showPast();
}

function backToLive() {
  asked++;
  past = null;
  showPast();
}

function showPast() {
  byId('past').hidden = !past;
  byId('live').disabled = !past;
  setText('slider-words', past ? `epoch ${past.epoch}` : 'live');
  if (past) setText('past-words', `the swarm as it was at the end of epoch ${past.epoch}.`);
  ['epoch', 'peers', 'round', 'sample', 'next'].forEach((part) => dirty.add(part));
  draw();
}

function tell(state, reason, seconds) {
  const chip = byId('connection');
  chip.dataset.state = state === 'live' && recorded ? 'recorded' : state;
  chip.textContent = state === 'live' ? (recorded ? 'Recorded' : 'Live') : 'Disconnected';
  const lost = byId('lost');
  lost.hidden = state === 'live';
  if (state !== 'live') lost.textContent = `${reason} Trying again in ${seconds} s.`;
}

const feed = new Feed((type, data) => (recorded && type !== 'state' ? undefined : take(type, data)), tell);
byId('slider').addEventListener('input', (event) => {
  const index = Number(event.target.value);
  if (index >= live.epochs.length - 1) backToLive();
  else lookBack(live.epochs[index].epoch);
});
byId('live').addEventListener('click', backToLive);
byId('past-live').addEventListener('click', backToLive);
byId('smooth').addEventListener('change', drawChart);
document.querySelectorAll('input[name=axis]').forEach((input) => input.addEventListener('change', drawChart));
enableCopy();
setInterval(() => {
  showNext(live.next, !past, now(), peersHere(live.peers));
  drawHeadline();
}, 1000);
feed.start();
