package io.vmstore.core.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmstore.CallOptions;
import io.vmstore.CreateZvol;
import io.vmstore.ExposeZvol;
import io.vmstore.Finding;
import io.vmstore.MapZvol;
import io.vmstore.NasService;
import io.vmstore.Repair;
import io.vmstore.ZvolQuery;
import io.vmstore.ZvolStatus;
import io.vmstore.core.flow.Failures;
import io.vmstore.core.json.JsonFields;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Deadline;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Exposure;
import io.vmstore.model.Iqn;
import io.vmstore.model.Mapping;
import io.vmstore.model.MappingState;
import io.vmstore.model.NodeName;
import io.vmstore.model.Portal;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Transport;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A NAS of the predecessor, seen from a frontend. It knows a volume by its bare name, so each call
 * first looks whether the volume it has under that name is the one that is meant. It tells neither
 * a volume's size nor its id: a mapping has the size that was asked for, in whole gigabytes, and an
 * id made of the names; docs/legacy.md says what else is lost.
 *
 * <p>Thread safety: thread-safe.
 */
public final class LegacyNasService implements NasService {
  /** A volume that the NAS has on record. */
  private record Row(ZvolName zvol, @Nullable NodeName host, @Nullable Iqn target) {
    private static Row of(JsonFields json) {
      return new Row(
          Values.zvol(json),
          json.optionalText("remotehost").map(NodeName::new).orElse(null),
          json.optionalText("iscsi_target").map(Iqn::new).orElse(null));
    }

    private ZvolStatus status() {
      return new ZvolStatus(
          zvol, null, host == null ? MappingState.UNMAPPED : MappingState.MAPPED, host, null);
    }
  }

  private final LegacyNode node;
  private final List<Portal> portals;
  private final Function<NodeName, LegacyNode> computes;

  /**
   * Makes the stub of a NAS that is reached over the transport.
   *
   * @param portals where its targets listen, which it does not tell; at least one
   */
  public LegacyNasService(
      Transport transport, NodeName nas, List<Portal> portals, Authorization authorization) {
    this.node = new LegacyNode(transport, nas, Role.NAS, authorization);
    this.portals = List.copyOf(portals);
    this.computes = name -> new LegacyNode(transport, name, Role.COMPUTE, authorization);
  }

  @Override
  public CompletableFuture<ZvolStatus> createZvol(CreateZvol request, CallOptions options) {
    return node.unimplemented("create a volume without mapping it");
  }

  @Override
  public CompletableFuture<Mapping> mapZvol(MapZvol request, CallOptions options) {
    Deadline deadline = Deadline.after(options.timeout());
    ObjectNode json =
        zvol(Action.MAP_ZVOL, request.zvol())
            .put("remotehost", request.remoteHost().value())
            .put("size", LegacyTexts.gigabytes(request.size()))
            .putNull("remotepool")
            .put("sync", false);
    return named(request.zvol(), deadline)
        .thenCompose(
            row -> {
              row.map(Row::host).ifPresent(host -> refuseMapped(request, host));
              return initiator(request.remoteHost(), deadline);
            })
        .thenCompose(
            initiator -> {
              initiator.ifPresent(name -> json.put("initiator", name));
              return change(json, deadline, reply -> new DevicePath(reply.text("bdev")));
            })
        .thenCompose(
            device ->
                named(request.zvol(), deadline)
                    .thenApply(row -> mapping(request, device, row))
                    .exceptionallyCompose(LegacyNasService::mappedAllTheSame));
  }

  /** Later NASes want to be told it; the compute nodes of earlier ones do not know the question. */
  private CompletableFuture<Optional<String>> initiator(NodeName compute, Deadline deadline) {
    return computes
        .apply(compute)
        .ask(
            null,
            LegacyNode.request(Action.INITIATOR),
            CallOptions.by(deadline).timeout(),
            false,
            reply -> Optional.of(new Iqn(reply.text("body")).value()))
        .exceptionallyCompose(
            failure ->
                Failures.of(failure).code() == ErrorCode.UNIMPLEMENTED
                    ? CompletableFuture.completedFuture(Optional.empty())
                    : CompletableFuture.failedFuture(failure));
  }

  private void refuseMapped(MapZvol request, NodeName host) {
    throw VmStoreException.builder(
            ErrorCode.FAILED_PRECONDITION,
            "cannot map zvol '" + request.zvol() + "' to '" + request.remoteHost() + "'")
        .reason(
            "it is MAPPED with '"
                + host
                + "', and '"
                + node.name()
                + "', a node of the predecessor, does not tell the device again")
        .correction("unmap it first")
        .detail("state", MappingState.MAPPED.name())
        .build();
  }

