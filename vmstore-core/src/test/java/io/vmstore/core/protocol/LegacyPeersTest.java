package io.vmstore.core.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vmstore.AttachTarget;
import io.vmstore.AttachedDevice;
import io.vmstore.CallOptions;
import io.vmstore.DetachTarget;
import io.vmstore.MapZvol;
import io.vmstore.Repair;
import io.vmstore.ZvolQuery;
import io.vmstore.ZvolStatus;
import io.vmstore.core.protocol.Golden.OldNode;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.ChapSecrets;
import io.vmstore.model.Iqn;
import io.vmstore.model.Mapping;
import io.vmstore.model.MappingState;
import io.vmstore.model.NodeName;
import io.vmstore.model.Portal;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Transport;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Nodes of the predecessor as vmstore sees them. */
class LegacyPeersTest {
  private static final NodeName NAS = new NodeName("nas-0-0");
  private static final NodeName HOST = new NodeName("compute-0-1");
  private static final ZvolName V1 = ZvolName.parse("tank/v1");
  private static final VolumeId ID = VolumeId.random();
  private static final ByteSize SIZE = ByteSize.gibibytes(10);
  private static final List<Portal> PORTALS = List.of(Portal.parse("10.0.0.1"));
  private static final Target TARGET = new Target(new Iqn("iqn.2001-04.com.nas-0-0-v1"), PORTALS);
  private static final AttachTarget ATTACH = new AttachTarget(TARGET, ID, 1, null, V1, SIZE);
  private static final MapZvol MAP = new MapZvol(V1, HOST, SIZE);

  private final OldNode old = new OldNode();
  private final LegacyNasService nas =
      new LegacyNasService(old, NAS, PORTALS, Authorization.standard());
  private final LegacyComputeService compute = compute(null);

  private LegacyComputeService compute(@Nullable Iqn initiator) {
    return new LegacyComputeService(
        old, NAS, new LegacyPeer(HOST, initiator), Authorization.standard());
  }

  // A compute node, driven by a NAS of ours

  @Test
  void computeShouldAttachInTheOldWords() {
    old.expect(NAS, "compute.map.request", "compute.map.reply");
    AttachedDevice device = compute.attach(ATTACH, soon()).join();
    assertThat(device.device().value()).isEqualTo("/dev/sdc");
    assertThat(device.size()).isEqualTo(SIZE);
    old.assertDone();
  }

  @Test
  void computeShouldDetachInTheOldWords() {
    old.expect(NAS, "compute.unmap.request", "compute.unmap.reply");
    compute.detach(new DetachTarget(TARGET, ID, 1, V1), soon()).join();
    old.assertDone();
  }

  @Test
  void computeThatFailsToAttachShouldBeCleanedUpAfter() {
    old.expect(NAS, "compute.map.request", "compute.map.error");
    VmStoreException failure = failure(compute.attach(ATTACH, soon()));
    assertThat(failure.code()).isEqualTo(ErrorCode.INTERNAL);
    assertThat(failure).hasMessageContaining("'Not found iqn.2001-04.com.nas-0-0-v1 in targets'");
    assertThat(failure.outcomeUnknown()).isTrue();
    assertThat(failure.details()).containsEntry("node", "compute-0-1");
  }

  @Test
  void answerAboutAnotherTargetShouldNotBeBelieved() {
    old.expect(NAS, "compute.unmap.request", "compute.map.reply");
    assertThat(failure(compute.detach(new DetachTarget(TARGET, ID, 1, V1), soon())))
        .hasMessageContaining("field 'action'");
  }

  @Test
  void initiatorShouldBeAskedForUnlessItIsConfigured() {
    old.expect("compute.initiator.request", "compute.initiator.reply");
    Iqn asked = compute.initiator(soon()).join();
    assertThat(compute(asked).initiator(soon())).isCompletedWithValue(asked);
    old.assertDone();
  }

  @Test
  void secretsShouldNotBeSentToWhoCannotUseThem() {
    ChapSecrets secrets = new ChapSecrets("0123456789abcdef", null);
    VmStoreException failure =
        failure(compute.attach(new AttachTarget(TARGET, ID, 1, secrets, V1, SIZE), soon()));
    assertThat(failure.code()).isEqualTo(ErrorCode.FAILED_PRECONDITION);
    assertThat(failure.getMessage()).doesNotContain(secrets.initiator());
  }

