package io.vmstore.core.nas;

import io.vmstore.AttachTarget;
import io.vmstore.AttachedDevice;
import io.vmstore.CallOptions;
import io.vmstore.ComputeService;
import io.vmstore.DetachTarget;
import io.vmstore.Finding;
import io.vmstore.Repair;
import io.vmstore.ResizeTarget;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Iqn;
import io.vmstore.model.NodeName;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * A compute node as asked by an operation that has a volume's turn: when a forced unmap wants the
 * turn, the node's answer is waited for no longer, because a dead node gives none.
 *
 * <p>The operation sees one outcome, the answer or that it was overtaken, and it has the turn until
 * it has dealt with that; so an answer that comes later changes nothing. What the node may have
 * done is not known then: the operation leaves the volume as it is on record, and the forced unmap
 * goes on from there.
 *
 * <p>Thread safety: thread-safe.
 */
final class YieldingCompute implements ComputeService {
  private final NodeName host;
  private final ComputeService compute;
  private final CompletableFuture<Void> overtaken;
  private final Executor executor;

  YieldingCompute(
      NodeName host, ComputeService compute, CompletableFuture<Void> overtaken, Executor executor) {
    this.host = host;
    this.compute = compute;
    this.overtaken = overtaken;
    this.executor = executor;
  }

  @Override
  public CompletableFuture<Iqn> initiator(CallOptions options) {
    return answer(() -> compute.initiator(options));
  }

  @Override
  public CompletableFuture<AttachedDevice> attach(AttachTarget request, CallOptions options) {
    return answer(() -> compute.attach(request, options));
  }

  @Override
  public CompletableFuture<Void> detach(DetachTarget request, CallOptions options) {
    return answer(() -> compute.detach(request, options));
  }

  @Override
  public CompletableFuture<AttachedDevice> resize(ResizeTarget request, CallOptions options) {
    return answer(() -> compute.resize(request, options));
  }

  @Override
  public CompletableFuture<List<AttachedDevice>> listDevices(CallOptions options) {
    return answer(() -> compute.listDevices(options));
  }

  @Override
  public CompletableFuture<List<Finding>> reconcile(Repair repair, CallOptions options) {
    return answer(() -> compute.reconcile(repair, options));
  }

  private <T> CompletableFuture<T> answer(Supplier<CompletableFuture<T>> question) {
    if (overtaken.isDone()) {
      return CompletableFuture.failedFuture(givenUp());
    }
    CompletableFuture<T> answer = question.get().copy();
    // Not on the thread of the one who overtakes: the operation goes on from here.
    overtaken.thenRunAsync(() -> answer.completeExceptionally(givenUp()), executor);
    return answer;
  }

  private VmStoreException givenUp() {
    return VmStoreException.builder(
            ErrorCode.CANCELLED, "gave up waiting for the answer of '" + host + "'")
        .reason("a forced unmap of the volume took over")
        .correction("see with a list what came of the forced unmap before repeating the call")
        .outcomeUnknown(true)
        .build();
  }
}
