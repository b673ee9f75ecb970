// The live feed: the whole state first, then events; when the server goes away, tries again until it is back.

export class Feed {
  #take;
  #tell;
  #source = null;
  #retry = null;
  #tries = 0;

  constructor(take, tell) {
    this.#take = take;
    this.#tell = tell;
  }

  async start() {
    clearTimeout(this.#retry);
    this.#source?.close();
    try {
      const response = await fetch('/api/v1/state', { cache: 'no-store' });
      if (!response.ok) throw new Error(`the server answered ${response.status}`);
      const state = await response.json();
      this.#take('state', state);
      this.#listen(state.last_event_id);
    } catch {
      this.#again();
    }
  }

  #listen(lastId) {
    const source = new EventSource(`/api/v1/events?last_event_id=${encodeURIComponent(lastId)}`);
    this.#source = source;
    source.onopen = () => {
      this.#tries = 0;
      this.#tell('live');
    };
    source.onerror = () => {
      source.close();
      this.#again();
    };
    source.addEventListener('reset', () => this.start());
    source.addEventListener('busy', () => {
      source.close();
      this.#again('The dashboard has too many open pages; close some.');
    });
    for (const type of ['run', 'peers', 'epoch', 'round', 'next', 'sample', 'notice']) {
      source.addEventListener(type, (event) => this.#take(type, JSON.parse(event.data)));
    }
  }

  // A fresh state after every break is simpler than resuming, and also right after the server restarted.
  #again(reason) {
    this.#source?.close();
    const seconds = Math.min(10, 1 + this.#tries++);
    this.#tell('lost', reason ?? 'The program that serves this page is not answering. What you see is how it was last.', seconds);
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.start(), seconds * 1000);
  }
}
