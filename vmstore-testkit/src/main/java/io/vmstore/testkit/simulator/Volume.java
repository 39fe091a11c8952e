package io.vmstore.testkit.simulator;

import io.vmstore.model.Mapping;
import io.vmstore.model.NodeName;
import io.vmstore.model.ZvolName;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One volume as its owner believes it to be, and the guest that writes to it.
 *
 * <p>The belief changes only with an answer, so it says what was acknowledged.
 */
final class Volume {
  /** What the owner was told last. */
  enum Belief {
    ABSENT,
    UNMAPPED,
    MAPPED,
    /** An answer did not come, or said that the outcome is not known. */
    UNKNOWN
  }

  private static final int LENGTH = 24;

  final ZvolName name;
  final int number;
  private final World world;

  Belief belief = Belief.ABSENT;
  @Nullable Mapping mapping;

  /** Whether the bytes may have been destroyed, because a delete was sent. */
  boolean mayBeNew = true;

  /** Whether it was ever acknowledged to be there since it was last absent. */
  boolean created;

  private byte[] acknowledged = new byte[LENGTH];
  private byte @Nullable [] inFlight;
  private long writes;

  Volume(World world, ZvolName name, int number) {
    this.world = world;
    this.name = name;
    this.number = number;
  }

  /** The guest reads what it wrote last, and writes something new. */
  void work() {
    Mapping current = mapping;
    if (belief != Belief.MAPPED || current == null) {
      return;
    }
    try {
      check(world.fabric.read(current.host(), current.stablePath(), 0, LENGTH));
      byte[] next = token(current.generation());
      inFlight = next;
      world.fabric.write(current.host(), current.stablePath(), 0, next);
      acknowledged = next;
      inFlight = null;
    } catch (UncheckedIOException e) {
      // the device is not there now; the guest waits, as guests do
    }
  }

  /** What a guest that does not know that its volume was taken goes on doing. */
  void workLate(NodeName host, Mapping old) {
    try {
      world.fabric.write(host, old.stablePath(), 0, token(old.generation()));
      world.violation(
          "a late write of '{}', from mapping {}, reached '{}'", host, old.generation(), name);
    } catch (UncheckedIOException e) {
      // as it should be
    }
  }

  private void check(byte[] found) {
    boolean empty = ByteBuffer.wrap(found).equals(ByteBuffer.allocate(LENGTH));
    if (empty && mayBeNew) {
      acknowledged = found;
      inFlight = null;
    } else if (inFlight != null && Arrays.equals(found, inFlight)) {
      acknowledged = found;
    } else if (!Arrays.equals(found, acknowledged)) {
      world.violation("'{}' shows {}, not what was written last", name, describe(found));
      acknowledged = found;
    }
    mayBeNew = false;
  }

  private byte[] token(long generation) {
    return ByteBuffer.allocate(LENGTH)
        .putInt(number)
        .putInt(7)
        .putLong(generation)
        .putLong(++writes)
        .array();
  }

  private static String describe(byte[] token) {
    ByteBuffer buffer = ByteBuffer.wrap(token);
    int volume = buffer.getInt();
    buffer.getInt();
    return "write " + buffer.getLong(16) + " of volume " + volume;
  }
}
