package io.vmstore.core;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.NodeName;
import io.vmstore.spi.Transport;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What a node has before it serves: nobody can be reached over it. */
final class NoTransport implements Transport {
  @Override
  public CompletableFuture<Reply> request(NodeName to, byte[] body, Duration timeout) {
    return CompletableFuture.failedFuture(unavailable("cannot ask node '" + to + "'"));
  }

  @Override
  public CompletableFuture<Reply> requestLegacy(
      @Nullable NodeName from, NodeName to, byte[] body, Duration timeout) {
    return request(to, body, timeout);
  }

  @Override
  public void serve(NodeName name, RequestHandler handler) {
    throw unavailable("cannot listen as node '" + name + "'");
  }

  @Override
  public int maximumBodyBytes() {
    return Integer.MAX_VALUE;
  }

  @Override
  public void close() {}

  private static VmStoreException unavailable(String problem) {
    return VmStoreException.builder(ErrorCode.UNAVAILABLE, problem)
        .reason("this node has no connection to a broker yet")
        .correction("see whether the broker is up, then repeat the call")
        .build();
  }
}
