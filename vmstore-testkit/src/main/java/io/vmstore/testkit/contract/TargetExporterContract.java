package io.vmstore.testkit.contract;

import static io.vmstore.testkit.contract.Checks.REPEATS;
import static io.vmstore.testkit.contract.Checks.assertFails;
import static io.vmstore.testkit.contract.Checks.assertRefused;
import static io.vmstore.testkit.contract.Checks.atOnce;
import static io.vmstore.testkit.contract.Checks.cannot;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.ChapMode;
import io.vmstore.model.ChapSecrets;
import io.vmstore.model.Deadline;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Iqn;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.spi.Admission;
import io.vmstore.spi.Export;
import io.vmstore.spi.TargetExporter;
import io.vmstore.spi.TargetExporter.OpenSessions;
import io.vmstore.spi.Zvol;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every {@link TargetExporter} promises. A subclass says how to open one and gives volumes to
 * export; the optional methods play the initiator, the operator and the accident.
 */
public abstract class TargetExporterContract {
  /** An initiator, as exports admit it. */
  protected static final Iqn INITIATOR = new Iqn("iqn.2026-11.io.vmstore.contract:host1");

  /** Another, whose name begins as the first one's. */
  protected static final Iqn OTHER_INITIATOR = new Iqn("iqn.2026-11.io.vmstore.contract:host10");

  private static final ChapSecrets SECRETS =
      new ChapSecrets("initiators0secret", "targets0own0secret");
  private static final ChapSecrets ONE_WAY = new ChapSecrets("initiators0secret", null);
  private static final ChapSecrets OTHER_SECRETS =
      new ChapSecrets("another0secret0of0it", "targets0own0secret");

  private final Set<VolumeId> used = ConcurrentHashMap.newKeySet();
  private TargetExporter exporter;

  /** {@return an exporter; each call opens another on the same kernel} */
  protected abstract TargetExporter open();

  /** {@return a new volume of that name, with a mark and a device, that nobody exports} */
  protected abstract Zvol createVolume(String name);

  /** {@return how long one call may take at most} */
  protected Duration patience() {
    return Duration.ofSeconds(30);
  }

  /**
   * Logs in to a target, with the secrets if there are any.
   *
   * @return the session; closing it logs out, if it still exists
   * @throws VmStoreException when the target does not let the initiator in
   */
  protected Holder logIn(Target target, Admission as) {
    throw cannot("be logged in to");
  }

  /** Holds the volume's device open, so that it cannot be exported. */
  protected Holder hold(Zvol zvol) {
    throw cannot("hold a volume's device");
  }

  /** Makes a target that is none of vmstore's. */
  protected Iqn createForeignTarget() {
    throw cannot("have a foreign target");
  }

  /** {@return whether that foreign target is as it was made} */
  protected boolean foreignTargetExists(Iqn target) {
    throw cannot("see a foreign target");
  }

  /** Leaves what an exporter leaves that died in the middle of exporting. */
  protected void leaveHalfMade(Zvol zvol, Iqn initiator) {
    throw cannot("leave a half-made export");
  }

  @BeforeEach
  final void openExporter() {
    exporter = open();
  }

  @AfterEach
  final void removeExports() {
    try (TargetExporter cleaner = open()) {
      used.forEach(id -> cleaner.unexport(id, OpenSessions.END, soon()));
    }
    exporter.close();
  }

  private Deadline soon() {
    return Deadline.after(patience());
  }

  private static Deadline passed() {
    return Deadline.after(Duration.ZERO);
  }

  private Zvol volume(String name) {
    Zvol zvol = createVolume(name);
    used.add(idOf(zvol));
    return zvol;
  }

  private static VolumeId idOf(Zvol zvol) {
    return zvol.id().orElseThrow();
  }

  private Export export(Zvol zvol, Iqn initiator) {
    return export(zvol, Admission.byName(initiator));
  }

