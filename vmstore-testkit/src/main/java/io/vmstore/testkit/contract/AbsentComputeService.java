package io.vmstore.testkit.contract;

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

/** A compute node that is not there, where no transport would say so. */
final class AbsentComputeService implements ComputeService {
  private final NodeName host;

  AbsentComputeService(NodeName host) {
    this.host = host;
  }

  @Override
  public CompletableFuture<Iqn> initiator(CallOptions options) {
    return absent();
  }

  @Override
  public CompletableFuture<AttachedDevice> attach(AttachTarget request, CallOptions options) {
    return absent();
  }

  @Override
  public CompletableFuture<Void> detach(DetachTarget request, CallOptions options) {
    return absent();
  }

  @Override
  public CompletableFuture<AttachedDevice> resize(ResizeTarget request, CallOptions options) {
    return absent();
  }

  @Override
  public CompletableFuture<List<AttachedDevice>> listDevices(CallOptions options) {
    return absent();
  }

  @Override
  public CompletableFuture<List<Finding>> reconcile(Repair repair, CallOptions options) {
    return absent();
  }

  private <T> CompletableFuture<T> absent() {
    return CompletableFuture.failedFuture(
        VmStoreException.builder(ErrorCode.UNAVAILABLE, "cannot ask node '" + host + "'")
            .reason("it does not run")
            .correction("start it")
            .build());
  }
}
