package io.vmstore.core.nas;

import io.vmstore.ComputeService;
import io.vmstore.core.nas.VolumeRecord.Result;
import io.vmstore.model.ChapMode;
import io.vmstore.model.ChapSecrets;
import io.vmstore.model.NodeName;
import io.vmstore.model.Target;
import io.vmstore.spi.Scheduler;
import io.vmstore.spi.TargetExporter;
import io.vmstore.spi.ZvolManager;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Everything outside the NAS role that it acts upon.
 *
 * @param zvols keeps the volumes
 * @param exporter exports them
 * @param computes finds the service of a compute node by its name
 * @param stores keep the records
 * @param scheduler gives time and threads
 * @param withoutChap compute nodes that cannot prove a secret, so that mappings to them have none
 */
public record NasPorts(
    ZvolManager zvols,
    TargetExporter exporter,
    Function<NodeName, ComputeService> computes,
    RecordStores stores,
    Scheduler scheduler,
    Set<NodeName> withoutChap) {
  /** As many as any implementation must take (RFC 7143, 9.2.1): 128 bits, as 32 characters. */
  private static final int SECRET_BYTES = 16;

  /** Gathers the ports of a NAS whose compute nodes can all prove a secret. */
  public NasPorts(
      ZvolManager zvols,
      TargetExporter exporter,
      Function<NodeName, ComputeService> computes,
      RecordStores stores,
      Scheduler scheduler) {
    this(zvols, exporter, computes, stores, scheduler, Set.of());
  }

  /** {@return secrets for a new mapping; null when the exporter or the node wants none} */
  @Nullable ChapSecrets newSecrets(NodeName host) {
    ChapMode mode = withoutChap.contains(host) ? ChapMode.NONE : exporter.chap();
    if (mode == ChapMode.MUTUAL) {
      return new ChapSecrets(newSecret(), newSecret());
    }
    return mode == ChapMode.ONE_WAY ? new ChapSecrets(newSecret(), null) : null;
  }

  private String newSecret() {
    return HexFormat.of().formatHex(scheduler.secretBytes(SECRET_BYTES));
  }

  /** {@return where a mapping on record is exported, or would have been when it got no result} */
  Target targetOf(VolumeRecord mapping) {
    Result result = mapping.result();
    return result == null
        ? exporter.targetOf(mapping.zvol(), mapping.id(), mapping.generation())
        : result.target();
  }

  /** {@return the same, but compute nodes' answers are waited for only until the given moment} */
  NasPorts waitingUntil(CompletableFuture<Void> overtaken) {
    return new NasPorts(
        zvols,
        exporter,
        host -> new YieldingCompute(host, computes.apply(host), overtaken, scheduler),
        stores,
        scheduler,
        withoutChap);
  }
}