  private Export export(Zvol zvol, Admission admitted) {
    return exporter.export(zvol, idOf(zvol), 1, admitted, soon());
  }

  private Holder logIn(Target target, Iqn initiator) {
    return logIn(target, Admission.byName(initiator));
  }

  private static Admission knowing(ChapSecrets secrets) {
    return new Admission(INITIATOR, secrets);
  }

  private void requireChap() {
    if (exporter.chap() == ChapMode.NONE) {
      throw cannot("ask for secrets");
    }
  }

  private List<Export> listed() {
    return exporter.list(soon()).stream().filter(export -> used.contains(export.volume())).toList();
  }

  @Test
  void targetOfShouldCarryTheIdAndAPortal() {
    Zvol zvol = volume("vol1");
    Target target = exporter.targetOf(zvol.name(), idOf(zvol), 1);
    assertThat(target.iqn().value()).contains(idOf(zvol).toString());
    assertThat(target.portals()).isNotEmpty();
  }

  @Test
  void targetOfShouldDependOnVolumeAndConfigurationOnly() {
    Zvol zvol = volume("vol1");
    Target before = exporter.targetOf(zvol.name(), idOf(zvol), 1);
    Export export = export(zvol, INITIATOR);
    assertThat(export.target()).isEqualTo(before);
    try (TargetExporter another = open()) {
      assertThat(another.targetOf(zvol.name(), idOf(zvol), 1)).isEqualTo(before);
    }
  }

  @Test
  void targetOfShouldDifferForANameUsedAgain() {
    Zvol zvol = volume("vol1");
    assertThat(exporter.targetOf(zvol.name(), VolumeId.random(), 1).iqn())
        .isNotEqualTo(exporter.targetOf(zvol.name(), idOf(zvol), 1).iqn());
  }

  @Test
  void targetOfShouldDifferForEachMapping() {
    Zvol zvol = volume("vol1");
    assertThat(exporter.targetOf(zvol.name(), idOf(zvol), 2).iqn())
        .isNotEqualTo(exporter.targetOf(zvol.name(), idOf(zvol), 1).iqn())
        .isNotEqualTo(exporter.targetOf(zvol.name(), idOf(zvol), 21).iqn());
  }

  @Test
  void targetOfShouldHaveNoEffect() {
    Zvol zvol = volume("vol1");
    exporter.targetOf(zvol.name(), idOf(zvol), 1);
    assertThat(listed()).isEmpty();
  }

  @Test
  void exportShouldSayWhatIsExportedWhereAndToWhom() {
    Zvol zvol = volume("vol1");
    Export export = export(zvol, INITIATOR);
    assertThat(export.volume()).isEqualTo(idOf(zvol));
    assertThat(export.target()).isEqualTo(exporter.targetOf(zvol.name(), idOf(zvol), 1));
    assertThat(export.device()).isEqualTo(zvol.device());
    assertThat(export.initiators()).containsExactly(INITIATOR);
    assertThat(export.sessions()).isEmpty();
    assertThat(listed()).containsExactly(export);
  }

  @Test
  void exportAgainShouldHaveNoFurtherEffect() {
    Zvol zvol = volume("vol1");
    Export first = export(zvol, INITIATOR);
    for (int i = 0; i < REPEATS; i++) {
      assertThat(export(zvol, INITIATOR)).isEqualTo(first);
    }
    assertThat(listed()).containsExactly(first);
  }

  @Test
  void exportAgainShouldNotDisturbASession() {
    Zvol zvol = volume("vol1");
    Export export = export(zvol, INITIATOR);
    try (Holder session = logIn(export.target(), INITIATOR)) {
      assertThat(session).isNotNull();
      export(zvol, INITIATOR);
      assertThat(listed()).extracting(Export::sessions).containsExactly(Set.of(INITIATOR));
    }
  }

