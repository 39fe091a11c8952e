package io.vmstore.core.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.argThat;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

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
import io.vmstore.core.flow.Failures;
import io.vmstore.core.flow.HandScheduler;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.ChapSecrets;
import io.vmstore.model.Deadline;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Exposure;
import io.vmstore.model.Iqn;
import io.vmstore.model.Mapping;
import io.vmstore.model.MappingState;
import io.vmstore.model.NodeName;
import io.vmstore.model.OperationId;
import io.vmstore.model.PoolName;
import io.vmstore.model.Portal;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.model.ZvolVersion;
import io.vmstore.spi.Transport;
import io.vmstore.spi.Transport.Reply;
import io.vmstore.spi.Transport.RequestHandler;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

/**
 * Every message of our own dialect, as a file: what is sent is what the file says, and what the
 * file says is understood on the other side. A file changes only together with docs/protocol.md,
 * and an old one must stay readable.
 */
class OwnMessagesTest {
  private static final NodeName NODE = new NodeName("n1");
  private static final NodeName HOST = new NodeName("compute1");
  private static final ZvolName ZVOL = ZvolName.parse("tank/v1");
  private static final VolumeId ID = VolumeId.parse("0b9d8c1e-4c39-4b8e-9d3c-0c6f3e6b7a11");
  private static final ByteSize SIZE = ByteSize.gibibytes(10);
  private static final Target TARGET =
      new Target(
          new Iqn("iqn.2026-11.io.vmstore:" + ID + ".g3"),
          List.of(Portal.parse("10.0.0.1:3260"), Portal.parse("[fd77::1]:3260")));
  private static final DevicePath DEVICE = new DevicePath("/dev/sdb");
  private static final DevicePath LINK = new DevicePath("/run/vmstore/devices/" + ID);
  private static final Mapping MAPPING = new Mapping(ZVOL, ID, HOST, SIZE, TARGET, DEVICE, LINK, 3);
  private static final AttachTarget ATTACH =
      new AttachTarget(TARGET, ID, 3, new ChapSecrets("initiators0secret", "targets0own0secret"));
  private static final AttachedDevice ATTACHED = new AttachedDevice(TARGET, ID, DEVICE, LINK, SIZE);
  private static final Exposure EXPOSURE =
      new Exposure(
          ZVOL, ID, HOST, new Iqn("iqn.2026-11.com.example:host1"), SIZE, TARGET, ATTACH.chap(), 3);
  private static final List<Finding> FINDINGS =
      List.of(
          new Finding(
              Finding.Kind.NOT_EXPORTED, "tank/v1", "export it", Finding.Outcome.FOUND, "gone"));
  private static final ZvolVersion VERSION =
      new ZvolVersion(MappingState.MAPPED, false, new OperationId("op:0"));
  private static final CallOptions OPTIONS =
      CallOptions.within(Duration.ofSeconds(10)).as(new OperationId("op-1"));

  private final NasService nas = mock(NasService.class);
  private final ComputeService compute = mock(ComputeService.class);
  private final Authorization anybody = Authorization.ofOneUser("*");

  @Test
  void create() {
    CreateZvol request = new CreateZvol(ZVOL, SIZE);
    ZvolStatus created =
        new ZvolStatus(ZVOL, SIZE, MappingState.UNMAPPED, null, null)
            .as(new ZvolVersion(MappingState.UNMAPPED, false, OPTIONS.operation()));
    when(nas.createZvol(eq(request), any())).thenReturn(done(created));
    assertThat(nas("nas.create").createZvol(request, OPTIONS)).isCompletedWithValue(created);
  }

  @Test
  void map() {
    MapZvol request = new MapZvol(ZVOL, HOST, SIZE);
    when(nas.mapZvol(eq(request), any())).thenReturn(done(MAPPING));
    assertThat(nas("nas.map").mapZvol(request, OPTIONS)).isCompletedWithValue(MAPPING);
  }

