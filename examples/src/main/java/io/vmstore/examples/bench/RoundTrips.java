package io.vmstore.examples.bench;

import java.util.concurrent.CompletableFuture;

/** One way to ask another party over the broker and have its answer. Thread-safe. */
interface RoundTrips extends AutoCloseable {
  /** {@return what the tables call it} */
  String name();

  /** Asks. {@return completes with the answer, whatever it is} */
  CompletableFuture<?> ask();

  @Override
  void close();
}
