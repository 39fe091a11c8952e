package io.vmstore.amqp;

import com.rabbitmq.client.Channel;
import java.io.IOException;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Tells the broker which requests of a channel are done with, so that it delivers others in their
 * place: those that have ended by the time it is told, and all up to the first that has not by one
 * number (AMQP 0-9-1, {@code basic.ack}, {@code multiple}). Thread-safe.
 */
final class Acknowledgements {
  private final Channel channel;

  /** Not told yet. */
  private final SortedSet<Long> done = new TreeSet<>();

  /** Told, though an earlier one has not ended. */
  private final SortedSet<Long> ahead = new TreeSet<>();

  /** The first delivery that has not ended. The broker counts from 1. */
  private long first = 1;

  Acknowledgements(Channel channel) {
    this.channel = channel;
  }

  /** {@return whether {@link #tell} is to be called, as nobody is about to} */
  synchronized boolean add(long tag) {
    done.add(tag);
    return done.size() == 1;
  }

  /** Blocks while the broker does not read. One thread at a time. */
  void tell() throws IOException {
    long upTo;
    List<Long> single;
    synchronized (this) {
      upTo = advance();
      single = List.copyOf(done);
      ahead.addAll(single);
      done.clear();
    }
    if (upTo > 0) {
      channel.basicAck(upTo, true);
    }
    for (long tag : single) {
      channel.basicAck(tag, false);
    }
  }

  /**
   * {@return the last to tell of before the first that has not ended; 0 when there is none} It is
   * one not told of before, as the broker takes no number twice.
   */
  private long advance() {
    long upTo = 0;
    while (done.contains(first) || ahead.contains(first)) {
      if (done.remove(first)) {
        upTo = first;
      } else {
        ahead.remove(first);
      }
      first++;
    }
    return upTo;
  }
}
