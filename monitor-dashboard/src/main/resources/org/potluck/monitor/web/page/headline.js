// What the model learnt, and when the next round comes.

import { ago, clock, duration, fixed, known, setText, short, whole } from './words.js';

export function showRun(run) {
  setText('run-name', run ? run.name || run.id : 'Potluck');
  document.title = run ? `${run.name || run.id} · Potluck` : 'Potluck';
  setText('run-facts', run ? `${run.model} · ${short(run.parameters)} parameters` : 'Waiting for a run…');
}

export function showEpoch(run, epochs, shown, now, rate) {
  const first = epochs.find((epoch) => known(epoch.loss));
  const inBytes = run?.token_unit === 'byte';
  // A simulated toy problem has a loss but no text that could be guessed.
  const toy = run?.token_unit === 'value';
  setText('loss', fixed(shown?.loss, 3));
  const unit = toy ? '' : ` nats per ${inBytes ? 'byte' : 'token'}`;
  const fall = first && known(shown?.loss) ? first.loss - shown.loss : NaN;
  setText(
    'loss-change',
    !known(fall) ? 'nothing learnt yet'
      : fall === 0 ? (toy ? 'of a toy problem' : unit)
      : `${fall > 0 ? 'down' : 'up'} ${Math.abs(fall).toFixed(3)}${unit} since epoch ${first.epoch}`,
  );
  document.getElementById('second-title').parentElement.hidden = toy;
  setText('second-title', inBytes ? 'Bits per byte' : 'Perplexity');
  setText('second', known(shown?.loss) ? (inBytes ? (shown.loss / Math.LN2).toFixed(2) : Math.exp(shown.loss).toFixed(1)) : '–');
  setText('second-note', inBytes ? 'guessing blindly costs 8' : 'tokens to choose between');
  setText('tokens', shown ? whole(shown.tokens_total) : '–');
  document.getElementById('tokens').title = shown?.counted === false ? 'The newest epoch is taken to have had its target batch, until its members have told.' : '';
  setText('tokens-rate', known(rate) && rate > 0 ? `${short(rate)} per second` : '\u00a0');
  setText('epoch', shown ? whole(shown.epoch) : '–');
  setText('epoch-age', shown ? `${ago((now - Date.parse(shown.at)) / 1000)}, took ${duration(shown.seconds)}` : '\u00a0');
}

// `here` is how many peers there are; what the last of them waited for is nobody's any more.
export function showNext(next, live, now, here) {
  const ring = document.getElementById('ring');
  let part = 0;
  if (!live) {
    setText('countdown', 'in the past');
    setText('next-reason', 'Go back to live to see the next round.');
  } else if (here === 0) {
    setText('countdown', '–');
    setText('next-reason', next ? 'Nobody is here; it goes on when somebody joins.' : 'Waiting for the first peer…');
  } else if (!next) {
    setText('countdown', '–');
    setText('next-reason', 'Looking how far the peers are…');
  } else {
    const expected = next.expected ? Date.parse(next.expected) : NaN;
    const since = Date.parse(next.since);
    const left = (expected - now) / 1000;
    const late = left < 0;
    setText('countdown', !known(left) ? 'when ready' : late ? 'any moment' : left < 60 ? `in ${Math.max(1, Math.ceil(left))}\u00a0s` : `in ${duration(left)}`);
    const gathered = next.samples_target > 0 ? `${whole(next.samples)} of ${whole(next.samples_target)} samples. ` : '';
    const overdue = late && left < -5 ? ` Expected at ${clock(next.expected)}.` : '';
    setText('next-reason', `${gathered}${next.reason}${overdue}`);
    part = next.samples_target > 0 ? next.samples / next.samples_target : (now - since) / (expected - since);
  }
  part = Math.min(1, Math.max(0, known(part) ? part : 0));
  ring.setAttribute('stroke-dasharray', `${(part * 100).toFixed(1)} 100`);
}
