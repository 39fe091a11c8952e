package io.vmstore.testkit.memory;

import io.vmstore.model.Deadline;
import io.vmstore.spi.Transport;

/** A request on its way. Thread safety: immutable, but for the bytes, which nobody changes. */
public final class MemoryRequest implements Transport.Request {
  private final String id;
  private final String sender;
  private final byte[] body;
  private final Deadline deadline;

  /** Makes a request; the bytes are not copied. */
  public MemoryRequest(String id, String sender, byte[] body, Deadline deadline) {
    this.id = id;
    this.sender = sender;
    this.body = body;
    this.deadline = deadline;
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public String sender() {
    return sender;
  }

  @Override
  public byte[] body() {
    return body;
  }

  @Override
  public Deadline deadline() {
    return deadline;
  }
}
