package io.vmstore.zfs.lio;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Has devices opened one after the other: whose open meets another's does not sleep, ZFS has it try
 * again and again (zvol_os.c, zvol_open), and with many exports at once that takes most of the
 * processor. The turn is an order and no right, as who has it may hang with his pool: when none has
 * ended for a while, those who wait open all the same. Thread-safe.
 */
final class OpenTurns {
  @FunctionalInterface
  interface Opening {
    boolean run() throws IOException;
  }

  private final Duration longest;
  private final ReentrantLock turn = new ReentrantLock(true);
  private final AtomicInteger ended = new AtomicInteger();

  /**
   * Makes one.
   *
   * @param longest what one open takes at most, unless it hangs
   */
  OpenTurns(Duration longest) {
    this.longest = longest;
  }

  boolean run(Opening opening, Patience patience) throws IOException {
    boolean inTurn = await(patience);
    try {
      return opening.run();
    } finally {
      if (inTurn) {
        ended.incrementAndGet();
        turn.unlock();
      }
    }
  }

  /** {@return false when who has the turn seems to hang} */
  private boolean await(Patience patience) {
    int before;
    do {
      before = ended.get();
      if (patience.awaits(turn, longest)) {
        return true;
      }
    } while (ended.get() != before);
    return false;
  }
}
