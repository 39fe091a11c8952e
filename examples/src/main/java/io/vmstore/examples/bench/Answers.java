package io.vmstore.examples.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Mapping;
import java.io.PrintStream;
import java.util.Collection;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** Prints one line of JSON an answer. Thread-safe. */
final class Answers {
  private final PrintStream out;

  Answers(PrintStream out) {
    this.out = out;
  }

  void print(String id, long nanos, @Nullable Object result, @Nullable Throwable failure) {
    ObjectNode answer = JsonNodeFactory.instance.objectNode().put("id", id).put("ns", nanos);
    if (failure != null) {
      answer.put("error", text(failure));
    } else if (result instanceof Mapping mapping) {
      answer.put("device", mapping.device().value()).put("size", mapping.size().bytes());
    } else if (result instanceof Collection<?> listed) {
      answer.put("count", listed.size());
    }
    print(answer.toString());
  }

  private synchronized void print(String line) {
    out.println(line);
    out.flush();
  }

  private static String text(Throwable failure) {
    Throwable known = failure instanceof CompletionException ? failure.getCause() : failure;
    return String.valueOf(known instanceof VmStoreException told ? told.getMessage() : known);
  }
}
