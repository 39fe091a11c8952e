package io.vmstore.testkit.fault;

import io.vmstore.model.NodeName;
import io.vmstore.spi.Transport;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * A port under a {@link FaultPlan}. A request that is made to fail fails its future, as the port
 * would; only a crash is thrown.
 */
final class FaultyTransport implements Transport {
  private final Transport port;
  private final FaultPlan faults;

  FaultyTransport(Transport port, FaultPlan faults) {
    this.port = port;
    this.faults = faults;
  }

  @Override
  public CompletableFuture<Reply> request(NodeName to, byte[] body, Duration timeout) {
    try {
      return faults.around(PortCall.TRANSPORT_REQUEST, () -> port.request(to, body, timeout));
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  @Override
  public void serve(NodeName name, RequestHandler handler) {
    faults.around(PortCall.TRANSPORT_SERVE, () -> port.serve(name, handler));
  }

  @Override
  public int maximumBodyBytes() {
    return port.maximumBodyBytes();
  }

  @Override
  public void close() {
    port.close();
  }
}
