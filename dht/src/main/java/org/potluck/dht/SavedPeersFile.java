package org.potluck.dht;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.potluck.network.Multiaddr;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Saved peers as a text file, one address a line; replaced as a whole. */
public final class SavedPeersFile implements SavedPeers {
  private static final Logger LOG = LoggerFactory.getLogger(SavedPeersFile.class);
  private static final int LINES_MAX = 1024;

  private final Path file;
  private final ReentrantLock writing = new ReentrantLock();
  private volatile List<Multiaddr> saved;
  private volatile boolean unwritten;

  private SavedPeersFile(Path file, List<Multiaddr> saved) {
    this.file = file;
    this.saved = saved;
  }

  /**
   * Reads {@code file}, if it is there. Lines that are no addresses are left out, whatever a crash
   * has made of them: addresses are a help, and nobody should have to mend them by hand.
   */
  public static SavedPeersFile at(Path file) throws IOException {
    List<Multiaddr> addresses = new ArrayList<>();
    if (Files.exists(file)) {
      try (Stream<String> lines = Files.lines(file, StandardCharsets.ISO_8859_1)) {
        for (String line : lines.limit(LINES_MAX).toList()) {
          try {
            addresses.add(Multiaddr.parse(line.strip()));
          } catch (IllegalArgumentException e) {
            LOG.debug("{}: {}", file, e.getMessage());
          }
        }
      }
    }
    return new SavedPeersFile(file, List.copyOf(addresses));
  }

  @Override
  public List<Multiaddr> load() {
    return saved;
  }

  @Override
  public void save(List<Multiaddr> addresses) {
    saved = List.copyOf(addresses);
    unwritten = true;
    Thread.ofVirtual().name("saved-peers").start(this::flush);
  }

  @Override
  public void flush() {
    writing.lock();
    try {
      if (!unwritten) {
        return;
      }
      unwritten = false;
      Files.createDirectories(file.toAbsolutePath().getParent());
      Path fresh = file.resolveSibling(file.getFileName() + ".new");
      Files.write(fresh, saved.stream().map(Multiaddr::toString).toList());
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      LOG.warn("cannot save the addresses of other peers to {}: {}", file, e.toString());
    } finally {
      writing.unlock();
    }
  }
}
