package io.vmstore.testkit.simulator;

import io.vmstore.model.ByteSize;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Exposure;
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
    /** The foreign host has it, or may log in. */
    EXPOSED,
    /** An answer did not come, or said that the outcome is not known. */
    UNKNOWN
  }

  private static final int LENGTH = 24;

  final ZvolName name;
  final int number;
  private final World world;

  /**
   * Where a guest has a volume.
   *
   * @param host whose disk it is
   * @param path its path there
   * @param generation of the mapping or exposure
   */
  record Disk(NodeName host, DevicePath path, long generation) {}

  Belief belief = Belief.ABSENT;

  /** Whether a call of it waits for its answer. */
  boolean asked;

  @Nullable Mapping mapping;
  @Nullable Exposure exposure;

  /** The exposure that the foreign host has logged in to, and its disk there. */
  @Nullable Exposure loggedIn;

  @Nullable Disk login;

  /** How large it is at least, as was acknowledged. */
  long size;

  /** How large its guest's disk is at least. */
  long seen;

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
    Disk current = disk();
    if (current == null) {
      return;
    }
    try {
      checkSize(world.fabric.size(current.host(), current.path()));
      check(world.fabric.read(current.host(), current.path(), 0, LENGTH));
      byte[] next = token(current.generation());
      inFlight = next;
      world.fabric.write(current.host(), current.path(), 0, next);
      acknowledged = next;
      inFlight = null;
    } catch (UncheckedIOException e) {
      // the device is not there now; the guest waits, as guests do
    }
  }

  /** {@return where the guest has it; null when nobody believes that it has it} */
  @Nullable Disk disk() {
    if (belief == Belief.EXPOSED) {
      return login;
    }
    Mapping current = mapping;
    return belief == Belief.MAPPED && current != null
        ? new Disk(current.host(), current.stablePath(), current.generation())
        : null;
  }

  /** {@return whether a host may write to it: whatever its owner does not know, any host may} */
  boolean mayBeAt(NodeName host) {
    if (asked || belief == Belief.UNKNOWN) {
      return true;
    }
    Disk current = disk();
    return current != null && current.host().equals(host);
  }

  /** Nothing is known of its size any more, because a delete was sent. */
  void mayBeNew() {
    mayBeNew = true;
    size = 0;
    seen = 0;
  }

  private void checkSize(ByteSize found) {
    if (found.bytes() < seen) {
      world.violation("'{}' has {} bytes at its guest, after {}", name, found.bytes(), seen);
    }
  }

  /** What a guest that does not know that its volume was taken goes on doing. */
  void workLate(Disk old) {
    try {
      world.fabric.write(old.host(), old.path(), 0, token(old.generation()));
      world.violation(
          "a late write of '{}', from mapping {}, reached '{}'",
          old.host(),
          old.generation(),
          name);
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
