package io.vmstore.core.protocol;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmstore.AttachTarget;
import io.vmstore.AttachedDevice;
import io.vmstore.CallOptions;
import io.vmstore.ComputeService;
import io.vmstore.DetachTarget;
import io.vmstore.Finding;
import io.vmstore.Repair;
import io.vmstore.ResizeTarget;
import io.vmstore.core.json.JsonFields;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Iqn;
import io.vmstore.model.NodeName;
import io.vmstore.model.Portal;
import io.vmstore.model.Target;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Transport;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A compute node of the predecessor, seen from a NAS. It proves no disk's identity, knows no
 * generations and no CHAP, and gives no path that lasts: docs/legacy.md says what is lost.
 *
 * <p>Thread safety: thread-safe.
 */
public final class LegacyComputeService implements ComputeService {
  private final NodeName nas;
  private final LegacyPeer peer;
  private final LegacyNode node;

  /**
   * Makes the stub of a compute node that is reached over the transport.
   *
   * @param nas the node of the transport that asks, to whose name the compute node answers
   */
  public LegacyComputeService(
      Transport transport, NodeName nas, LegacyPeer peer, Authorization authorization) {
    this.nas = nas;
    this.peer = peer;
    this.node = new LegacyNode(transport, peer.name(), Role.COMPUTE, authorization);
  }

  @Override
  public CompletableFuture<Iqn> initiator(CallOptions options) {
    Iqn known = peer.initiator();
    if (known != null) {
      return CompletableFuture.completedFuture(known);
    }
    // A request of frontends: its answer goes to a queue.
    return node.ask(
        null,
        LegacyNode.request(Action.INITIATOR),
        options.timeout(),
        false,
        reply -> new Iqn(reply.text("body")));
  }

  @Override
  public CompletableFuture<AttachedDevice> attach(AttachTarget request, CallOptions options) {
    ZvolName zvol = request.zvol();
    ByteSize size = request.size();
    if (request.chap() != null || zvol == null || size == null) {
      return CompletableFuture.failedFuture(cannotAttach(request));
    }
    return change(
        Action.MAP_ZVOL,
        request.target(),
        options,
        json ->
            json.put("nas", address(request.target().portals().get(0)))
                .put("size", LegacyTexts.gigabytes(size))
                .put("zvol", zvol.name())
                .put("sync", false)
                .put("remotehost", peer.name().value())
                .putNull("remotepool"),
        reply -> {
          DevicePath device = new DevicePath(reply.text("bdev"));
          return new AttachedDevice(request.target(), request.volume(), device, device, size);
        });
  }

  /** Asks for something to be done with a target; the answer has to be about it. */
  private <T> CompletableFuture<T> change(
      Action action,
      Target target,
      CallOptions options,
      Consumer<ObjectNode> request,
      Function<JsonFields, T> reply) {
    ObjectNode json = LegacyNode.request(action).put("target", target.iqn().value());
    request.accept(json);
    return node.ask(
        nas,
        json,
        options.timeout(),
        true,
        answer -> {
          RemoteNode.requireSame("action", action.reply(), answer.text("action"));
          RemoteNode.requireSame("target", target.iqn(), new Iqn(answer.text("target")));
          return reply.apply(answer);
        });
  }

  /** It hands the text to iscsiadm, whose own port need not be said. */
  private static String address(Portal portal) {
    String text = portal.toString();
    String usual = ":" + Portal.DEFAULT_PORT;
    return text.endsWith(usual) ? text.substring(0, text.length() - usual.length()) : text;
  }

  private VmStoreException cannotAttach(AttachTarget request) {
    boolean chap = request.chap() != null;
    return VmStoreException.builder(
            ErrorCode.FAILED_PRECONDITION,
            "cannot have '" + peer.name() + "' attach '" + request.target().iqn() + "'")
        .reason(
            chap
                ? "the mapping has CHAP secrets, which a node of the predecessor cannot use"
                : "the volume's name and size are not known")
        .correction("unmap it, and map it anew with the node among the legacy peers")
        .build();
  }

  @Override
  public CompletableFuture<@Nullable Void> detach(DetachTarget request, CallOptions options) {
    ZvolName named = request.zvol();
    // Names no volume only where the node does not look: a target that is not there is success.
    String zvol = named == null ? request.volume().toString() : named.name();
    return change(
        Action.UNMAP_ZVOL,
        request.target(),
        options,
        json -> json.put("zvol", zvol),
        reply -> null);
  }

  @Override
  public CompletableFuture<AttachedDevice> resize(ResizeTarget request, CallOptions options) {
    return node.unimplemented("see that a volume has grown");
  }

  @Override
  public CompletableFuture<List<AttachedDevice>> listDevices(CallOptions options) {
    return node.unimplemented("list its devices with their volumes");
  }

  @Override
  public CompletableFuture<List<Finding>> reconcile(Repair repair, CallOptions options) {
    return node.unimplemented("reconcile");
  }
}