  @Test
  void exportShouldAdmitOnlyTheGivenInitiator() {
    Export export = export(volume("vol1"), INITIATOR);
    assertFails(ErrorCode.PERMISSION_DENIED, () -> logIn(export.target(), OTHER_INITIATOR).close());
    logIn(export.target(), INITIATOR).close();
  }

  @Test
  void exportShouldAdmitNobodyWhoDoesNotKnowTheSecret() {
    requireChap();
    Target target = export(volume("vol1"), knowing(SECRETS)).target();
    assertFails(ErrorCode.PERMISSION_DENIED, () -> logIn(target, INITIATOR).close());
    assertFails(ErrorCode.PERMISSION_DENIED, () -> logIn(target, knowing(OTHER_SECRETS)).close());
    assertFails(
        ErrorCode.PERMISSION_DENIED,
        () -> logIn(target, new Admission(OTHER_INITIATOR, SECRETS)).close());
    logIn(target, knowing(SECRETS)).close();
  }

  @Test
  void exportShouldSayWhatALoginHasToProve() {
    requireChap();
    assertThat(export(volume("vol1"), INITIATOR).chap()).isEqualTo(ChapMode.NONE);
    assertThat(export(volume("vol2"), knowing(ONE_WAY)).chap()).isEqualTo(ChapMode.ONE_WAY);
    assertThat(export(volume("vol3"), knowing(SECRETS)).chap()).isEqualTo(ChapMode.MUTUAL);
    assertThat(listed())
        .extracting(Export::chap)
        .containsExactlyInAnyOrder(ChapMode.NONE, ChapMode.ONE_WAY, ChapMode.MUTUAL);
  }

  @Test
  void exportShouldRefuseSecretsItCannotAskFor() {
    if (exporter.chap() == ChapMode.NONE) {
      Zvol zvol = volume("vol1");
      assertRefused(ErrorCode.UNIMPLEMENTED, () -> export(zvol, knowing(SECRETS)));
      assertThat(listed()).isEmpty();
    }
  }

  @Test
  void exportShouldSecureWhatNeedsNoSecretUnderItsSession() {
    requireChap();
    Zvol zvol = volume("vol1");
    Target target = export(zvol, INITIATOR).target();
    try (Holder session = logIn(target, INITIATOR)) {
      assertThat(session).isNotNull();
      Export secured = export(zvol, knowing(SECRETS));
      assertThat(secured.chap()).isEqualTo(ChapMode.MUTUAL);
      assertThat(secured.sessions()).containsExactly(INITIATOR);
    }
    assertFails(ErrorCode.PERMISSION_DENIED, () -> logIn(target, INITIATOR).close());
    logIn(target, knowing(SECRETS)).close();
  }

  @Test
  void exportWithOtherSecretsShouldAskForThemAndForNoOthers() {
    requireChap();
    Zvol zvol = volume("vol1");
    Export first = export(zvol, knowing(SECRETS));
    assertThat(export(zvol, knowing(OTHER_SECRETS))).isEqualTo(first);
    assertFails(ErrorCode.PERMISSION_DENIED, () -> logIn(first.target(), knowing(SECRETS)).close());
    logIn(first.target(), knowing(OTHER_SECRETS)).close();
  }

  @Test
  void exportWithoutSecretsShouldLeaveThoseThereAre() {
    requireChap();
    Zvol zvol = volume("vol1");
    Export first = export(zvol, knowing(SECRETS));
    assertThat(export(zvol, INITIATOR)).isEqualTo(first);
    assertFails(ErrorCode.PERMISSION_DENIED, () -> logIn(first.target(), INITIATOR).close());
  }

  @Test
  void exportShouldRefuseASecondInitiator() {
    Zvol zvol = volume("vol1");
    Export first = export(zvol, INITIATOR);
    assertRefused(ErrorCode.FAILED_PRECONDITION, () -> export(zvol, OTHER_INITIATOR));
    assertThat(listed()).containsExactly(first);
  }