  // A NAS, called by a frontend of ours

  @Test
  void nasShouldMapInTheOldWords() {
    old.expect("nas.list.request", "nas.list-empty.reply")
        .expect("compute.initiator.request", "unknown.error")
        .expect("nas.map.request", "nas.map.reply")
        .expect("nas.list.request", "nas.list.reply");
    Mapping mapping = nas.mapZvol(MAP, soon()).join();
    assertThat(mapping.device().value()).isEqualTo("/dev/sdc");
    assertThat(mapping.target()).isEqualTo(TARGET);
    assertThat(mapping.size()).isEqualTo(SIZE);
    old.assertDone();
  }

  @Test
  void laterNasShouldBeToldTheInitiator() {
    old.expect("nas.list.request", "nas.list-empty.reply")
        .expect("compute.initiator.request", "compute.initiator.reply")
        .expect("nas.map-initiator.request", "nas.map.reply")
        .expect("nas.list.request", "nas.list.reply");
    assertThat(nas.mapZvol(MAP, soon()).join().target()).isEqualTo(TARGET);
    old.assertDone();
  }

  @Test
  void mappingThatIsNotListedAfterwardsShouldBeOfUnknownOutcome() {
    old.expect("nas.list.request", "nas.list-empty.reply")
        .expect("compute.initiator.request", "unknown.error")
        .expect("nas.map.request", "nas.map.reply")
        .expect("nas.list.request", "nas.list-empty.reply");
    assertThat(failure(nas.mapZvol(MAP, soon())).outcomeUnknown()).isTrue();
  }

  @Test
  void whatIsMappedShouldNotBeMappedAgain() {
    old.expect("nas.list.request", "nas.list.reply");
    assertThat(failure(nas.mapZvol(MAP, soon())).details()).containsEntry("state", "MAPPED");
    old.assertDone();
  }

  @Test
  void anotherPoolsVolumeShouldNotBeTakenForTheOneThatIsMeant() {
    ZvolName dozer = ZvolName.parse("dozer/v1");
    old.expect("nas.list.request", "nas.list.reply")
        .expect("nas.list.request", "nas.list.reply")
        .expect("nas.list.request", "nas.list.reply");
    for (CompletableFuture<?> call :
        List.of(
            nas.unmapZvol(dozer, soon()),
            nas.deleteZvol(dozer, soon()),
            nas.mapZvol(new MapZvol(dozer, HOST, SIZE), soon()))) {
      assertThat(failure(call))
          .hasMessageContaining("knows bare names only, and has 'tank/v1'")
          .extracting(VmStoreException::code)
          .isEqualTo(ErrorCode.FAILED_PRECONDITION);
    }
    old.assertDone();
  }

  @Test
  void nasShouldUnmapAndDeleteInTheOldWords() {
    old.expect("nas.list.request", "nas.list.reply")
        .expect("nas.unmap.request", "nas.unmap.reply")
        .expect("nas.list.request", "nas.list.reply")
        .expect("nas.delete.request", "nas.delete.reply");
    nas.unmapZvol(V1, soon()).join();
    nas.deleteZvol(V1, soon()).join();
    old.assertDone();
  }

  @Test
  void whatIsNotThereShouldBeDeletedAndNotUnmapped() {
    old.expect("nas.list.request", "nas.list-empty.reply")
        .expect("nas.list.request", "nas.list-empty.reply");
    nas.deleteZvol(V1, soon()).join();
    assertThat(failure(nas.unmapZvol(V1, soon())).code()).isEqualTo(ErrorCode.NOT_FOUND);
    old.assertDone();
  }

  @Test
  void listShouldTellWhatTheOldListTells() {
    old.expect("nas.list.request", "nas.list.reply").expect("nas.list.request", "nas.list.reply");
    assertThat(nas.listZvols(ZvolQuery.all(), soon()).join())
        .extracting(ZvolStatus::state)
        .containsExactly(MappingState.MAPPED, MappingState.UNMAPPED, MappingState.MAPPED);
    assertThat(nas.listZvols(ZvolQuery.named(V1), soon()).join())
        .containsExactly(new ZvolStatus(V1, null, MappingState.MAPPED, HOST, null));
  }

