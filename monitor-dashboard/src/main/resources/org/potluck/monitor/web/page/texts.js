// What the model writes, what happened in words, and the invitation.

import { clock, day, el, setText, whole } from './words.js';

let picked = null;

export function showSamples(samples) {
  const pick = document.getElementById('sample-pick');
  const sample = samples.find((candidate) => candidate.at === picked) ?? samples.at(-1);
  document.getElementById('sample').hidden = !sample;
  document.getElementById('sample-label').hidden = !sample;
  document.getElementById('sample-empty').hidden = Boolean(sample);
  if (!sample) return;
  setText('sample-prompt', sample.prompt);
  setText('sample-text', sample.text);
  const options = [...samples].reverse().map((candidate, i) => {
    const option = el('option', '', `epoch ${candidate.epoch}${i === 0 ? ' (latest)' : ''}`);
    option.value = candidate.at;
    option.selected = candidate === sample;
    return option;
  });
  if (document.activeElement !== pick) pick.replaceChildren(...options);
  pick.onchange = () => {
    picked = pick.value === samples.at(-1).at ? null : pick.value;
    showSamples(samples);
  };
}

function line(notice) {
  const words = { info: '', warning: 'warn', error: 'bad' };
  const when = el('span', 'when', clock(notice.at));
  when.title = day(notice.at);
  const mark = { warning: 'Warning: ', error: 'Problem: ' }[notice.severity];
  const item = el('li', '', when, el('span', `what ${words[notice.severity] ?? ''}`, mark ? el('span', 'sr', mark) : null, notice.text));
  item.dataset.key = notice.at + notice.text;
  return item;
}

// Only what is new is put in: a screen reader reads out whatever comes into this list.
export function showNotices(notices) {
  const list = document.getElementById('notices');
  const wanted = notices.slice(-100).reverse();
  const keys = new Set(wanted.map((notice) => notice.at + notice.text));
  for (const item of [...list.children]) if (!keys.has(item.dataset.key)) item.remove();
  const shown = new Map([...list.children].map((item) => [item.dataset.key, item]));
  let after = null;
  for (const notice of wanted) {
    const item = shown.get(notice.at + notice.text) ?? line(notice);
    const place = after ? after.nextSibling : list.firstChild;
    if (item !== place) list.insertBefore(item, place);
    after = item;
  }
  document.getElementById('notices-empty').hidden = notices.length > 0;
}

export function showInvitation(run) {
  setText('invitation', run?.invitation ? `./potluck join '${run.invitation}'` : run ? 'nobody can join a recorded or simulated run' : 'no invitation yet');
  document.getElementById('copy').disabled = !run?.invitation;
  const facts = run
    ? [['Model', `${run.model}, ${whole(run.parameters)} parameters`], ['Epoch due at', `${whole(run.target_batch)} samples`],
       ['Started', day(run.started)], ['Coordinator', run.coordinator], ['Run', run.id]]
    : [];
  document.getElementById('facts').replaceChildren(...facts.flatMap(([term, fact]) => [el('dt', '', term), el('dd', '', fact)]));
}

export function enableCopy() {
  const button = document.getElementById('copy');
  button.addEventListener('click', async () => {
    const code = document.getElementById('invitation');
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = 'Copied';
    } catch {
      // Without a secure origin browsers refuse; select it, so that the reader's own copy works.
      getSelection().selectAllChildren(code);
      button.textContent = 'Selected';
    }
    setTimeout(() => (button.textContent = 'Copy'), 2000);
  });
}