  @Test
  void exportShouldRefuseATargetThatShowsAnotherVolume() {
    Zvol first = volume("vol1");
    Export export = export(first, INITIATOR);
    Zvol second = volume("vol10");
    assertRefused(
        ErrorCode.FAILED_PRECONDITION,
        () -> exporter.export(second, idOf(first), 1, Admission.byName(INITIATOR), soon()));
    assertThat(listed()).containsExactly(export);
  }

  @Test
  void exportShouldRefuseAnotherMappingOfAnExportedVolume() {
    Zvol zvol = volume("vol1");
    Export export = export(zvol, INITIATOR);
    assertRefused(
        ErrorCode.FAILED_PRECONDITION,
        () -> exporter.export(zvol, idOf(zvol), 2, Admission.byName(INITIATOR), soon()));
    assertThat(listed()).containsExactly(export);
    exporter.unexport(idOf(zvol), OpenSessions.REFUSE, soon());
    assertThat(exporter.export(zvol, idOf(zvol), 2, Admission.byName(INITIATOR), soon()).target())
        .isEqualTo(exporter.targetOf(zvol.name(), idOf(zvol), 2));
  }

  @Test
  void exportShouldRefuseADeviceUnderASecondTarget() {
    Zvol zvol = volume("vol1");
    Export export = export(zvol, INITIATOR);
    VolumeId other = VolumeId.random();
    used.add(other);
    assertRefused(
        ErrorCode.FAILED_PRECONDITION,
        () -> exporter.export(zvol, other, 1, Admission.byName(INITIATOR), soon()));
    assertThat(listed()).containsExactly(export);
  }

  @Test
  void exportShouldLeaveNothingWhenThereIsNoDevice() {
    VolumeId id = VolumeId.random();
    used.add(id);
    Zvol real = volume("vol1");
    DevicePath nowhere = new DevicePath(real.device() + "-absent");
    Zvol absent = new Zvol(real.name(), id, true, ByteSize.mebibytes(16), nowhere);
    VmStoreException failure = Checks.failureOf(() -> export(absent, INITIATOR));
    assertThat(failure.outcomeUnknown()).isFalse();
    assertThat(listed()).isEmpty();
    export(real, INITIATOR);
  }

  @Test
  void exportShouldRefuseADeviceThatIsHeld() {
    Zvol zvol = volume("vol1");
    try (Holder holder = hold(zvol)) {
      assertThat(holder.name()).isNotBlank();
      assertRefused(ErrorCode.FAILED_PRECONDITION, () -> export(zvol, INITIATOR));
      assertThat(listed()).isEmpty();
    }
    assertThat(export(zvol, INITIATOR).initiators()).containsExactly(INITIATOR);
  }

  @Test
  void exportShouldCompleteAHalfMadeOne() {
    Zvol zvol = volume("vol1");
    leaveHalfMade(zvol, INITIATOR);
    Export export = export(zvol, INITIATOR);
    assertThat(export.initiators()).containsExactly(INITIATOR);
    assertThat(listed()).containsExactly(export);
  }

  @Test
  void exportShouldNotBeginAfterItsDeadline() {
    Zvol zvol = volume("vol1");
    VmStoreException failure =
        assertFails(
            ErrorCode.DEADLINE_EXCEEDED,
            () -> exporter.export(zvol, idOf(zvol), 1, Admission.byName(INITIATOR), passed()));
    if (!failure.outcomeUnknown()) {
      assertThat(listed()).isEmpty();
    }
  }

  @Test
  void exportShouldSayWhatIsWhenInterrupted() {
    Zvol zvol = volume("vol1");
    if (Checks.interrupted(patience(), () -> export(zvol, INITIATOR))) {
      assertThat(listed()).hasSize(1);
    }
    assertThat(export(zvol, INITIATOR).initiators()).containsExactly(INITIATOR);
  }

