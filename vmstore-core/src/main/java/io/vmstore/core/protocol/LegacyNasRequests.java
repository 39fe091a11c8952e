package io.vmstore.core.protocol;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmstore.CallOptions;
import io.vmstore.MapZvol;
import io.vmstore.NasService;
import io.vmstore.ZvolQuery;
import io.vmstore.ZvolStatus;
import io.vmstore.core.flow.Failures;
import io.vmstore.core.json.JsonFields;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import io.vmstore.model.MappingState;
import io.vmstore.model.NodeName;
import io.vmstore.model.PoolName;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Scheduler;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What a NAS does for frontends of the predecessor: each method answers one action, in the words of
 * then. Thread safety: thread-safe.
 */
final class LegacyNasRequests {
  private final NasService nas;
  private final Scheduler scheduler;

  LegacyNasRequests(NasService nas, Scheduler scheduler) {
    this.nas = nas;
    this.scheduler = scheduler;
  }

  CompletableFuture<ObjectNode> map(JsonFields json, CallOptions options) {
    if (json.flag("sync")) {
      return refused(LegacyTexts.NO_SYNC);
    }
    MapZvol request =
        new MapZvol(
            Values.zvol(json), new NodeName(json.text("remotehost")), LegacyTexts.size(json));
    return answered(
        nas.mapZvol(request, options)
            .thenApply(
                mapping -> Replies.success(Action.MAP_ZVOL).put("bdev", mapping.device().value())),
        failure -> mapFailure(failure, request.zvol().name()));
  }

  private static String mapFailure(VmStoreException failure, String zvol) {
    String state = failure.details().get("state");
    if (MappingState.MAPPED.name().equals(state)) {
      return LegacyTexts.ALREADY_MAPPED;
    }
    if (state != null) {
      return LegacyTexts.busy(zvol);
    }
    return failure.code() == ErrorCode.NOT_FOUND // the pool, as a volume is created
        ? String.valueOf(failure.getMessage())
        : LegacyTexts.of(failure, zvol, LegacyTexts.attaching());
  }

  /** A volume is known by its bare name then, whichever pool it is in. */
  CompletableFuture<ObjectNode> unmap(JsonFields json, CallOptions options) {
    String name = json.text("zvol");
    Supplier<CallOptions> left = until(options);
    return nas.listZvols(ZvolQuery.all(), options)
        .thenCompose(
            all -> {
              List<ZvolStatus> found =
                  all.stream().filter(zvol -> zvol.zvol().name().equals(name)).toList();
              return found.size() > 1
                  ? refused(ambiguous(name, found))
                  : unmap(name, found, left.get());
            });
  }

  private CompletableFuture<ObjectNode> unmap(
      String name, List<ZvolStatus> found, CallOptions options) {
    if (found.isEmpty()) {
      return refused(LegacyTexts.notFound(name));
    }
    ZvolStatus only = found.get(0);
    if (only.remoteHost().isEmpty()) {
      return refused(LegacyTexts.notMapped(name));
    }
    return answered(
        nas.unmapZvol(only.zvol(), options)
            .thenApply(nothing -> Replies.success(Action.UNMAP_ZVOL)),
        failure -> LegacyTexts.of(failure, name, LegacyTexts.detaching()));
  }

  private static String ambiguous(String name, List<ZvolStatus> found) {
    List<String> names = found.stream().map(zvol -> zvol.zvol().toString()).toList();
    return "ZVol " + name + " is ambiguous: there are " + names + "; unmap it with 'vmstore unmap'";
  }

  CompletableFuture<ObjectNode> delete(JsonFields json, CallOptions options) {
    ZvolName zvol = Values.zvol(json);
    Supplier<CallOptions> left = until(options);
    return nas.listZvols(ZvolQuery.named(zvol), options)
        .thenCompose(found -> delete(zvol, found, left.get()));
  }

  private CompletableFuture<ObjectNode> delete(
      ZvolName zvol, List<ZvolStatus> found, CallOptions options) {
    if (found.isEmpty()) {
      return refused(LegacyTexts.notFound(zvol.name()));
    }
    if (found.get(0).remoteHost().isPresent()) {
      return refused(
          found.get(0).state() == MappingState.MAPPED
              ? LegacyTexts.isMapped(zvol.name())
              : LegacyTexts.busy(zvol.name()));
    }
    return answered(
        nas.deleteZvol(zvol, options).thenApply(nothing -> Replies.success(Action.DELETE_ZVOL)),
        failure -> LegacyTexts.of(failure, zvol.name(), ""));
  }

  CompletableFuture<ObjectNode> list(JsonFields json, CallOptions options) {
    return nas.listZvols(ZvolQuery.all(), options)
        .thenApply(
            zvols -> {
              ObjectNode reply = Replies.success(Action.LIST_ZVOLS);
              ArrayNode body = reply.putArray("body");
              zvols.forEach(zvol -> put(body.addObject(), zvol));
              return reply;
            });
  }

  /** What vmstore has no word for is null, as with a volume that is not synchronized. */
  private static void put(ObjectNode row, ZvolStatus zvol) {
    PoolName pool = zvol.zvol().pool();
    boolean settled = zvol.state() == MappingState.UNMAPPED || zvol.state() == MappingState.MAPPED;
    row.put("zvol", zvol.zvol().name())
        .put("zpool", pool.value())
        .put("iscsi_target", Replies.target(zvol).map(target -> target.iqn().value()).orElse(null))
        .put("remotehost", zvol.remoteHost().map(NodeName::value).orElse(null))
        .put("locked", settled ? null : zvol.zvol().name());
    for (String column :
        List.of("remotepool", "is_sending", "is_delete_remote", "time", "nextsync", "frequency")) {
      row.putNull(column);
    }
  }

  /** {@return the options of a step after others, which have used up some of the time} */
  private Supplier<CallOptions> until(CallOptions options) {
    Deadline deadline = Deadline.after(options.timeout(), scheduler::nanoTime);
    return () -> CallOptions.by(deadline).as(options.operation());
  }

  private static CompletableFuture<ObjectNode> refused(String text) {
    return CompletableFuture.completedFuture(Dialect.error(text));
  }

  private static CompletableFuture<ObjectNode> answered(
      CompletableFuture<ObjectNode> answer, Function<VmStoreException, String> text) {
    return answer.exceptionally(failure -> Dialect.error(text.apply(Failures.of(failure))));
  }
}