  @Test
  void aPageOfAnOldListShouldEndAtItsLimitAndBeginAfterTheOneBefore() {
    old.expect("nas.list.request", "nas.list.reply").expect("nas.list.request", "nas.list.reply");
    List<ZvolStatus> first = nas.listZvols(ZvolQuery.page(null, 2), soon()).join();
    assertThat(first).hasSize(2);
    ZvolQuery rest = ZvolQuery.page(first.get(1).zvol(), 2);
    assertThat(nas.listZvols(rest, soon()).join()).hasSize(1).doesNotContainAnyElementsOf(first);
  }

  @ParameterizedTest
  @CsvSource({
    "nas.busy.error, BUSY, false",
    "nas.not-found.error, NOT_FOUND, false",
    "nas.not-mapped.error, FAILED_PRECONDITION, false",
    "nas.map-mapped.error, FAILED_PRECONDITION, false",
    "nas.unavailable.error, UNAVAILABLE, false",
    "nas.delete-mapped.error, FAILED_PRECONDITION, false",
    "unknown.error, UNIMPLEMENTED, false",
    "nas.unmap-detaching.error, INTERNAL, true",
  })
  void oldTextsShouldBecomeCodes(String reply, ErrorCode code, boolean outcomeUnknown) {
    old.expect("nas.list.request", "nas.list.reply").expect("nas.unmap.request", reply);
    VmStoreException failure = failure(nas.unmapZvol(V1, soon()));
    assertThat(failure.code()).isEqualTo(code);
    assertThat(failure.outcomeUnknown()).isEqualTo(outcomeUnknown);
    assertThat(new String(Golden.bytes(reply), UTF_8))
        .contains(failure.details().get("legacy-error"));
  }

  @Test
  void whatTheOldOnesCannotDoShouldBeUnimplemented() {
    for (CompletableFuture<?> call :
        List.of(
            nas.forceUnmapZvol(V1, soon()),
            nas.reconcile(Repair.DRY_RUN, soon()),
            compute.reconcile(Repair.DRY_RUN, soon()),
            compute.listDevices(soon()))) {
      assertThat(failure(call).code()).isEqualTo(ErrorCode.UNIMPLEMENTED);
    }
  }

  @Test
  void someoneElsesAnswerShouldNotBeBelieved() {
    Transport forged =
        new OldNode() {
          @Override
          public CompletableFuture<Reply> requestLegacy(
              @Nullable NodeName from, NodeName to, byte[] body, Duration timeout) {
            byte[] answer = Golden.bytes("nas.list-empty.reply");
            return CompletableFuture.completedFuture(new Reply("vmstore-nas-nas2", answer));
          }
        };
    LegacyNasService service = new LegacyNasService(forged, NAS, PORTALS, Authorization.standard());
    assertThat(failure(service.listZvols(ZvolQuery.all(), soon())).code())
        .isEqualTo(ErrorCode.PERMISSION_DENIED);
  }

  @Test
  void peersShouldBeReadFromTheirTexts() {
    assertThat(LegacyPeer.parse("c1")).isEqualTo(new LegacyPeer(new NodeName("c1"), null));
    assertThat(LegacyPeer.parse("c1=iqn.1994-05.com.redhat:c1").initiator())
        .isEqualTo(new Iqn("iqn.1994-05.com.redhat:c1"));
    assertThatThrownBy(() -> LegacyPeer.parse("c1="))
        .hasMessageContaining("the initiator's name is missing");
    LegacyPeer peer = LegacyPeer.parse("c1");
    assertThatThrownBy(() -> LegacyPeer.byName(List.of(peer, peer)))
        .hasMessageContaining("it is named twice");
  }

  private static CallOptions soon() {
    return CallOptions.within(Duration.ofSeconds(5));
  }

  private static VmStoreException failure(CompletableFuture<?> call) {
    CompletionException thrown = catchThrowableOfType(CompletionException.class, call::join);
    return Objects.requireNonNull((VmStoreException) thrown.getCause());
  }
}
