package io.vmstore.testkit.memory;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.NodeName;
import io.vmstore.spi.Scheduler;
import io.vmstore.spi.Transport;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A network and its broker in memory: transports made from it reach each other by name. Messages
 * are carried by tasks of the given scheduler, so that they take their turn under a {@link
 * ManualScheduler}. The sender of a message is the machine it comes from, so that nodes on machines
 * of their own names take {@code Authorization.ofOneUser("*")}. Thread safety: thread-safe.
 */
public final class MemoryNetwork {
  private final Scheduler scheduler;
  private final Map<NodeName, Listener> listeners = new HashMap<>();
  private final Set<Set<NodeName>> cuts = new HashSet<>();

  /** Makes a network without any node. */
  public MemoryNetwork(Scheduler scheduler) {
    this.scheduler = scheduler;
  }

  /** {@return a transport of the given machine, whose name receivers see as the sender} */
  public Transport transport(NodeName machine) {
    return new MemoryTransport(this, scheduler, machine);
  }

  /** Loses every message between two machines, both ways, until {@link #heal}. */
  public synchronized void cut(NodeName one, NodeName other) {
    cuts.add(Set.of(one, other));
  }

  /** Ends every {@link #cut}. */
  public synchronized void heal() {
    cuts.clear();
  }

  synchronized boolean connected(NodeName one, NodeName other) {
    return one.equals(other) || !cuts.contains(Set.of(one, other));
  }

  synchronized Optional<Listener> listener(NodeName name) {
    return Optional.ofNullable(listeners.get(name));
  }

  synchronized void listen(NodeName name, Listener listener) {
    if (listeners.putIfAbsent(name, listener) != null) {
      throw VmStoreException.builder(ErrorCode.ALREADY_EXISTS, "cannot listen as '" + name + "'")
          .reason("another transport listens under this name")
          .correction("stop the other node, or give this one another name")
          .build();
    }
  }

  synchronized void forget(MemoryTransport transport) {
    listeners.values().removeIf(listener -> listener.transport == transport);
  }

  record Listener(MemoryTransport transport, Transport.RequestHandler handler) {}
}