  @Test
  void exportShouldServeDifferentVolumesAtOnce() {
    List<Zvol> volumes =
        List.of("vol1", "vol10", "vol2", "vol3", "vol4", "vol5").stream()
            .map(this::volume)
            .toList();
    List<Export> exports =
        atOnce(volumes.size(), patience(), i -> () -> export(volumes.get(i), INITIATOR));
    assertThat(listed()).containsExactlyInAnyOrderElementsOf(exports);
    atOnce(
        volumes.size(),
        patience(),
        i ->
            () -> {
              exporter.unexport(idOf(volumes.get(i)), OpenSessions.REFUSE, soon());
              return i;
            });
    assertThat(listed()).isEmpty();
  }

  @Test
  void unexportShouldReleaseTheDevice() {
    Zvol zvol = volume("vol1");
    export(zvol, INITIATOR);
    exporter.unexport(idOf(zvol), OpenSessions.REFUSE, soon());
    assertThat(listed()).isEmpty();
    VolumeId other = VolumeId.random();
    used.add(other);
    assertThat(exporter.export(zvol, other, 1, Admission.byName(INITIATOR), soon()).device())
        .isEqualTo(zvol.device());
  }

  @Test
  void unexportShouldLetTheVolumeGoToAnotherInitiator() {
    Zvol zvol = volume("vol1");
    export(zvol, INITIATOR);
    exporter.unexport(idOf(zvol), OpenSessions.REFUSE, soon());
    assertThat(export(zvol, OTHER_INITIATOR).initiators()).containsExactly(OTHER_INITIATOR);
  }

  @Test
  void unexportAgainShouldSucceed() {
    Zvol zvol = volume("vol1");
    export(zvol, INITIATOR);
    for (int i = 0; i < REPEATS; i++) {
      exporter.unexport(idOf(zvol), OpenSessions.REFUSE, soon());
      exporter.unexport(VolumeId.random(), OpenSessions.END, soon());
    }
    assertThat(listed()).isEmpty();
  }

  @Test
  void unexportShouldLeaveOtherVolumesAlone() {
    Zvol one = volume("vol1");
    export(one, INITIATOR);
    Export other = export(volume("vol10"), INITIATOR);
    exporter.unexport(idOf(one), OpenSessions.END, soon());
    assertThat(listed()).containsExactly(other);
  }

  @Test
  void unexportShouldEndAHalfMadeExport() {
    Zvol zvol = volume("vol1");
    leaveHalfMade(zvol, INITIATOR);
    exporter.unexport(idOf(zvol), OpenSessions.REFUSE, soon());
    assertThat(listed()).isEmpty();
    assertThat(export(zvol, OTHER_INITIATOR).initiators()).containsExactly(OTHER_INITIATOR);
  }

  @Test
  void unexportShouldRefuseToEndASession() {
    Zvol zvol = volume("vol1");
    Export export = export(zvol, INITIATOR);
    try (Holder session = logIn(export.target(), INITIATOR)) {
      assertThat(session).isNotNull();
      VmStoreException failure =
          assertRefused(
              ErrorCode.FAILED_PRECONDITION,
              () -> exporter.unexport(idOf(zvol), OpenSessions.REFUSE, soon()));
      assertThat(failure.toString() + failure.details()).contains(INITIATOR.value());
      assertThat(listed()).extracting(Export::sessions).containsExactly(Set.of(INITIATOR));
    }
    exporter.unexport(idOf(zvol), OpenSessions.REFUSE, soon());
    assertThat(listed()).isEmpty();
  }

  @Test
  void unexportShouldEndASessionWhenToldTo() {
    Zvol zvol = volume("vol1");
    Export export = export(zvol, INITIATOR);
    try (Holder session = logIn(export.target(), INITIATOR)) {
      assertThat(session).isNotNull();
      exporter.unexport(idOf(zvol), OpenSessions.END, soon());
      assertThat(listed()).isEmpty();
      assertFails(ErrorCode.NOT_FOUND, () -> logIn(export.target(), INITIATOR).close());
    }
  }

