package io.vmstore.amqp;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.ConfirmListener;
import com.rabbitmq.client.ReturnListener;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;

/**
 * What the broker has not yet said yes or no to, on one channel. An unroutable message is returned
 * and acknowledged by RabbitMQ, and first refused and then returned by Qpid; both end as
 * UNROUTABLE. Whoever removes a publication from {@code undecided} decides it. Thread-safe.
 */
final class Confirms implements ConfirmListener, ReturnListener {
  /** A return that belongs to a refusal follows it at once; this is long after. */
  private static final Duration RETURN_LIMIT = Duration.ofMillis(250);

  private final Threads threads;
  private final ConcurrentNavigableMap<Long, Publication> unconfirmed =
      new ConcurrentSkipListMap<>();
  private final Map<String, Publication> undecided = new ConcurrentHashMap<>();

  Confirms(Threads threads) {
    this.threads = threads;
  }

  void add(long sequence, Publication publication) {
    undecided.put(publication.id(), publication);
    unconfirmed.put(sequence, publication);
  }

  void fail(Publication publication, Undelivered why) {
    if (undecided.remove(publication.id(), publication)) {
      publication.undelivered(why);
    }
  }

  void failAll(Undelivered why) {
    unconfirmed.clear();
    undecided.values().forEach(publication -> fail(publication, why));
  }

  @Override
  public void handleAck(long sequence, boolean multiple) {
    forEach(sequence, multiple, publication -> undecided.remove(publication.id(), publication));
  }

  @Override
  public void handleNack(long sequence, boolean multiple) {
    forEach(
        sequence,
        multiple,
        publication ->
            threads.schedule(() -> fail(publication, Undelivered.REFUSED), RETURN_LIMIT));
  }

  @Override
  public void handleReturn(
      int replyCode,
      String replyText,
      String exchange,
      String routingKey,
      BasicProperties properties,
      byte[] body) {
    Publication publication = undecided.get(String.valueOf(properties.getMessageId()));
    if (publication != null) {
      fail(publication, Undelivered.UNROUTABLE);
    }
  }

  private void forEach(long sequence, boolean multiple, Consumer<Publication> action) {
    if (multiple) {
      Map<Long, Publication> upTo = unconfirmed.headMap(sequence, true);
      upTo.values().forEach(action);
      upTo.clear();
    } else {
      Publication publication = unconfirmed.remove(sequence);
      if (publication != null) {
        action.accept(publication);
      }
    }
  }
}
