// Who is here, as rows drawn anew on every report.

import { ago, bytes, clock, duration, el, fixed, known, percent, setText, short, whole } from './words.js';

const DOING = { training: 'training', averaging: 'averaging', auditing: 'checking another', downloading: 'fetching the model', waiting: 'waiting', paused: 'paused', gone: 'gone' };

// The digest most peers have at each epoch: whoever differs holds another model.
function majorities(peers) {
  const votes = new Map();
  for (const peer of peers) {
    if (!peer.parameter_digest) continue;
    const at = votes.get(peer.work.epoch) ?? new Map();
    at.set(peer.parameter_digest, (at.get(peer.parameter_digest) ?? 0) + 1);
    votes.set(peer.work.epoch, at);
  }
  return new Map([...votes].map(([epoch, at]) => {
    const [[digest, count], second] = [...at].sort((a, b) => b[1] - a[1]);
    return [epoch, { digest, count, clear: !second || count > second[1] }];
  }));
}

function sameModel(peer, majority) {
  const cell = el('td');
  cell.dataset.label = 'Same model';
  if (!peer.parameter_digest || !majority) {
    cell.append(el('span', 'quiet', 'not told'));
  } else if (!majority.clear) {
    cell.append(el('span', 'warn', '? no majority'));
  } else if (peer.parameter_digest === majority.digest) {
    cell.append(el('span', 'good', majority.count > 1 ? '✓ same' : '✓ alone at it'));
  } else {
    cell.append(el('span', 'bad', '✗ differs'));
  }
  cell.append(el('span', 'sub', peer.parameter_digest.replace(/^sha256:/, '').slice(0, 8)));
  cell.title = peer.parameter_digest;
  return cell;
}

function cell(label, className, ...children) {
  const node = el('td', className, ...children);
  node.dataset.label = label;
  return node;
}

// Who has something against a peer, how many of how many, and why; who says what is in the title.
function standingCell(standing) {
  if (!standing.judges) return cell('Standing', 'unknown', el('span', 'quiet', '–'));
  const { judges, doubted_by: doubts, banned_by: bans } = standing;
  const words = [bans ? `banned by ${bans}` : '', doubts ? `doubted by ${doubts}` : ''].filter(Boolean).join(', ');
  const level = standing.refused ? 'bad' : words ? 'warn' : 'good';
  const node = cell(
    'Standing', words ? 'standing' : '',
    el('span', level, standing.refused ? 'refused' : words ? 'doubted' : 'good'),
    el('span', 'sub', words && `${words} of ${judges}`),
    el('span', 'sub', standing.reason),
  );
  node.title = standing.judgements.map((each) => `${each.by}: ${each.banned ? 'banned' : `standing ${percent(each.score)}`}, ${each.reason}`).join('\n');
  return node;
}

/** What those bring who compute nothing. */
const LENDS = { auxiliary: 'lends its link', receiver: 'keeps up' };

function row(peer, majority, now) {
  const { state, work, link, standing } = peer;
  const name = el('span', 'name', peer.name || peer.id.slice(-8));
  const first = el('td', '', name, peer.self ? el('span', 'you', 'this one') : null, el('span', 'sub', [peer.device, peer.role === 'trainer' ? '' : peer.role].filter(Boolean).join(' · ')));
  first.title = peer.id;
  const until = state.until ? `until ${clock(state.until)}` : '';
  const detail = [state.detail && state.activity === 'waiting' ? `for ${state.detail}` : state.detail, until].filter(Boolean).join(' ');
  const doing = cell('Doing', '', el('span', state.activity === 'gone' ? 'bad' : state.activity === 'waiting' ? 'warn' : '', DOING[state.activity] ?? state.activity), el('span', 'sub', detail));
  const bar = el('progress');
  bar.max = 1;
  bar.value = known(work.share) ? Math.min(1, Math.max(0, work.share)) : 0;
  bar.setAttribute('aria-label', `share of the work: ${percent(work.share)}`);
  const trains = peer.role === 'trainer';
  const share = trains
    ? cell('Share of the work', 'snug', el('span', 'share', bar, percent(work.share)), el('span', 'sub', `${short(work.samples_total)} samples in all`))
    : cell('Share of the work', 'snug', LENDS[peer.role] ?? peer.role, el('span', 'sub', `${bytes(link.bytes_sent)} sent`));
  const path = { direct: 'direct', relayed: 'relayed', unknown: 'path unknown' }[link.path] ?? '';
  const trip = known(link.round_trip_seconds) ? ` · ${duration(link.round_trip_seconds)}` : '';
  const rate = (value) => (known(value) ? `${bytes(value)}/s` : '–');
  const measured = known(link.upload_bytes_per_second) || known(link.download_bytes_per_second);
  const rates = measured ? `↑ ${rate(link.upload_bytes_per_second)} ↓ ${rate(link.download_bytes_per_second)}` : 'not measured yet';
  const linkCell = cell('Link', 'snug', el('span', link.path === 'relayed' ? 'warn' : '', peer.self ? 'this machine' : path + trip), el('span', 'sub', rates));
  linkCell.title = `measured while it averaged; sent ${bytes(link.bytes_sent)}, received ${bytes(link.bytes_received)}`;
  const tr = el(
    'tr', state.activity === 'gone' ? 'gone' : '',
    first, doing, share,
    cell('Tokens/s', 'num', trains ? short(work.tokens_per_second) : '–', el('span', 'sub', known(work.loss) ? `loss ${fixed(work.loss, 3)}` : '')),
    cell('Epoch', 'num', whole(work.epoch), el('span', 'sub', trains ? `${short(work.samples)} samples` : '')),
    sameModel(peer, majority),
    linkCell,
    standingCell(standing),
    cell('Seen', 'num', ago((now - Date.parse(peer.last_seen)) / 1000)),
  );
  tr.dataset.peer = peer.id;
  return tr;
}

export const peersHere = (peers) => peers.filter((peer) => peer.state.activity !== 'gone').length;

// `view` is 'live', 'past' or 'recorded'; `began` says whether anybody has been here before.
export function showPeers(peers, now, view, began) {
  const body = document.getElementById('peer-rows');
  const sorted = [...peers].sort((a, b) => (a.state.activity === 'gone') - (b.state.activity === 'gone') || (b.work.share ?? 0) - (a.work.share ?? 0) || (a.id < b.id ? -1 : 1));
  const majority = majorities(peers);
  body.replaceChildren(...sorted.slice(0, 200).map((peer) => row(peer, majority.get(peer.work.epoch), now)));
  document.getElementById('peers').hidden = peers.length === 0;
  document.getElementById('peers-empty').hidden = peers.length > 0;
  setText('peers-empty', view !== 'live' ? 'Nobody was here then.' : began ? 'Nobody is here now. Send someone the invitation below.' : 'Waiting for the first peer… Send someone the invitation below.');
  const here = peersHere(peers);
  const more = peers.length > 200 ? `, the first 200 shown` : '';
  setText('peers-count', peers.length === 0 ? '' : `${here} ${here === 1 ? 'peer' : 'peers'}${view === 'past' ? ' then' : ''}${more}`);
}

export const swarmRate = (peers) => peers.reduce((sum, peer) => sum + (peer.state.activity === 'gone' ? 0 : peer.work.tokens_per_second ?? 0), 0);