  @Test
  void unexportShouldNotMakeAnythingMoreOpenWhenItsDeadlineHasPassed() {
    Zvol zvol = volume("vol1");
    export(zvol, INITIATOR);
    assertFails(
        ErrorCode.DEADLINE_EXCEEDED,
        () -> exporter.unexport(idOf(zvol), OpenSessions.END, passed()));
    assertThat(listed()).allMatch(export -> Set.of(INITIATOR).containsAll(export.initiators()));
    exporter.unexport(idOf(zvol), OpenSessions.END, soon());
    assertThat(listed()).isEmpty();
  }

  @Test
  void unexportShouldSayWhatIsWhenInterrupted() {
    Zvol zvol = volume("vol1");
    export(zvol, INITIATOR);
    if (Checks.interrupted(
        patience(), () -> exporter.unexport(idOf(zvol), OpenSessions.END, soon()))) {
      assertThat(listed()).isEmpty();
    }
    exporter.unexport(idOf(zvol), OpenSessions.END, soon());
    assertThat(listed()).isEmpty();
  }

  @Test
  void listShouldBeOrderedByTarget() {
    List.of("vol2", "vol10", "vol1").forEach(name -> export(volume(name), INITIATOR));
    List<Export> exports = listed();
    assertThat(exports)
        .hasSize(3)
        .isSortedAccordingTo(Comparator.comparing(export -> export.target().iqn().value()));
  }

  @Test
  void listShouldShowWhoIsLoggedIn() {
    Export export = export(volume("vol1"), INITIATOR);
    export(volume("vol10"), INITIATOR);
    try (Holder session = logIn(export.target(), INITIATOR)) {
      assertThat(session).isNotNull();
      for (Export each : listed()) {
        boolean same = each.volume().equals(export.volume());
        assertThat(each.sessions()).isEqualTo(same ? Set.of(INITIATOR) : Set.of());
      }
    }
    assertThat(listed()).extracting(Export::sessions).containsOnly(Set.of());
  }

  @Test
  void listShouldShowAHalfMadeExport() {
    Zvol zvol = volume("vol1");
    leaveHalfMade(zvol, INITIATOR);
    assertThat(listed()).extracting(Export::volume).containsExactly(idOf(zvol));
  }

  @Test
  void foreignTargetsShouldBeNeitherShownNorTouched() {
    Iqn foreign = createForeignTarget();
    Zvol zvol = volume("vol1");
    export(zvol, INITIATOR);
    assertThat(exporter.list(soon()))
        .extracting(export -> export.target().iqn())
        .doesNotContain(foreign);
    exporter.unexport(idOf(zvol), OpenSessions.END, soon());
    assertThat(foreignTargetExists(foreign)).isTrue();
  }

  @Test
  void exportsShouldOutliveTheExporter() {
    Zvol zvol = volume("vol1");
    Export before = export(zvol, INITIATOR);
    exporter.close();
    exporter = open();
    assertThat(listed()).containsExactly(before);
    assertThat(export(zvol, INITIATOR)).isEqualTo(before);
    exporter.unexport(idOf(zvol), OpenSessions.REFUSE, soon());
    assertThat(listed()).isEmpty();
  }

  @Test
  void callsAfterCloseShouldFailWithUnavailable() {
    Zvol zvol = volume("vol1");
    exporter.close();
    assertRefused(ErrorCode.UNAVAILABLE, () -> export(zvol, INITIATOR));
    assertRefused(
        ErrorCode.UNAVAILABLE, () -> exporter.unexport(idOf(zvol), OpenSessions.END, soon()));
    assertRefused(ErrorCode.UNAVAILABLE, () -> exporter.list(soon()));
  }

  @Test
  void closeAgainShouldBeHarmless() {
    Export before = export(volume("vol1"), INITIATOR);
    exporter.close();
    assertThatCode(exporter::close).doesNotThrowAnyException();
    exporter = open();
    assertThat(listed()).containsExactly(before);
  }
}
