package io.vmstore.core.protocol;

import io.vmstore.AttachTarget;
import io.vmstore.AttachedDevice;
import io.vmstore.CallOptions;
import io.vmstore.ComputeService;
import io.vmstore.DetachTarget;
import io.vmstore.Finding;
import io.vmstore.Repair;
import io.vmstore.ResizeTarget;
import io.vmstore.model.Iqn;
import io.vmstore.model.NodeName;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.spi.Transport;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A compute node seen from elsewhere. Thread safety: thread-safe. */
public final class RemoteComputeService implements ComputeService {
  private final RemoteNode node;

  /** Makes the stub of a compute node that is reached over the transport. */
  public RemoteComputeService(Transport transport, NodeName compute, Authorization authorization) {
    this.node = new RemoteNode(transport, compute, Role.COMPUTE, authorization);
  }

  @Override
  public CompletableFuture<Iqn> initiator(CallOptions options) {
    return node.call(Action.INITIATOR, options, json -> {}, Replies::initiator);
  }

  @Override
  public CompletableFuture<AttachedDevice> attach(AttachTarget request, CallOptions options) {
    return node.call(
        Action.ATTACH,
        options,
        json -> Requests.put(json, request),
        reply -> device(request.volume(), request.target(), Replies.device(reply)));
  }

  private static AttachedDevice device(VolumeId volume, Target target, AttachedDevice answered) {
    RemoteNode.requireSame("volume_id", volume, answered.volume());
    RemoteNode.requireSame("target", target.iqn(), answered.target().iqn());
    return answered;
  }

  @Override
  public CompletableFuture<@Nullable Void> detach(DetachTarget request, CallOptions options) {
    return node.call(Action.DETACH, options, json -> Requests.put(json, request), reply -> null);
  }

  @Override
  public CompletableFuture<AttachedDevice> resize(ResizeTarget request, CallOptions options) {
    return node.call(
        Action.RESIZE,
        options,
        json -> Requests.put(json, request),
        reply -> device(request.volume(), request.target(), Replies.device(reply)));
  }

  @Override
  public CompletableFuture<List<AttachedDevice>> listDevices(CallOptions options) {
    return node.call(Action.LIST_DEVICES, options, json -> {}, Replies::devices);
  }

  @Override
  public CompletableFuture<List<Finding>> reconcile(Repair repair, CallOptions options) {
    return node.reconcile(repair, options);
  }
}