  @Test
  void unmap() {
    when(nas.unmapZvol(eq(ZVOL), any())).thenReturn(CompletableFuture.completedFuture(null));
    assertThat(nas("nas.unmap").unmapZvol(ZVOL, OPTIONS)).isCompletedWithValue(null);
  }

  @Test
  void forcedUnmap() {
    when(nas.forceUnmapZvol(eq(ZVOL), any())).thenReturn(CompletableFuture.completedFuture(null));
    assertThat(nas("nas.unmap-forced").forceUnmapZvol(ZVOL, OPTIONS)).isCompletedWithValue(null);
  }

  @Test
  void delete() {
    when(nas.deleteZvol(eq(ZVOL), any())).thenReturn(CompletableFuture.completedFuture(null));
    assertThat(nas("nas.delete").deleteZvol(ZVOL, OPTIONS)).isCompletedWithValue(null);
  }

  @Test
  void grow() {
    ByteSize rounded = new ByteSize(SIZE.bytes() + 8192);
    when(nas.growZvol(eq(ZVOL), eq(SIZE), any())).thenReturn(done(rounded));
    assertThat(nas("nas.grow").growZvol(ZVOL, SIZE, OPTIONS)).isCompletedWithValue(rounded);
  }

  @Test
  void expose() {
    ExposeZvol request = new ExposeZvol(ZVOL, HOST, EXPOSURE.initiator(), SIZE);
    when(nas.exposeZvol(eq(request), any())).thenReturn(done(EXPOSURE));
    assertThat(nas("nas.expose").exposeZvol(request, OPTIONS)).isCompletedWithValue(EXPOSURE);
  }

  @Test
  void listOfAnExposure() {
    ZvolQuery page = ZvolQuery.page(ZvolName.parse("tank/v0"), 3);
    List<ZvolStatus> listed =
        List.of(
            new ZvolStatus(ZVOL, SIZE, MappingState.MAPPED, HOST, null, EXPOSURE.withoutSecrets()));
    when(nas.listZvols(eq(page), any())).thenReturn(done(listed));
    assertThat(nas("nas.list-exposed").listZvols(page, OPTIONS)).isCompletedWithValue(listed);
  }

  @Test
  void deleteOfAVersion() {
    CallOptions options = OPTIONS.ifStill(VERSION);
    when(nas.deleteZvol(eq(ZVOL), argThat(given -> VERSION.equals(given.expected()))))
        .thenReturn(CompletableFuture.completedFuture(null));
    assertThat(nas("nas.delete-version").deleteZvol(ZVOL, options)).isCompletedWithValue(null);
  }

  @Test
  void list() {
    ZvolQuery page = ZvolQuery.page(ZvolName.parse("tank/v0"), 3);
    List<ZvolStatus> listed =
        List.of(
            new ZvolStatus(ZVOL, SIZE, MappingState.MAPPED, HOST, MAPPING).as(VERSION),
            new ZvolStatus(ZvolName.parse("tank/v2"), null, MappingState.DELETING, null, null));
    when(nas.listZvols(eq(page), any())).thenReturn(done(listed));
    assertThat(nas("nas.list").listZvols(page, OPTIONS)).isCompletedWithValue(listed);
  }

  @Test
  void listOfOne() {
    ZvolQuery one = new ZvolQuery(ZVOL, null, 1);
    when(nas.listZvols(eq(ZvolQuery.named(ZVOL)), any())).thenReturn(done(List.of()));
    assertThat(nas("nas.list-one").listZvols(one, OPTIONS)).isCompletedWithValue(List.of());
  }

  @Test
  void reconcile() {
    when(nas.reconcile(eq(Repair.SETTLE), any())).thenReturn(done(FINDINGS));
    assertThat(nas("reconcile").reconcile(Repair.SETTLE, OPTIONS)).isCompletedWithValue(FINDINGS);
    when(compute.reconcile(eq(Repair.SETTLE), any())).thenReturn(done(FINDINGS));
    assertThat(compute("reconcile").reconcile(Repair.SETTLE, OPTIONS))
        .isCompletedWithValue(FINDINGS);
  }

