package io.vmstore.core.protocol;

import static io.vmstore.core.protocol.Golden.assertAnswers;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.verifyNoInteractions;
import static org.mockito.Mockito.verifyNoMoreInteractions;
import static org.mockito.Mockito.when;

import io.vmstore.AttachedDevice;
import io.vmstore.ComputeService;
import io.vmstore.MapZvol;
import io.vmstore.NasService;
import io.vmstore.ZvolStatus;
import io.vmstore.core.flow.HandScheduler;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Iqn;
import io.vmstore.model.Mapping;
import io.vmstore.model.MappingState;
import io.vmstore.model.NodeName;
import io.vmstore.model.PoolName;
import io.vmstore.model.Portal;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Transport.RequestHandler;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Nodes of vmstore that serve the predecessor's frontends. */
class LegacyRequestsTest {
  private static final NodeName HOST = new NodeName("compute-0-1");
  private static final ZvolName V1 = ZvolName.parse("tank/v1");
  private static final ByteSize SIZE = ByteSize.gibibytes(10);
  private static final Mapping MAPPING =
      new Mapping(
          V1,
          VolumeId.random(),
          HOST,
          SIZE,
          target("v1"),
          new DevicePath("/dev/sdc"),
          new DevicePath("/run/vmstore/devices/v1"),
          1);

  private final HandScheduler scheduler = new HandScheduler();
  private final NasService nas = mock(NasService.class);
  private final ComputeService compute = mock(ComputeService.class);
  private final Authorization admitting =
      Authorization.standard()
          .with(Role.FRONTEND, List.of(Authorization.LEGACY))
          .with(Role.NAS, List.of(Authorization.LEGACY));
  private final RequestHandler onNas =
      RequestDispatcher.forNas(nas, new PoolName("dozer"), scheduler, admitting);
  private final RequestHandler onCompute =
      RequestDispatcher.forCompute(compute, scheduler, admitting);

