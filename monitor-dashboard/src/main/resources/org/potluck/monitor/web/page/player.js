// Plays a recorded run: what happened up to a moment is taken in again, as if it happened now.

import { duration, setText } from './words.js';

const SPEEDS = [1, 5, 20, 60, 300, 1200, 6000];
const byId = (id) => document.getElementById(id);

export class Player {
  #lines;
  #length;
  #began;
  #clear;
  #take;
  #at = 0; // seconds since the recording began
  #taken = 0; // so many lines are taken in
  #playing = false;
  #frame = 0;

  // clear() forgets everything; take(type, data) takes one line in; both are the page's own.
  constructor(recording, lines, clear, take) {
    this.#lines = lines;
    this.#length = recording.seconds;
    this.#began = Date.parse(recording.began);
    this.#clear = clear;
    this.#take = take;
    byId('player').hidden = false;
    const range = byId('player-at');
    range.max = String(this.#length);
    range.step = String(Math.max(0.1, this.#length / 2000));
    range.addEventListener('input', () => this.seek(Number(range.value)));
    byId('player-play').addEventListener('click', () => this.toggle());
    const speed = byId('player-speed');
    // The usual speed shows the whole run in about a minute.
    const usual = SPEEDS.findLast((candidate) => this.#length / candidate >= 45) ?? SPEEDS[0];
    speed.replaceChildren(...SPEEDS.map((candidate) => new Option(`${candidate} ×`, String(candidate), false, candidate === usual)));
  }

  // The moment that is shown, as a clock would have shown it.
  now() {
    return this.#began + this.#at * 1000;
  }

  seekInstant(millis) {
    this.seek((millis - this.#began) / 1000);
  }

  seek(seconds) {
    const to = Math.min(this.#length, Math.max(0, seconds));
    if (to < this.#at || this.#taken === 0) {
      this.#clear();
      this.#taken = 0;
    }
    this.#at = to;
    while (this.#taken < this.#lines.length && this.#lines[this.#taken].seconds <= to) {
      const line = this.#lines[this.#taken++];
      this.#take(line.type, line.data);
    }
    byId('player-at').value = String(to);
    byId('player-at').setAttribute('aria-valuetext', duration(to));
    setText('player-words', `${duration(to)} of ${duration(this.#length)}`);
    if (to >= this.#length) this.#stop();
  }

  toggle() {
    if (this.#playing) {
      this.#stop();
      return;
    }
    if (this.#at >= this.#length) this.seek(0);
    this.#playing = true;
    byId('player-play').textContent = 'Pause';
    let before = performance.now();
    const step = (time) => {
      if (!this.#playing) return;
      this.seek(this.#at + ((time - before) / 1000) * Number(byId('player-speed').value));
      before = time;
      if (this.#playing) this.#frame = requestAnimationFrame(step);
    };
    this.#frame = requestAnimationFrame(step);
  }

  #stop() {
    this.#playing = false;
    cancelAnimationFrame(this.#frame);
    byId('player-play').textContent = 'Play';
  }
}
