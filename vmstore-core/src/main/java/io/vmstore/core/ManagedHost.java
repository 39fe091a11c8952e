package io.vmstore.core;

import io.vmstore.ManagedVolumes;
import io.vmstore.core.managed.LocalManagedVolumes;
import io.vmstore.spi.Scheduler;
import io.vmstore.spi.StateStore;
import io.vmstore.spi.VolumeConnector;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A host at work that attaches volumes of any target. It needs no transport: whoever asks is in the
 * same process. It uses the ports it is given and leaves them to their maker, who closes them after
 * it.
 *
 * <p>Obtained from {@link #builder}. Thread safety: immutable; builders are not thread-safe.
 */
public final class ManagedHost {
  private final ManagedVolumes volumes;
  private final CompletableFuture<Void> recovered;

  private ManagedHost(ManagedVolumes volumes, CompletableFuture<Void> recovered) {
    this.volumes = volumes;
    this.recovered = recovered;
  }

  /** Begins a host. */
  public static Builder builder() {
    return new Builder();
  }

  /** {@return the role} */
  public ManagedVolumes volumes() {
    return volumes;
  }

  /**
   * {@return completes once everything is undone that was being attached when the process ended}
   * The host answers meanwhile.
   */
  public CompletableFuture<Void> recovered() {
    return recovered.copy();
  }

  /** Collects what a host acts upon. Everything is required. */
  public static final class Builder {
    private @Nullable VolumeConnector connector;
    private @Nullable StateStore store;
    private @Nullable Scheduler scheduler;

    private Builder() {}

    /** Attaches the volumes. */
    public Builder connector(VolumeConnector volumeConnector) {
      this.connector = volumeConnector;
      return this;
    }

    /** Keeps the rows, and nothing else; they have secrets. */
    public Builder store(StateStore stateStore) {
      this.store = stateStore;
      return this;
    }

    /** Gives time and threads. */
    public Builder scheduler(Scheduler hostScheduler) {
      this.scheduler = hostScheduler;
      return this;
    }

    /**
     * Reads the rows, and in the background undoes what was being attached.
     *
     * @throws io.vmstore.error.VmStoreException INTERNAL: a row cannot be read
     * @throws NullPointerException when something was not given
     */
    public ManagedHost start() {
      LocalManagedVolumes volumes =
          new LocalManagedVolumes(
              Objects.requireNonNull(connector, "connector"),
              Objects.requireNonNull(store, "store"),
              Objects.requireNonNull(scheduler, "scheduler"));
      return new ManagedHost(volumes, volumes.recover());
    }
  }
}
