package io.vmstore.zfs.lio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.exec.DeviceHolders;
import io.vmstore.model.ByteSize;
import io.vmstore.model.ChapMode;
import io.vmstore.model.ChapSecrets;
import io.vmstore.model.Deadline;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Iqn;
import io.vmstore.model.Portal;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Admission;
import io.vmstore.spi.Export;
import io.vmstore.spi.TargetExporter.OpenSessions;
import io.vmstore.spi.Zvol;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntPredicate;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class LioTargetExporterTest {
  private static final Iqn HOST = new Iqn("iqn.2026-11.example:host1");
  private static final Iqn OTHER = new Iqn("iqn.2026-11.example:host2");
  private static final VolumeId ID = VolumeId.parse("00000000-0000-4000-8000-000000000001");
  private static final VolumeId OTHER_ID = VolumeId.parse("00000000-0000-4000-8000-000000000002");
  private static final String BACKSTORE = "iqn.2026-11.io.vmstore:" + ID;
  private static final String TARGET = BACKSTORE + ".g7";

  private static final ChapSecrets SECRETS =
      new ChapSecrets("initiators0secret", "targets0own0secret");

  /** The step of the first export in which the kernel opens the device. */
  private static final int OPENING = 5;

  /** ERESTARTSYS, as strerror(3) has it. */
  private static final String LOCKED = "Unknown error 512";

  @TempDir Path folder;
  private LioConfig config = LioConfig.of(List.of(Portal.parse("10.0.0.1")));
  private Set<String> absentAddresses = new HashSet<>();
  private final CompletableFuture<@Nullable Void> opened = new CompletableFuture<>();
  private final AtomicInteger opens = new AtomicInteger();
  private SimulatedLio lio = new SimulatedLio(Path.of("/unset"));
  private Zvol zvol =
      new Zvol(
          ZvolName.parse("tank/v1"), ID, true, ByteSize.gibibytes(1), new DevicePath("/unset"));

  @BeforeEach
  void aKernelAndADevice() throws IOException {
    config = config.withRoot(folder.resolve("target"));
    lio = new SimulatedLio(config.root()).boot();
    Path device = Files.createFile(folder.resolve("zd0"));
    zvol = new Zvol(zvol.name(), ID, true, zvol.size(), DevicePath.of(device));
  }

  @Test
  void exportShouldWriteInTheDocumentedOrderAndEnableLast() {
    export(HOST);
    String backstore = "core/iblock_1000000/" + BACKSTORE;
    String group = "iscsi/" + TARGET + "/tpgt_1";
    String acl = group + "/acls/" + HOST;
    assertThat(lio.effects())
        .containsExactly(
            "mkdir iscsi",
            "mkdir core/iblock_1000000",
            "mkdir " + backstore,
            "write " + backstore + "/udev_path = " + zvol.device(),
            "write " + backstore + "/control = udev_path=" + zvol.device(),
            "write " + backstore + "/enable = 1",
            "write " + backstore + "/wwn/vpd_unit_serial = " + ID,
            "write " + backstore + "/attrib/emulate_tpu = 1",
            "write " + backstore + "/attrib/emulate_3pc = 0",
            "mkdir iscsi/" + TARGET,
            "mkdir " + group,
            "write " + group + "/attrib/authentication = 0",
            "write " + group + "/attrib/generate_node_acls = 0",
            "write " + group + "/attrib/cache_dynamic_acls = 0",
            "write " + group + "/attrib/demo_mode_write_protect = 1",
            "write " + group + "/attrib/demo_mode_discovery = 0",
            "mkdir " + group + "/lun/lun_0",
            "link " + group + "/lun/lun_0/" + BACKSTORE + " -> " + backstore,
            "mkdir " + group + "/np/10.0.0.1:3260",
            "mkdir " + acl,
            "mkdir " + acl + "/lun_0",
            "link " + acl + "/lun_0/" + BACKSTORE + " -> " + group + "/lun/lun_0",
            "write " + acl + "/lun_0/write_protect = 0",
            "write " + group + "/enable = 1");
  }

  @Test
  void exportShouldWriteTheSecretsBeforeItEnables() {
    export(SECRETS);
    String group = "iscsi/" + TARGET + "/tpgt_1";
    String auth = group + "/acls/" + HOST + "/auth/";
    assertThat(lio.effects())
        .contains("write " + group + "/attrib/authentication = 1")
        .doesNotContain("write " + group + "/attrib/authentication = 0")
        .endsWith(
            "write " + auth + "userid = " + HOST,
            "write " + auth + "password = " + SECRETS.initiator(),
            "write " + auth + "userid_mutual = " + TARGET,
            "write " + auth + "password_mutual = " + SECRETS.target(),
            "write " + group + "/enable = 1");
  }

  @Test
  void exportAgainWithItsSecretsShouldWriteNothing() {
    Export first = export(SECRETS);
    lio.beforeEffect(number -> {});
    assertThat(export(SECRETS)).isEqualTo(first);
    assertThat(lio.effects()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"authentication, 0", "generate_node_acls, 1"})
  void exportShouldFailAndLeaveNothingWhenAnyoneWouldGetInBy(String attribute, String value)
      throws IOException {
    lio.ignoreWritesTo(attribute);
    lio.beforeEffect(number -> tamper("attrib/" + attribute, value));
    VmStoreException failure = failure(() -> export(SECRETS));
    assertThat(failure.code()).isEqualTo(ErrorCode.INTERNAL);
    assertThat(failure.outcomeUnknown()).isFalse();
    assertThat(failure + " " + failure.details()).doesNotContain(SECRETS.initiator());
    assertThat(lio.objects()).isEmpty();
  }

  /** Somebody else's hand, as soon as the group is there. */
  private void tamper(String attribute, String value) throws IOException {
    Path file = config.root().resolve("iscsi/" + TARGET + "/tpgt_1").resolve(attribute);
    if (Files.exists(file)) {
      Files.writeString(file, value + "\n");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"userid", "password", "userid_mutual", "password_mutual"})
  void nobodyShouldGetInWhenTheKernelDoesNotTake(String attribute) throws IOException {
    lio.ignoreWritesTo(attribute);
    export(SECRETS);
    assertThat(lio.logIn(TARGET, HOST.value(), SECRETS)).isFalse();
    assertThat(lio.logIn(TARGET, HOST.value())).isFalse();
    VmStoreException failure = failure(() -> export(SECRETS));
    assertThat(failure.code()).isEqualTo(ErrorCode.INTERNAL);
    assertThat(failure + " " + failure.details()).doesNotContain(SECRETS.initiator());
  }

  @Test
  void exportShouldLeaveNothingWhicheverStepFailsWithSecrets() throws IOException {
    int steps = stepsOf(() -> export(SECRETS));
    unexport();
    for (int step = 0; step < steps - 1; step++) {
      failAt(step);
      VmStoreException failure = failure(() -> export(SECRETS));
      assertThat(failure.outcomeUnknown()).as("step %s: %s", step, failure).isFalse();
      assertThat(failure.toString()).doesNotContain(SECRETS.initiator());
      assertThat(lio.objects()).as("after step %s", step).isEmpty();
    }
  }

  @Test
  void exportAgainShouldCloseWhatSomebodyOpenedByHand() throws IOException {
    export(SECRETS);
    Path group = config.root().resolve("iscsi/" + TARGET + "/tpgt_1");
    for (String open :
        List.of("attrib/authentication", "acls/" + HOST + "/attrib/authentication")) {
      Files.writeString(group.resolve(open), "0\n");
      assertThat(exporter().list(soon())).extracting(Export::chap).containsOnly(ChapMode.NONE);
      assertThat(export(SECRETS).chap()).isEqualTo(ChapMode.MUTUAL);
      assertThat(lio.logIn(TARGET, HOST.value())).isFalse();
    }
    assertThat(lio.logIn(TARGET, HOST.value(), SECRETS)).isTrue();
  }

  @Test
  void aCrashBetweenTheSecretsShouldLeaveWhatNobodyCanLogInTo() throws IOException {
    int steps = stepsOf(() -> export(SECRETS));
    unexport();
    for (int step = 0; step < steps - 1; step++) {
      crashAt(step, () -> export(SECRETS));
      assertThat(lio.logIn(TARGET, HOST.value())).as("after %s", step).isFalse();
      assertThat(export(SECRETS).chap()).isEqualTo(ChapMode.MUTUAL);
      unexport();
    }
  }

  @Test
  void exportAgainShouldWriteNothing() {
    Export first = export(HOST);
    lio.beforeEffect(number -> {});
    assertThat(export(HOST)).isEqualTo(first);
    assertThat(lio.effects()).isEmpty();
  }

  @Test
  void exportShouldNotOfferDiscardWhenTheDeviceHasNone() {
    lio.withoutDiscard();
    export(HOST);
    assertThat(lio.effects()).noneMatch(effect -> effect.contains("emulate_tpu"));
  }

  @Test
  void exportShouldLeaveNothingWhicheverStepFails() throws IOException {
    int steps = stepsOf(() -> export(HOST));
    assertThat(steps).isGreaterThan(20);
    unexport();
    for (int step = 0; step < steps - 1; step++) { // without the "mkdir iscsi" of the first time
      failAt(step);
      VmStoreException failure = failure(() -> export(HOST));
      assertThat(failure.outcomeUnknown()).as("step %s: %s", step, failure).isFalse();
      assertThat(lio.objects()).as("after step %s", step).isEmpty();
    }
    failAt(-1);
    export(HOST);
  }

  @Test
  void exportShouldSayThatSomethingRemainsWhenUndoingFailsToo() {
    refuseFrom(20);
    assertThat(failure(() -> export(HOST)).outcomeUnknown()).isTrue();
    failAt(-1);
    assertThat(export(HOST).initiators()).containsExactly(HOST);
  }

  @Test
  void aCrashAtAnyStepShouldLeaveWhatUnexportRemovesAndExportCompletes() throws IOException {
    int steps = stepsOf(() -> export(HOST));
    unexport();
    for (int step = 0; step < steps - 1; step++) {
      crashAt(step, () -> export(HOST));
      unexport();
      // An adapter without a backstore is nobody's; the next export takes it.
      assertThat(lio.objects()).as("after a crash at %s", step).isSubsetOf("core/iblock_1000000");
      crashAt(step, () -> export(HOST));
      assertThat(export(HOST).initiators()).containsExactly(HOST);
      unexport();
      assertThat(lio.objects()).isEmpty();
    }
  }

  @Test
  void unexportShouldGoOnWhicheverStepFailed() throws IOException {
    export(HOST);
    int steps = stepsOf(this::unexport);
    assertThat(steps).isGreaterThan(10);
    for (int step = 0; step < steps; step++) {
      failAt(-1);
      export(HOST);
      failAt(step);
      VmStoreException failure = failure(this::unexport);
      assertThat(failure.outcomeUnknown()).as("step %s: %s", step, failure).isTrue();
      assertThat(exporter().list(soon())).as("after step %s", step).hasSizeLessThanOrEqualTo(1);
      failAt(-1);
      unexport();
      // A failure after the last trace of the volume leaves an adapter that the next export takes.
      assertThat(lio.objects()).as("after step %s", step).isSubsetOf("core/iblock_1000000");
    }
  }

  @Test
  void unexportShouldWaitForASessionThatTakesItsTimeToEnd() throws Exception {
    export(HOST);
    lio.logIn(TARGET, HOST.value());
    lio.makeStubborn(TARGET, HOST.value());
    CompletableFuture<Void> ended =
        CompletableFuture.runAsync(() -> exporter().unexport(ID, OpenSessions.END, soon()));
    await().until(() -> lio.effects().stream().anyMatch(effect -> effect.endsWith("enable = 0")));
    assertThat(lio.exists(config.root().resolve("iscsi/" + TARGET + "/tpgt_1/acls/" + HOST)))
        .isTrue();
    lio.logOut(TARGET, HOST.value());
    ended.get();
    assertThat(lio.objects()).isEmpty();
  }

  @Test
  void unexportShouldFailWithDeadlineExceededWhenASessionDoesNotEnd() throws IOException {
    export(HOST);
    lio.logIn(TARGET, HOST.value());
    lio.makeStubborn(TARGET, HOST.value());
    VmStoreException failure =
        failure(
            () ->
                exporter().unexport(ID, OpenSessions.END, Deadline.after(Duration.ofMillis(100))));
    assertThat(failure.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
    assertThat(failure.outcomeUnknown()).isTrue();
    assertThat(lio.logIn(TARGET, HOST.value())).isFalse();
    assertThat(exporter().list(soon())).extracting(Export::sessions).containsExactly(Set.of(HOST));
  }

  @Test
  void exportShouldFailWithUnavailableWhenAPortalsAddressIsNotHere() throws IOException {
    config =
        new LioConfig(
            config.root(),
            config.prefix(),
            List.of(Portal.parse("10.0.0.1"), Portal.parse("[fd00::9]:3260")),
            Map.of(),
            ChapMode.MUTUAL);
    absentAddresses.add("fd00::9");
    VmStoreException failure = failure(() -> export(HOST));
    assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(failure).hasMessageContaining("'[fd00::9]:3260'");
    assertThat(failure.outcomeUnknown()).isFalse();
    assertThat(lio.objects()).isEmpty();
  }

  @Test
  void exportShouldAddAPortalThatIsNewInTheConfiguration() throws IOException {
    export(HOST);
    lio.logIn(TARGET, HOST.value());
    config =
        new LioConfig(
            config.root(),
            config.prefix(),
            List.of(Portal.parse("10.0.0.1"), Portal.parse("10.0.0.2")),
            Map.of(),
            ChapMode.MUTUAL);
    lio.beforeEffect(number -> {});
    assertThat(export(HOST).sessions()).containsExactly(HOST);
    assertThat(lio.effects()).containsExactly("mkdir iscsi/" + TARGET + "/tpgt_1/np/10.0.0.2:3260");
    absentAddresses.add("10.0.0.3");
    config = LioConfig.of(List.of(Portal.parse("10.0.0.3"))).withRoot(config.root());
    assertThat(failure(() -> export(HOST)).outcomeUnknown()).isTrue();
    assertThat(exporter().list(soon())).hasSize(1);
  }

  @Test
  void exportShouldFailWithUnavailableWhenTheKernelHasNoTarget() {
    config = config.withRoot(folder.resolve("nowhere"));
    VmStoreException failure = failure(() -> export(HOST));
    assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(failure).hasMessageContaining("modprobe");
    assertThat(exporter().list(soon())).isEmpty();
    unexport();
  }

  @Test
  void exportShouldNameWhoHoldsTheDevice() throws IOException {
    lio.holdByOthers(zvol.device().toPath(), true);
    Path node = zvol.device().toPath().toRealPath();
    Files.createDirectories(folder.resolve("proc/self"));
    Files.writeString(
        folder.resolve("proc/self/mountinfo"), "1 1 1:1 / /mnt rw - ext4 " + node + " rw\n");
    VmStoreException failure = failure(() -> export(HOST));
    assertThat(failure.code()).isEqualTo(ErrorCode.FAILED_PRECONDITION);
    assertThat(failure.details()).containsEntry("holder", "mounted at /mnt");
    assertThat(lio.objects()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"Cannot allocate memory", "No space left on device"})
  void exportShouldFailWithResourceExhaustedWhenTheKernelHasNoRoom(String reason) {
    lio.beforeEffect(refusing(step -> step == 3, reason));
    assertThat(failure(() -> export(HOST)).code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
  }

  @Test
  void exportShouldOpenTheDeviceAgainWhileThePoolIsLocked() {
    lio.beforeEffect(refusing(step -> step == OPENING || step == OPENING + 1, LOCKED));
    assertThat(export(HOST).initiators()).containsExactly(HOST);
  }

  @Test
  void exportShouldLeaveNothingWhenThePoolStaysLockedUntilTheDeadline() throws IOException {
    Deadline deadline = Deadline.after(Duration.ofMillis(300));
    lio.beforeEffect(refusing(step -> step >= OPENING && !deadline.passed(), LOCKED));
    VmStoreException failure =
        failure(() -> exporter().export(zvol, ID, 1, Admission.byName(HOST), deadline));
    assertThat(failure.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
    assertThat(failure.outcomeUnknown()).isFalse();
    assertThat(lio.objects()).isEmpty();
  }

  @Test
  void exportShouldRefuseWhatSomebodyOpenedByHand() throws IOException {
    export(HOST);
    Path group = config.root().resolve("iscsi/" + TARGET + "/tpgt_1");
    Files.writeString(group.resolve("attrib/generate_node_acls"), "1\n");
    assertThat(failure(() -> export(HOST)).code()).isEqualTo(ErrorCode.FAILED_PRECONDITION);
    unexport();
    export(HOST);
  }

  @Test
  void exportShouldRefuseAHalfEndedExportToAnother() {
    export(OTHER);
    failAt(1);
    failure(this::unexport);
    failAt(-1);
    assertThat(failure(() -> export(HOST)))
        .hasMessageContaining("'" + OTHER + "'")
        .extracting(VmStoreException::code)
        .isEqualTo(ErrorCode.FAILED_PRECONDITION);
  }

  @Test
  void exportShouldStopAndUndoWhenInterruptedInTheMiddle() throws IOException {
    lio.beforeEffect(
        number -> {
          if (number == 9) {
            Thread.currentThread().interrupt();
          }
        });
    VmStoreException failure = failure(() -> export(HOST));
    assertThat(Thread.interrupted()).isTrue();
    assertThat(failure.code()).isEqualTo(ErrorCode.CANCELLED);
    assertThat(failure.outcomeUnknown()).isFalse();
    assertThat(lio.objects()).isEmpty();
  }

  /** Whoever meets another's open of a zvol would try again and again (zvol_os.c, zvol_open). */
  @Test
  void exportsShouldOpenTheirDevicesOneAfterTheOther() throws Exception {
    LioTargetExporter exporter = exporter();
    Zvol second = anotherZvol();
    CompletableFuture<Void> first = exportHanging(exporter);
    Thread waiting = new Thread(() -> exportAndEnd(exporter, second, OTHER_ID));
    waiting.start();
    await().until(() -> waiting.getState() == Thread.State.TIMED_WAITING);
    assertThat(opens).hasValue(1);
    opened.complete(null);
    first.get();
    waiting.join();
    assertThat(opens).hasValue(2);
  }

  @Test
  void anOpenThatHangsShouldNotKeepOthersFromTheirs() throws Exception {
    LioTargetExporter exporter = exporter();
    Zvol second = anotherZvol();
    CompletableFuture<Void> hanging = exportHanging(exporter);
    exportAndEnd(exporter, second, OTHER_ID);
    assertThat(hanging).isNotDone();
    opened.complete(null);
    hanging.get();
  }

  private CompletableFuture<Void> exportHanging(LioTargetExporter exporter) {
    lio.whenOpening(
        () -> {
          if (opens.incrementAndGet() == 1) {
            opened.join();
          }
        });
    CompletableFuture<Void> hanging =
        CompletableFuture.runAsync(() -> exportAndEnd(exporter, zvol, ID));
    await().until(() -> opens.get() == 1);
    return hanging;
  }

  private Zvol anotherZvol() throws IOException {
    DevicePath device = DevicePath.of(Files.createFile(folder.resolve("zd16")));
    return new Zvol(ZvolName.parse("tank/v2"), OTHER_ID, true, zvol.size(), device);
  }

  @Test
  void exportsOfVolumesWhoseIdsBeginAlikeShouldShareAnAdapterUntilBothHaveEnded() throws Exception {
    Zvol second = anotherZvol();
    LioTargetExporter exporter = exporter();
    for (int round = 0; round < 5; round++) {
      CompletableFuture.allOf(
              CompletableFuture.runAsync(() -> exportAndEnd(exporter, zvol, ID)),
              CompletableFuture.runAsync(() -> exportAndEnd(exporter, second, OTHER_ID)))
          .get();
      assertThat(lio.objects()).isEmpty();
    }
  }

  private static void exportAndEnd(LioTargetExporter exporter, Zvol zvol, VolumeId id) {
    exporter.export(zvol, id, 7, Admission.byName(HOST), soon());
    exporter.unexport(id, OpenSessions.END, soon());
  }

  @Test
  void exportAndItsEndShouldNotLookAtOtherExports() throws IOException {
    export(HOST);
    unexport();
    int alone = readsOf(() -> exportAndEnd(exporter(), zvol, ID));
    for (int number = 1; number < 20; number++) {
      VolumeId other = VolumeId.parse("%08x-0000-4000-8000-000000000000".formatted(number << 4));
      DevicePath device = DevicePath.of(Files.createFile(folder.resolve("zd" + 16 * number)));
      Zvol another = new Zvol(ZvolName.parse("tank/v"), other, true, zvol.size(), device);
      exporter().export(another, other, 7, Admission.byName(HOST), soon());
    }
    assertThat(readsOf(() -> exportAndEnd(exporter(), zvol, ID))).isEqualTo(alone);
  }

  private int readsOf(Runnable call) {
    int before = lio.reads();
    call.run();
    return lio.reads() - before;
  }

  /** As versions did that took the lowest adapter free. */
  private Path backstoreInAnotherPlace() throws IOException {
    Path adapter = config.root().resolve("core/iblock_1000007");
    Path backstore = adapter.resolve(BACKSTORE);
    lio.makeDirectory(adapter);
    lio.makeDirectory(backstore);
    lio.write(backstore.resolve("udev_path"), zvol.device().value());
    lio.write(backstore.resolve("control"), "udev_path=" + zvol.device());
    lio.write(backstore.resolve("enable"), "1");
    return backstore;
  }

  @Test
  void exportShouldReplaceABackstoreThatIsInAnotherPlace() throws IOException {
    backstoreInAnotherPlace();
    assertThat(export(HOST).initiators()).containsExactly(HOST);
    assertThat(lio.objects())
        .containsExactly(
            "core/iblock_1000000", "core/iblock_1000000/" + BACKSTORE, "iscsi/" + TARGET);
  }

  @Test
  void exportShouldRefuseAnotherMappingWhoseBackstoreIsInAnotherPlace() throws IOException {
    Path backstore = backstoreInAnotherPlace();
    Path target = config.root().resolve("iscsi/" + BACKSTORE + ".g6");
    for (String each : List.of("..", "", "tpgt_1", "tpgt_1/lun/lun_0")) {
      lio.makeDirectory(target.resolve(each).normalize());
    }
    lio.link(target.resolve("tpgt_1/lun/lun_0/link"), backstore);
    List<String> before = lio.objects();
    assertThat(failure(() -> export(HOST))).hasMessageContaining("'" + BACKSTORE + ".g6'");
    assertThat(lio.objects()).isEqualTo(before);
    unexport();
    assertThat(lio.objects()).isEmpty();
  }

  @Test
  void unexportShouldFindALoneBackstoreWhereverItIs() throws IOException {
    backstoreInAnotherPlace();
    assertThat(exporter().list(soon())).hasSize(1);
    unexport();
    assertThat(lio.objects()).isEmpty();
  }

  @Test
  void unexportShouldLeaveAnAdapterInWhichSomebodyElseIs() throws IOException {
    export(HOST);
    lio.makeDirectory(config.root().resolve("core/iblock_1000000/somebody"));
    unexport();
    assertThat(lio.objects())
        .containsExactly("core/iblock_1000000", "core/iblock_1000000/somebody");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 70, Long.MAX_VALUE})
  void unexportShouldEndAnExportOfAnyMapping(long generation) throws IOException {
    Export export = exporter().export(zvol, ID, generation, Admission.byName(HOST), soon());
    assertThat(exporter().list(soon())).containsExactly(export);
    assertThat(lio.logIn(export.target().iqn().value(), HOST.value())).isTrue();
    assertThat(failure(this::unexport).code()).isEqualTo(ErrorCode.FAILED_PRECONDITION);
    exporter().unexport(ID, OpenSessions.END, soon());
    assertThat(lio.objects()).isEmpty();
  }

  @Test
  void unexportShouldLeaveAVolumeWhoseIdBeginsAlikeAlone() throws IOException {
    export(HOST);
    Path alike = config.root().resolve("iscsi").resolve(BACKSTORE + "0.g7/tpgt_1");
    Files.createDirectories(alike);
    unexport();
    assertThat(alike).exists();
  }

  @Test
  void exportShouldRefuseWhatIsHalfEndedForAnotherMapping() {
    export(HOST);
    failAt(1);
    failure(this::unexport);
    failAt(-1);
    assertThat(failure(() -> exporter().export(zvol, ID, 8, Admission.byName(HOST), soon())))
        .hasMessageContaining("'" + TARGET + "'")
        .extracting(VmStoreException::code)
        .isEqualTo(ErrorCode.FAILED_PRECONDITION);
    unexport();
    assertThat(
            exporter().export(zvol, ID, 8, Admission.byName(HOST), soon()).target().iqn().value())
        .isEqualTo(BACKSTORE + ".g8");
  }

  @Test
  void listShouldShowABackstoreThatIsLeftAlone() throws IOException {
    int steps = stepsOf(() -> export(HOST));
    unexport();
    for (int step = 0; step < steps - 1; step++) {
      crashAt(step, () -> export(HOST));
      boolean backstore = lio.objects().stream().anyMatch(path -> path.endsWith(BACKSTORE));
      assertThat(exporter().list(soon())).as("after %s", step).hasSize(backstore ? 1 : 0);
      unexport();
    }
  }

  @Test
  void listShouldTakeNeitherFilesNorOthersForExports() throws IOException {
    export(HOST);
    for (String other :
        List.of(
            "iqn.2026-11.io.vmstore2:" + ID + ".g7",
            BACKSTORE + "0",
            BACKSTORE + "0.g7",
            BACKSTORE + ".g",
            BACKSTORE + ".g7a",
            BACKSTORE)) {
      Files.createDirectories(config.root().resolve("iscsi").resolve(other));
    }
    Files.createDirectories(config.root().resolve("core/iblock_0/a-name-of-targetcli"));
    Files.createDirectories(
        config.root().resolve("core/iblock_0/iqn.2026-11.io.vmstore:nas2:" + ID));
    assertThat(exporter().list(soon())).extracting(Export::volume).containsExactly(ID);
  }

  private LioTargetExporter exporter() {
    DeviceHolders holders = new DeviceHolders(folder.resolve("proc"), folder.resolve("sys"));
    return new LioTargetExporter(
        config, lio, holders, portal -> !absentAddresses.contains(portal.address()));
  }

  private Export export(Iqn initiator) {
    return exporter().export(zvol, ID, 7, Admission.byName(initiator), soon());
  }

  private Export export(ChapSecrets secrets) {
    return exporter().export(zvol, ID, 7, new Admission(HOST, secrets), soon());
  }

  private void unexport() {
    exporter().unexport(ID, OpenSessions.REFUSE, soon());
  }

  private int stepsOf(Runnable call) {
    lio.beforeEffect(number -> {});
    call.run();
    return lio.effects().size();
  }

  private void failAt(int step) {
    lio.beforeEffect(refusing(number -> number == step, "Input/output error"));
  }

  private void refuseFrom(int step) {
    lio.beforeEffect(refusing(number -> number >= step, "Input/output error"));
  }

  private void crashAt(int step, ThrowingCallable call) {
    lio.beforeEffect(
        number -> {
          if (number == step) {
            throw new SimulatedLio.Crash();
          }
        });
    assertThat(catchThrowable(call)).isInstanceOf(SimulatedLio.Crash.class);
    lio.beforeEffect(number -> {});
  }

  private static SimulatedLio.Hook refusing(IntPredicate steps, String reason) {
    return number -> {
      if (steps.test(number)) {
        throw new FileSystemException("step " + number, null, reason);
      }
    };
  }

  private static VmStoreException failure(ThrowingCallable call) {
    VmStoreException failure = catchThrowableOfType(VmStoreException.class, call);
    assertThat(failure).isNotNull();
    return failure;
  }

  private static Deadline soon() {
    return Deadline.after(Duration.ofSeconds(20));
  }
}
