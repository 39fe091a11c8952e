package io.vmstore.core.protocol;

import io.vmstore.CallOptions;
import io.vmstore.CreateZvol;
import io.vmstore.ExposeZvol;
import io.vmstore.Finding;
import io.vmstore.MapZvol;
import io.vmstore.NasService;
import io.vmstore.Repair;
import io.vmstore.ZvolQuery;
import io.vmstore.ZvolStatus;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Deadline;
import io.vmstore.model.Exposure;
import io.vmstore.model.Mapping;
import io.vmstore.model.NodeName;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Transport;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A NAS seen from elsewhere. Thread safety: thread-safe. */
public final class RemoteNasService implements NasService {
  /** With the longest names, one of them still fits into a message; usually a tenth of it. */
  private static final int PAGE = 5_000;

  private final RemoteNode node;

  /** Makes the stub of a NAS that is reached over the transport. */
  public RemoteNasService(Transport transport, NodeName nas, Authorization authorization) {
    this.node = new RemoteNode(transport, nas, Role.NAS, authorization);
  }

  @Override
  public CompletableFuture<ZvolStatus> createZvol(CreateZvol request, CallOptions options) {
    return node.call(
        Action.CREATE_ZVOL,
        options,
        json -> Requests.put(json, request),
        reply -> created(request, Replies.zvols(reply, 1)));
  }

  private static ZvolStatus created(CreateZvol asked, List<ZvolStatus> answered) {
    if (answered.isEmpty()) {
      throw VmStoreException.builder(ErrorCode.INVALID_ARGUMENT, "the volume is missing").build();
    }
    RemoteNode.requireSame("zvol", asked.zvol(), answered.get(0).zvol());
    return answered.get(0);
  }

  @Override
  public CompletableFuture<Mapping> mapZvol(MapZvol request, CallOptions options) {
    return node.call(
        Action.MAP_ZVOL,
        options,
        json -> Requests.put(json, request),
        reply -> mapping(request, Values.mapping(reply)));
  }

  private static Mapping mapping(MapZvol asked, Mapping answered) {
    RemoteNode.requireSame("zvol", asked.zvol(), answered.zvol());
    RemoteNode.requireSame("remotehost", asked.remoteHost(), answered.host());
    return answered;
  }

  @Override
  public CompletableFuture<@Nullable Void> unmapZvol(ZvolName zvol, CallOptions options) {
    return node.call(Action.UNMAP_ZVOL, options, json -> Values.put(json, zvol), reply -> null);
  }

  @Override
  public CompletableFuture<@Nullable Void> forceUnmapZvol(ZvolName zvol, CallOptions options) {
    return node.call(
        Action.UNMAP_ZVOL, options, json -> Requests.putForced(json, zvol), reply -> null);
  }

  @Override
  public CompletableFuture<ByteSize> growZvol(ZvolName zvol, ByteSize size, CallOptions options) {
    return node.call(
        Action.GROW_ZVOL,
        options,
        json -> {
          Values.put(json, zvol);
          Values.put(json, size);
        },
        Values::size);
  }

  @Override
  public CompletableFuture<Exposure> exposeZvol(ExposeZvol request, CallOptions options) {
    return node.call(
        Action.EXPOSE_ZVOL,
        options,
        json -> Requests.put(json, request),
        reply -> exposure(request, Values.exposure(reply)));
  }

  private static Exposure exposure(ExposeZvol asked, Exposure answered) {
    RemoteNode.requireSame("zvol", asked.zvol(), answered.zvol());
    RemoteNode.requireSame("remotehost", asked.host(), answered.host());
    RemoteNode.requireSame("initiator", asked.initiator(), answered.initiator());
    return answered;
  }

  @Override
  public CompletableFuture<@Nullable Void> deleteZvol(ZvolName zvol, CallOptions options) {
    return node.call(Action.DELETE_ZVOL, options, json -> Values.put(json, zvol), reply -> null);
  }

  /** Asks for as many at once as fit into a message, so that a list may have any length. */
  @Override
  public CompletableFuture<List<ZvolStatus>> listZvols(ZvolQuery query, CallOptions options) {
    return pages(query, options, Deadline.after(options.timeout()), new ArrayList<>());
  }

  private CompletableFuture<List<ZvolStatus>> pages(
      ZvolQuery query, CallOptions options, Deadline deadline, List<ZvolStatus> listed) {
    int limit = Math.min(query.limit() - listed.size(), PAGE);
    ZvolName after = listed.isEmpty() ? query.after() : listed.get(listed.size() - 1).zvol();
    ZvolQuery page = new ZvolQuery(query.zvol(), after, limit);
    return node.call(
            Action.LIST_ZVOLS,
            options,
            json -> Requests.put(json, page),
            reply -> Replies.zvols(reply, limit))
        .thenCompose(
            zvols -> {
              listed.addAll(zvols);
              return zvols.size() < limit || listed.size() == query.limit()
                  ? CompletableFuture.completedFuture(List.copyOf(listed))
                  : pages(
                      query, CallOptions.by(deadline).as(options.operation()), deadline, listed);
            });
  }

  @Override
  public CompletableFuture<List<Finding>> reconcile(Repair repair, CallOptions options) {
    return node.reconcile(repair, options);
  }
}
