package org.potluck.monitor.history;

/**
 * One thing to remember: a JSON document of a kind at a position. Writing the same run, kind and
 * position again replaces it.
 */
public record Entry(String run, Kind kind, long position, long epoch, String json) {}