  @ParameterizedTest
  @ValueSource(strings = {"nas.map.request", "nas.map-fork.request"})
  void sizeShouldBeGigabytesInATextOrANumber(String request) {
    when(nas.mapZvol(eq(new MapZvol(V1, HOST, SIZE)), any())).thenReturn(done(MAPPING));
    assertAnswers(onNas, request, "nas.map.reply");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"\"", "\"10gb\"", "0", "-1", "1.5", "\"٣\"", "99999999999", "null"})
  void anotherSizeShouldBeRefused(String size) {
    String text = new String(Golden.bytes("nas.map.request"), UTF_8).replace("\"10\"", size);
    assertThat(answer(onNas, "", text))
        .startsWith("{\"status\":\"error\",\"error\":\"INVALID_ARGUMENT: ");
    verifyNoInteractions(nas);
  }

  @Test
  void aLocalCopyShouldBeRefused() {
    assertAnswers(onNas, "nas.map-sync.request", "nas.map-sync.error");
    verifyNoInteractions(nas);
  }

  @ParameterizedTest
  @CsvSource({
    "FAILED_PRECONDITION, state, MAPPED, nas.map-mapped.error",
    "FAILED_PRECONDITION, state, UNMAPPING, nas.busy.error",
    "BUSY, operation, unmap, nas.busy.error",
    "UNAVAILABLE, unreachable, compute-0-1, nas.unavailable.error",
    "FAILED_PRECONDITION, node, compute-0-1, nas.map-attaching.error",
  })
  void mapShouldFailInTheOldWords(ErrorCode code, String detail, String value, String reply) {
    when(nas.mapZvol(any(), any())).thenReturn(failed(code, detail, value));
    assertAnswers(onNas, "nas.map.request", reply);
  }

  @Test
  void aPoolThatIsNotServedShouldNotBeTakenForAVolume() {
    when(nas.mapZvol(any(), any())).thenReturn(failed(ErrorCode.NOT_FOUND, "pool", "tank"));
    assertThat(answer(onNas, "", new String(Golden.bytes("nas.map.request"), UTF_8)))
        .isEqualTo("{\"status\":\"error\",\"error\":\"NOT_FOUND: failed\"}");
  }

  @Test
  void unmapShouldFindThePoolOfABareName() {
    ZvolStatus other = unmapped(ZvolName.parse("tank/v10"));
    when(nas.listZvols(any(), any())).thenReturn(done(List.of(other, mapped(V1))));
    when(nas.unmapZvol(eq(V1), any())).thenReturn(CompletableFuture.completedFuture(null));
    assertAnswers(onNas, "nas.unmap.request", "nas.unmap.reply");
    verify(nas).unmapZvol(eq(V1), any());
  }

  @Test
  void unmapShouldTouchNothingWhenTheNameIsInTwoPools() {
    when(nas.listZvols(any(), any()))
        .thenReturn(done(List.of(mapped(V1), unmapped(ZvolName.parse("dozer/v1")))));
    assertAnswers(onNas, "nas.unmap.request", "nas.unmap-ambiguous.error");
    verify(nas).listZvols(any(), any());
    verifyNoMoreInteractions(nas);
  }

  @Test
  void unmapShouldSayWhatIsNotThere() {
    when(nas.listZvols(any(), any())).thenReturn(done(List.of()));
    assertAnswers(onNas, "nas.unmap.request", "nas.not-found.error");
  }

  @Test
  void unmapShouldSayWhatIsNotMapped() {
    when(nas.listZvols(any(), any())).thenReturn(done(List.of(unmapped(V1))));
    assertAnswers(onNas, "nas.unmap.request", "nas.not-mapped.error");
  }

  @ParameterizedTest
  @CsvSource({
    "BUSY, operation, map, nas.busy.error",
    "UNAVAILABLE, unreachable, compute-0-1, nas.unavailable.error",
    "FAILED_PRECONDITION, node, compute-0-1, nas.unmap-detaching.error",
  })
  void unmapShouldFailInTheOldWords(ErrorCode code, String detail, String value, String reply) {
    when(nas.listZvols(any(), any())).thenReturn(done(List.of(mapped(V1))));
    when(nas.unmapZvol(any(), any())).thenReturn(failed(code, detail, value));
    assertAnswers(onNas, "nas.unmap.request", reply);
  }

  @Test
  void deleteShouldDelete() {
    when(nas.listZvols(any(), any())).thenReturn(done(List.of(unmapped(V1))));
    when(nas.deleteZvol(eq(V1), any())).thenReturn(CompletableFuture.completedFuture(null));
    assertAnswers(onNas, "nas.delete.request", "nas.delete.reply");
  }

  @Test
  void deleteShouldRefuseWhatIsMapped() {
    when(nas.listZvols(any(), any())).thenReturn(done(List.of(mapped(V1))));
    assertAnswers(onNas, "nas.delete.request", "nas.delete-mapped.error");
  }

  @Test
  void deleteShouldSayWhatIsNotThere() {
    when(nas.listZvols(any(), any())).thenReturn(done(List.of()));
    assertAnswers(onNas, "nas.delete.request", "nas.not-found.error");
  }

  @Test
  void listShouldHaveTheOldColumns() {
    ZvolStatus mapping =
        new ZvolStatus(ZvolName.parse("tank/v3"), SIZE, MappingState.MAPPING, HOST, null);
    when(nas.listZvols(any(), any()))
        .thenReturn(done(List.of(mapped(V1), unmapped(ZvolName.parse("tank/v2")), mapping)));
    assertAnswers(onNas, "nas.list.request", "nas.list.reply");
  }

  @Test
  void listOfNothingShouldBeEmpty() {
    when(nas.listZvols(any(), any())).thenReturn(done(List.of()));
    assertAnswers(onNas, "nas.list.request", "nas.list-empty.reply");
  }

  @Test
  void whatIsNotSupportedShouldBeRefused() {
    assertAnswers(onNas, "nas.attributes.request", "nas.attributes.error");
    assertAnswers(onNas, "unknown.request", "unknown.error");
    assertAnswers(onCompute, "unknown.request", "unknown.error");
    verifyNoInteractions(nas, compute);
  }

  @Test
  void devicesShouldBeNumberedByTheirTargets() {
    when(compute.listDevices(any()))
        .thenReturn(
            done(
                List.of(
                    device("v2", "/dev/sdc", ByteSize.gibibytes(2)),
                    device("v1", "/dev/sdb", SIZE))));
    assertAnswers(onCompute, "compute.list-devices.request", "compute.list-devices.reply");
  }

  @Test
  void initiatorShouldBeToldToAFrontend() {
    when(compute.initiator(any())).thenReturn(done(new Iqn("iqn.1994-05.com.redhat:c1")));
    assertAnswers(onCompute, "compute.initiator.request", "compute.initiator.reply");
  }

  @Test
  void anOldNasShouldBeRefusedSoThatItsFrontendIsTold() {
    assertAnswers(onCompute, "compute.map.request", "compute.map-refused.error");
    RequestHandler another = RequestDispatcher.forCompute(compute, scheduler, admitting);
    assertAnswers(another, "compute.unmap.request", "compute.unmap-refused.error");
    verifyNoInteractions(compute);
  }

  @ParameterizedTest
  @ValueSource(strings = {"*", "legacy*", "unauthenticated", "vmstore-frontend"})
  void anotherNameShouldNotAdmitOldPeers(String name) {
    Authorization users = Authorization.standard().with(Role.FRONTEND, List.of(name));
    assertThat(
            answer(
                RequestDispatcher.forNas(nas, new PoolName("tank"), scheduler, users),
                "",
                "{\"action\":\"list_zvols\"}"))
        .startsWith("{\"status\":\"error\",\"error\":\"PERMISSION_DENIED: ")
        .contains("a peer of the predecessor without a user_id");
    verifyNoInteractions(nas);
  }

  @ParameterizedTest
  @ValueSource(strings = {"legacy", "unauthenticated", "mallory"})
  void admittingOldPeersShouldAdmitNoUser(String user) {
    assertThat(answer(onNas, user, "{\"action\":\"list_zvols\"}"))
        .contains("PERMISSION_DENIED: user '" + user + "'");
    verifyNoInteractions(nas);
  }

  @Test
  void aUserWhoIsVouchedForShouldHaveHisOwnRole() {
    when(nas.listZvols(any(), any())).thenReturn(done(List.of()));
    RequestHandler standard =
        RequestDispatcher.forNas(nas, new PoolName("tank"), scheduler, Authorization.standard());
    assertThat(answer(standard, "vmstore-frontend", "{\"action\":\"list_zvols\"}"))
        .contains("\"body\":[]");
    assertThat(answer(standard, "legacy", "{\"action\":\"list_zvols\"}"))
        .contains("PERMISSION_DENIED: user 'legacy'");
  }

  private static String answer(RequestHandler node, String sender, String body) {
    return new String(
        node.handle(new Golden.OldRequest(sender, body.getBytes(UTF_8)))
            .toCompletableFuture()
            .join(),
        UTF_8);
  }

  private static ZvolStatus mapped(ZvolName zvol) {
    return new ZvolStatus(zvol, SIZE, MappingState.MAPPED, HOST, MAPPING);
  }

  private static ZvolStatus unmapped(ZvolName zvol) {
    return new ZvolStatus(zvol, SIZE, MappingState.UNMAPPED, null, null);
  }

  private static AttachedDevice device(String zvol, String device, ByteSize size) {
    DevicePath path = new DevicePath(device);
    return new AttachedDevice(target(zvol), VolumeId.random(), path, path, size);
  }

  private static Target target(String zvol) {
    return new Target(
        new Iqn("iqn.2001-04.com.nas-0-0-" + zvol), List.of(Portal.parse("10.0.0.1")));
  }

  private static <T> CompletableFuture<T> done(T value) {
    return CompletableFuture.completedFuture(value);
  }

  private static <T> CompletableFuture<T> failed(ErrorCode code, String detail, String value) {
    return CompletableFuture.failedFuture(
        VmStoreException.builder(code, "failed").detail(detail, value).build());
  }
}
