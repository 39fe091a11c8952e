package io.vmstore.examples.cli;

import io.vmstore.AttachTarget;
import io.vmstore.AttachedDevice;
import io.vmstore.CallOptions;
import io.vmstore.ComputeService;
import io.vmstore.CreateZvol;
import io.vmstore.DetachTarget;
import io.vmstore.ExposeZvol;
import io.vmstore.Finding;
import io.vmstore.MapZvol;
import io.vmstore.NasService;
import io.vmstore.Repair;
import io.vmstore.ResizeTarget;
import io.vmstore.ZvolQuery;
import io.vmstore.ZvolStatus;
import io.vmstore.model.ByteSize;
import io.vmstore.model.ChapSecrets;
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
import io.vmstore.model.ZvolVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A NAS with one mapped and one unmapped volume, and the compute node that has the first: values
 * that never change, so that what is printed can be compared as a whole.
 */
final class FixedNodes implements NasService, ComputeService {
  static final VolumeId ID = VolumeId.parse("6f1c2f0e-8d8f-4f57-9f2e-0a4b8a1f0c11");
  static final Target TARGET =
      new Target(
          new Iqn("iqn.2026-11.io.vmstore:tank.vm-17." + ID),
          List.of(Portal.parse("10.0.0.1"), Portal.parse("[fd00::1]")));
  static final DevicePath DEVICE = new DevicePath("/dev/sda");
  static final DevicePath STABLE = new DevicePath("/run/vmstore/devices/" + ID);
  static final Mapping MAPPING =
      new Mapping(
          ZvolName.parse("tank/vm-17"),
          ID,
          new NodeName("compute1"),
          ByteSize.gibibytes(10),
          TARGET,
          DEVICE,
          STABLE,
          3);
  static final Exposure EXPOSURE =
      new Exposure(
          MAPPING.zvol(),
          ID,
          MAPPING.host(),
          new Iqn("iqn.2026-11.com.example:host1"),
          MAPPING.size(),
          TARGET,
          new ChapSecrets("a".repeat(16), "b".repeat(16)),
          4);
  static final List<ZvolStatus> ZVOLS =
      List.of(
          new ZvolStatus(
                  MAPPING.zvol(), MAPPING.size(), MappingState.MAPPED, MAPPING.host(), MAPPING)
              .as(ZvolVersion.parse("MAPPED:op-1")),
          new ZvolStatus(
                  ZvolName.parse("tank/vm-18"),
                  ByteSize.mebibytes(64),
                  MappingState.UNMAPPED,
                  null,
                  null)
              .as(ZvolVersion.parse("UNMAPPED:op-2")));

  /** What the nodes were told to change, in order. */
  final List<String> changes = new ArrayList<>();

  /** What reconciling finds. */
  List<Finding> findings = List.of();

  /** When set, what every call but a list fails with. */
  @Nullable RuntimeException failure;

  @Override
  public CompletableFuture<ZvolStatus> createZvol(CreateZvol request, CallOptions options) {
    return change("create " + request, CompletableFuture.completedFuture(ZVOLS.get(1)));
  }

  @Override
  public CompletableFuture<Mapping> mapZvol(MapZvol request, CallOptions options) {
    return change("map " + request, CompletableFuture.completedFuture(MAPPING));
  }

  @Override
  public CompletableFuture<Void> unmapZvol(ZvolName zvol, CallOptions options) {
    return change("unmap " + zvol, CompletableFuture.completedFuture(null));
  }

  @Override
  public CompletableFuture<ByteSize> growZvol(ZvolName zvol, ByteSize size, CallOptions options) {
    return change("grow " + zvol + " to " + size, CompletableFuture.completedFuture(size));
  }

  @Override
  public CompletableFuture<Exposure> exposeZvol(ExposeZvol request, CallOptions options) {
    return change("expose " + request, CompletableFuture.completedFuture(EXPOSURE));
  }

  @Override
  public CompletableFuture<Void> deleteZvol(ZvolName zvol, CallOptions options) {
    return change("delete " + zvol, CompletableFuture.completedFuture(null));
  }

  @Override
  public CompletableFuture<Void> forceUnmapZvol(ZvolName zvol, CallOptions options) {
    return change("unmap by force " + zvol, CompletableFuture.completedFuture(null));
  }

  @Override
  public CompletableFuture<List<Finding>> reconcile(Repair repair, CallOptions options) {
    return change("reconcile " + repair, CompletableFuture.completedFuture(findings));
  }

  @Override
  public CompletableFuture<List<ZvolStatus>> listZvols(ZvolQuery query, CallOptions options) {
    return CompletableFuture.completedFuture(
        ZVOLS.stream()
            .filter(status -> query.only().map(status.zvol()::equals).orElse(true))
            .toList());
  }

  @Override
  public CompletableFuture<List<AttachedDevice>> listDevices(CallOptions options) {
    return CompletableFuture.completedFuture(
        List.of(new AttachedDevice(TARGET, ID, DEVICE, STABLE, MAPPING.size())));
  }

  @Override
  public CompletableFuture<Iqn> initiator(CallOptions options) {
    throw new UnsupportedOperationException();
  }

  @Override
  public CompletableFuture<AttachedDevice> attach(AttachTarget request, CallOptions options) {
    throw new UnsupportedOperationException();
  }

  @Override
  public CompletableFuture<Void> detach(DetachTarget request, CallOptions options) {
    throw new UnsupportedOperationException();
  }

  @Override
  public CompletableFuture<AttachedDevice> resize(ResizeTarget request, CallOptions options) {
    throw new UnsupportedOperationException();
  }

  private <T> CompletableFuture<T> change(String what, CompletableFuture<T> answer) {
    if (failure != null) {
      return CompletableFuture.failedFuture(failure);
    }
    changes.add(what);
    return answer;
  }
}