  @Test
  void initiator() {
    Iqn initiator = new Iqn("iqn.2026-11.io.vmstore:compute1");
    when(compute.initiator(any())).thenReturn(done(initiator));
    assertThat(compute("compute.initiator").initiator(OPTIONS)).isCompletedWithValue(initiator);
  }

  @Test
  void attach() {
    when(compute.attach(eq(ATTACH), any())).thenReturn(done(ATTACHED));
    assertThat(compute("compute.attach").attach(ATTACH, OPTIONS)).isCompletedWithValue(ATTACHED);
  }

  @Test
  void detach() {
    DetachTarget request = new DetachTarget(TARGET, ID, 3);
    when(compute.detach(eq(request), any())).thenReturn(CompletableFuture.completedFuture(null));
    assertThat(compute("compute.detach").detach(request, OPTIONS)).isCompletedWithValue(null);
  }

  @Test
  void resize() {
    ResizeTarget request = new ResizeTarget(TARGET, ID, 3, SIZE);
    when(compute.resize(eq(request), any())).thenReturn(done(ATTACHED));
    assertThat(compute("compute.resize").resize(request, OPTIONS)).isCompletedWithValue(ATTACHED);
  }

  @Test
  void devices() {
    when(compute.listDevices(any())).thenReturn(done(List.of(ATTACHED)));
    assertThat(compute("compute.list").listDevices(OPTIONS))
        .isCompletedWithValue(List.of(ATTACHED));
  }

  @Test
  void failure() {
    VmStoreException failure =
        VmStoreException.builder(ErrorCode.FAILED_PRECONDITION, "cannot delete zvol 'tank/v1'")
            .reason("it is MAPPED with 'compute1'")
            .correction("unmap it first")
            .detail("state", "MAPPED")
            .build();
    when(nas.deleteZvol(eq(ZVOL), any())).thenReturn(CompletableFuture.failedFuture(failure));
    Throwable thrown = Assertions.catchThrowable(nas("failure").deleteZvol(ZVOL, OPTIONS)::join);
    assertThat(Failures.of(thrown)).hasMessage(failure.getMessage());
    assertThat(Failures.of(thrown).details()).containsEntry("state", "MAPPED");
  }

  private NasService nas(String file) {
    RequestHandler node =
        RequestDispatcher.forNas(nas, new PoolName("tank"), new HandScheduler(), anybody);
    return new RemoteNasService(new Wire(node, file), NODE, anybody);
  }

  private ComputeService compute(String file) {
    RequestHandler node = RequestDispatcher.forCompute(compute, new HandScheduler(), anybody);
    return new RemoteComputeService(new Wire(node, file), NODE, anybody);
  }

  private static <T> CompletableFuture<T> done(T value) {
    return CompletableFuture.completedFuture(value);
  }

  /** Carries a message only when it is the one of the file. */
  private record Wire(RequestHandler node, String file) implements Transport {
    @Override
    public CompletableFuture<Reply> request(NodeName to, byte[] body, Duration timeout) {
      Golden.assertIsOwn(body, file + ".request");
      return node.handle(new Sent(body))
          .thenApply(
              reply -> {
                Golden.assertIsOwn(reply, file + ".reply");
                return new Reply("n1", reply);
              })
          .toCompletableFuture();
    }

    @Override
    public void serve(NodeName name, RequestHandler handler) {
      throw new UnsupportedOperationException();
    }

    @Override
    public int maximumBodyBytes() {
      return Integer.MAX_VALUE;
    }

    @Override
    public void close() {}
  }

  @SuppressWarnings("ArrayRecordComponent") // compared by identity only
  private record Sent(byte[] body) implements Transport.Request {
    @Override
    public String id() {
      return "message-1";
    }

    @Override
    public String sender() {
      return "frontend";
    }

    @Override
    public Deadline deadline() {
      return Deadline.after(Duration.ofSeconds(2), () -> 0);
    }
  }
}
