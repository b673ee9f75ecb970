package org.potluck.network.simulation;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** What a person would tell of a simulation: the newest notes, and those who listen to all. */
final class Story {
  private static final int NOTES_MAX = 1024;

  private final ArrayDeque<Note> notes = new ArrayDeque<>();
  private final List<Consumer<Note>> listeners = new ArrayList<>();

  void add(Note note) {
    notes.add(note);
    if (notes.size() > NOTES_MAX) {
      notes.remove();
    }
    listeners.forEach(listener -> listener.accept(note));
  }

  void listen(Consumer<Note> listener) {
    listeners.add(listener);
  }

  /** The newest notes, oldest first, one line each. */
  String recent(int linesMax) {
    StringBuilder text = new StringBuilder();
    notes.stream()
        .skip(Math.max(0, notes.size() - linesMax))
        .forEach(note -> text.append(System.lineSeparator()).append("  ").append(note));
    return text.toString();
  }
}