  private Mapping mapping(MapZvol request, DevicePath device, Optional<Row> row) {
    Iqn target =
        row.map(Row::target)
            .orElseThrow(
                () ->
                    VmStoreException.builder(
                            ErrorCode.INTERNAL, "zvol '" + request.zvol() + "' has no target")
                        .reason("'" + node.name() + "' has mapped it and lists none")
                        .correction("see the log of that node")
                        .build());
    String names = node.name() + "/" + request.zvol();
    return new Mapping(
        request.zvol(),
        new VolumeId(UUID.nameUUIDFromBytes(names.getBytes(UTF_8))),
        request.remoteHost(),
        LegacyTexts.wholeGigabytes(request.size()),
        new Target(target, portals),
        device,
        device,
        0);
  }

  private static CompletableFuture<Mapping> mappedAllTheSame(Throwable failure) {
    return CompletableFuture.failedFuture(Failures.withOutcome(Failures.of(failure), true));
  }

  @Override
  public CompletableFuture<@Nullable Void> unmapZvol(ZvolName zvol, CallOptions options) {
    Deadline deadline = Deadline.after(options.timeout());
    return named(zvol, deadline)
        .thenCompose(
            row -> {
              if (row.isEmpty()) {
                throw notFound(zvol);
              }
              return row.get().host() == null
                  ? CompletableFuture.completedFuture(null)
                  : change(
                      LegacyNode.request(Action.UNMAP_ZVOL).put("zvol", zvol.name()),
                      deadline,
                      reply -> null);
            });
  }

  @Override
  public CompletableFuture<@Nullable Void> forceUnmapZvol(ZvolName zvol, CallOptions options) {
    return node.unimplemented("unmap a volume by force");
  }

  @Override
  public CompletableFuture<ByteSize> growZvol(ZvolName zvol, ByteSize size, CallOptions options) {
    return node.unimplemented("grow a volume");
  }

  @Override
  public CompletableFuture<Exposure> exposeZvol(ExposeZvol request, CallOptions options) {
    return node.unimplemented("expose a volume");
  }

  @Override
  public CompletableFuture<@Nullable Void> deleteZvol(ZvolName zvol, CallOptions options) {
    Deadline deadline = Deadline.after(options.timeout());
    return named(zvol, deadline)
        .thenCompose(
            row ->
                row.isEmpty()
                    ? CompletableFuture.completedFuture(null)
                    : change(zvol(Action.DELETE_ZVOL, zvol), deadline, reply -> null));
  }

  @Override
  public CompletableFuture<List<ZvolStatus>> listZvols(ZvolQuery query, CallOptions options) {
    return rows(Deadline.after(options.timeout()))
        .thenApply(rows -> query.of(rows.stream().map(Row::status).toList()));
  }

  @Override
  public CompletableFuture<List<Finding>> reconcile(Repair repair, CallOptions options) {
    return node.unimplemented("reconcile");
  }

  private static ObjectNode zvol(Action action, ZvolName zvol) {
    ObjectNode json = LegacyNode.request(action);
    Values.put(json, zvol);
    return json;
  }

  /** The volume of that name; one of another pool is what the NAS would take for it. */
  private CompletableFuture<Optional<Row>> named(ZvolName zvol, Deadline deadline) {
    return rows(deadline)
        .thenApply(
            rows -> rows.stream().filter(row -> row.zvol().name().equals(zvol.name())).findFirst())
        .thenApply(
            row -> {
              row.filter(found -> !found.zvol().equals(zvol))
                  .ifPresent(found -> refuseOther(zvol, found.zvol()));
              return row;
            });
  }

  private void refuseOther(ZvolName zvol, ZvolName found) {
    throw VmStoreException.builder(
            ErrorCode.FAILED_PRECONDITION, "cannot ask '" + node.name() + "' for '" + zvol + "'")
        .reason("it is of the predecessor, knows bare names only, and has '" + found + "'")
        .correction("give the volume another name")
        .build();
  }

  private VmStoreException notFound(ZvolName zvol) {
    return VmStoreException.builder(ErrorCode.NOT_FOUND, "cannot unmap zvol '" + zvol + "'")
        .reason("there is no such zvol on '" + node.name() + "'")
        .correction("see the names with a list")
        .build();
  }

  private CompletableFuture<List<Row>> rows(Deadline deadline) {
    return node.ask(
        null,
        LegacyNode.request(Action.LIST_ZVOLS),
        CallOptions.by(deadline).timeout(),
        false,
        reply -> reply.objects("body").stream().map(Row::of).toList());
  }

  private <T> CompletableFuture<T> change(
      ObjectNode json, Deadline deadline, Function<JsonFields, T> reply) {
    return node.ask(null, json, CallOptions.by(deadline).timeout(), true, reply);
  }
}
