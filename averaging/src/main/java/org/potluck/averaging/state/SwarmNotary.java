package org.potluck.averaging.state;

import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.potluck.averaging.progress.SwarmProgress;
import org.potluck.averaging.trust.Misdeed;
import org.potluck.averaging.trust.Trust;
import org.potluck.network.EventLoop;
import org.potluck.network.PeerId;

/** Holds a downloaded state against what peers say of theirs, and those who lied to account. */
public final class SwarmNotary implements Notary {
  private final EventLoop loop;
  private final SwarmProgress progress;
  private final Trust trust;
  private final Function<Snapshot, CompletableFuture<Boolean>> check;

  /**
   * @param check whether a snapshot has the digest it claims; completes on the loop
   */
  public SwarmNotary(
      EventLoop loop,
      SwarmProgress progress,
      Trust trust,
      Function<Snapshot, CompletableFuture<Boolean>> check) {
    this.loop = loop;
    this.progress = progress;
    this.trust = trust;
    this.check = check;
  }

  @Override
  public Testimony testimony(long epoch, String digest) {
    return Testimony.of(progress.digestsAt(epoch), digest);
  }

  @Override
  public CompletableFuture<Boolean> certify(Snapshot snapshot) {
    return check.apply(snapshot);
  }

  @Override
  public void accuse(PeerId donor, String deed) {
    trust.hold(donor, Misdeed.FALSE_STATE, deed, loop.now());
  }

  @Override
  public void complain(PeerId donor, String deed) {
    trust.hold(donor, Misdeed.STALLED_STATE, deed, loop.now());
  }
}
