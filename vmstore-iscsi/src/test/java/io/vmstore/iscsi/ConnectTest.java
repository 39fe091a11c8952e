package io.vmstore.iscsi;

import static io.vmstore.iscsi.Failures.assertFails;
import static io.vmstore.iscsi.Failures.assertUndone;
import static io.vmstore.iscsi.Failures.shortly;
import static io.vmstore.iscsi.Failures.soon;
import static io.vmstore.iscsi.SimulatedHost.PORTAL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.exec.CommandRunner;
import io.vmstore.iscsi.SimulatedHost.SimulatedTarget;
import io.vmstore.managed.TargetName;
import io.vmstore.model.Deadline;
import io.vmstore.model.Iqn;
import io.vmstore.model.Portal;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.spi.ConnectedDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the contract does not see: the programs, and their failures. */
class ConnectTest {
  private static final Portal OTHER = Portal.parse("[2001:db8::2]:3260");

  private final VolumeId id = VolumeId.random();
  private final Path directory;
  private final SimulatedHost host;
  private final OpenIscsiTargetConnector connector;

  ConnectTest(@TempDir Path directory) throws IOException {
    this.directory = directory;
    this.host = new SimulatedHost(directory);
    this.connector = host.connector();
  }

  private ConnectedDevice connect(Target target) {
    return connector.connect(target, id, null, soon());
  }

  @Test
  void connectShouldHaveOneRecordMadeAndMakeTheOthersLikeIt() {
    connect(host.export("vol1", id).target);
    assertThat(host.events()).containsExactly("iscsiadm new", "iscsiadm --login", "scan 0 0 0");
    connectAnother("vol2");
    assertThat(host.events().subList(3, 5)).containsExactly("iscsiadm --login", "scan 0 0 0");
  }

  private Map<String, String> connectAnother(String name) {
    VolumeId other = VolumeId.random();
    Target target = host.export(name, other, OTHER).target;
    connector.connect(target, other, null, soon());
    return host.record(target.iqn(), OTHER);
  }

  @Test
  void aRecordMadeWithoutIscsiadmShouldBeLikeOneMadeByIt() {
    connect(host.export("vol1", id).target);
    Map<String, String> own = connectAnother("vol2");
    assertThat(host.programs()).containsOnlyOnce("iscsiadm new");
    Iqn iqn = SimulatedHost.iqn("vol2");
    assertThat(own)
        .containsEntry("node.name", iqn.value())
        .containsEntry("node.conn[0].address", OTHER.address())
        .containsEntry("node.conn[0].port", Integer.toString(OTHER.port()));
    new Iscsiadm(host, () -> {})
        .createRecord(new TargetName(iqn.value()), OTHER, Attempt.of("cannot test", soon()));
    assertThat(own.keySet()).isEqualTo(host.record(iqn, OTHER).keySet());
  }

  @Test
  void connectShouldHaveARecordMadeAgainWhenTheConfigurationHasChanged() throws IOException {
    connect(host.export("vol1", id).target);
    host.configure("another one");
    assertThat(connectAnother("vol2")).containsEntry("node.configured", "another one");
    assertThat(connectAnother("vol3")).containsEntry("node.configured", "another one");
    assertThat(host.programs()).filteredOn("iscsiadm new"::equals).hasSize(2);
  }

  @Test
  void connectShouldHaveARecordMadeWhenIscsiadmDoesNotKnowOurs() {
    connect(host.export("vol1", id).target);
    host.onCommand(1, SimulatedHost.exit(21));
    connectAnother("vol2");
    assertThat(host.programs()).filteredOn("iscsiadm new"::equals).hasSize(2);
  }

  @Test
  void connectShouldLeaveRecordsInFoldersToIscsiadm() {
    host.knowGroups();
    connect(host.export("vol1", id).target);
    connectAnother("vol2");
    assertThat(host.programs()).filteredOn("iscsiadm new"::equals).hasSize(2);
  }

  @Test
  void connectShouldHaveARecordMadeWhereOneIsThere() {
    connect(host.export("vol1", id).target);
    TargetName name = new TargetName(SimulatedHost.iqn("vol2").value());
    new Iscsiadm(host, () -> {}).createRecord(name, OTHER, Attempt.of("cannot test", soon()));
    connectAnother("vol2");
    assertThat(host.programs()).filteredOn("iscsiadm new"::equals).hasSize(3);
  }

  @Test
  void connectAgainShouldRunNoProgram() {
    Target target = host.export("vol1", id).target;
    connect(target);
    int before = host.events().size();
    connect(target);
    assertThat(host.events()).hasSize(before);
  }

  @Test
  void connectShouldReturnTheLinkToTheDevice() throws IOException {
    ConnectedDevice device = connect(host.export("vol1", id).target);
    assertThat(device.stablePath().toPath()).isEqualTo(directory.resolve("links/" + id));
    assertThat(Files.readSymbolicLink(device.stablePath().toPath()))
        .isEqualTo(device.device().toPath())
        .isEqualTo(directory.resolve("dev/sda"));
  }

  @Test
  void connectShouldTurnTheLinkOfAnEarlierBoot() throws IOException {
    Files.createDirectories(directory.resolve("links"));
    Files.createSymbolicLink(directory.resolve("links/" + id), directory.resolve("dev/sdq"));
    ConnectedDevice device = connect(host.export("vol1", id).target);
    assertThat(Files.readSymbolicLink(device.stablePath().toPath()))
        .isEqualTo(directory.resolve("dev/sda"));
  }

  @Test
  void recordShouldNeitherLogInAtBootNorTryAgain() {
    Target target = host.export("vol1", id).target;
    connector.connect(target, id, null, Deadline.after(Duration.ofMinutes(1)));
    assertThat(host.record(target.iqn(), PORTAL))
        .containsEntry("node.startup", "manual")
        .containsEntry("node.session.initial_login_retry_max", "0")
        .containsEntry("node.conn[0].timeo.login_timeout", "15");
  }

  @Test
  void connectShouldGiveEachPortalAShareOfTheTime() {
    Target target = host.export("vol1", id, PORTAL, OTHER).target;
    connector.connect(target, id, null, Deadline.after(Duration.ofSeconds(12)));
    assertThat(host.record(target.iqn(), PORTAL))
        .containsEntry("node.conn[0].timeo.login_timeout", "4");
  }

  @Test
  void connectShouldNotBringUpAnotherLun() {
    SimulatedTarget exported = host.export("vol1", id);
    exported.secondLun = true;
    connect(exported.target);
    assertThat(directory.resolve("dev")).isDirectoryNotContaining("glob:**sdb");
  }

  @Test
  void connectShouldTakeTheNextPortalWhenOneIsSilent() {
    Target target = host.export("vol1", id, PORTAL, OTHER).target;
    host.silence(PORTAL);
    assertThat(connect(target).target().portals()).containsExactly(OTHER);
  }

  @Test
  void connectShouldNotSayNotFoundWhenAPortalWasNotReached() {
    Target target = new Target(SimulatedHost.iqn("vol1"), List.of(PORTAL, OTHER));
    host.silence(OTHER);
    VmStoreException failure = assertUndone(host, ErrorCode.UNAVAILABLE, () -> connect(target));
    assertThat(failure.reason()).contains("'192.0.2.1:3260': ").contains("'[2001:db8::2]:3260': ");
  }

  @Test
  void connectShouldAskNoOtherPortalWhenNotAdmitted() {
    SimulatedTarget exported = host.export("vol1", id, PORTAL, OTHER);
    exported.admits = new Iqn("iqn.1993-08.org.debian:01:compute2");
    assertUndone(host, ErrorCode.PERMISSION_DENIED, () -> connect(exported.target));
    assertThat(host.programs()).containsOnlyOnce("iscsiadm --login");
  }

  @ParameterizedTest
  @CsvSource({
    "2, UNAVAILABLE",
    "4, UNAVAILABLE",
    "5, NOT_FOUND",
    "8, UNAVAILABLE",
    "9, UNAVAILABLE",
    "11, UNAVAILABLE",
    "12, UNAVAILABLE",
    "13, PERMISSION_DENIED",
    "19, NOT_FOUND",
    "21, UNAVAILABLE",
    "24, PERMISSION_DENIED",
    "32, UNAVAILABLE",
    "1, INTERNAL",
    "255, INTERNAL"
  })
  void loginShouldBeJudgedByItsExitCode(int exitCode, ErrorCode code) {
    Target target = host.export("vol1", id).target;
    host.onCommand(2, SimulatedHost.exit(exitCode));
    assertUndone(host, code, () -> connect(target));
  }

  @ParameterizedTest
  @ValueSource(ints = {18, 31})
  void connectShouldNotKnowTheOutcomeWhenIscsidWentSilent(int exitCode) {
    Target target = host.export("vol1", id).target;
    host.onCommand(2, SimulatedHost.exit(exitCode));
    assertThat(assertFails(ErrorCode.UNAVAILABLE, () -> connect(target)).outcomeUnknown()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void connectShouldLeaveNothingWhenACommandFails(int nth) {
    Target target = host.export("vol1", id).target;
    host.onCommand(nth, SimulatedHost.exit(9));
    assertUndone(host, ErrorCode.UNAVAILABLE, () -> connect(target));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void connectShouldLeaveNothingWhenACommandFailsAfterItsEffect(int nth) {
    Target target = host.export("vol1", id).target;
    host.onCommand(nth, afterEffect(SimulatedHost.exit(9)));
    assertUndone(host, ErrorCode.UNAVAILABLE, () -> connect(target));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void connectShouldSurviveALockedDatabase(int nth) {
    Target target = host.export("vol1", id).target;
    host.onCommand(nth, SimulatedHost.exit(6));
    assertThat(connect(target).serial()).isEqualTo(id.toString());
  }

  @Test
  void connectShouldGiveUpOnADatabaseThatCannotBeUsed() {
    Target target = host.export("vol1", id).target;
    for (int nth = 1; nth <= 5; nth++) {
      host.onCommand(nth, SimulatedHost.exit(6));
    }
    VmStoreException failure = assertUndone(host, ErrorCode.UNAVAILABLE, () -> connect(target));
    assertThat(failure.details()).containsEntry("exit-code", "6");
  }

  @Test
  void connectShouldLeaveNothingWhenItsTimeEndsBeforeTheLogin() {
    Target target = host.export("vol1", id).target;
    host.onCommand(1, SimulatedHost::hang);
    assertUndone(
        host, ErrorCode.DEADLINE_EXCEEDED, () -> connector.connect(target, id, null, shortly()));
  }

  @Test
  void connectShouldNotKnowTheOutcomeWhenItsTimeEndsDuringTheLogin() {
    Target target = host.export("vol1", id).target;
    host.onCommand(2, SimulatedHost::hang);
    VmStoreException failure =
        assertFails(
            ErrorCode.DEADLINE_EXCEEDED, () -> connector.connect(target, id, null, shortly()));
    assertThat(failure.outcomeUnknown()).isTrue();
    assertThat(host.remains()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 4})
  void connectShouldNotKnowTheOutcomeWhenItCannotUndo(int nth) {
    host.knowGroups();
    Target target = host.export("vol1", VolumeId.random()).target;
    host.onCommand(nth, SimulatedHost.exit(9));
    VmStoreException failure = assertFails(ErrorCode.FAILED_PRECONDITION, () -> connect(target));
    assertThat(failure.outcomeUnknown()).isTrue();
    assertThat(failure.reason()).contains("another disk");
  }

  @ParameterizedTest
  @ValueSource(strings = {"%s0", "0%s", "", "%s\0x", "another"})
  void connectShouldRefuseASerialThatOnlyResemblesTheId(String form) {
    Target target = host.export("vol1", id).target;
    host.swapSerial(target.iqn(), form.formatted(id));
    assertUndone(host, ErrorCode.FAILED_PRECONDITION, () -> connect(target));
  }

  @Test
  void connectShouldRefuseAPlainFileInPlaceOfTheNode() throws IOException {
    Target target = host.export("vol1", id).target;
    Path file = Files.createFile(directory.resolve("dev/sda"));
    VmStoreException failure = assertFails(ErrorCode.FAILED_PRECONDITION, () -> connect(target));
    assertThat(failure.correction()).contains(file.toString());
    assertThat(host.connected(target.iqn())).isFalse();
  }

  @Test
  void connectShouldUndoWhenTheLinkCannotBeMade() throws IOException {
    Target target = host.export("vol1", id).target;
    Files.createFile(directory.resolve("links"));
    assertUndone(host, ErrorCode.INTERNAL, () -> connect(target));
  }

  @Test
  void connectShouldUndoWhenInterruptedWhileItWaits() throws InterruptedException {
    SimulatedTarget exported = host.export("vol1", id);
    exported.hidden = true;
    CompletableFuture<Boolean> flag = new CompletableFuture<>();
    Thread caller =
        new Thread(
            () -> {
              assertUndone(host, ErrorCode.CANCELLED, () -> connect(exported.target));
              flag.complete(Thread.currentThread().isInterrupted());
            });
    caller.start();
    await().until(() -> host.events().contains("scan 0 0 0"));
    caller.interrupt();
    assertThat(flag).succeedsWithin(Duration.ofSeconds(20)).isEqualTo(true);
  }

  @Test
  void connectShouldUseASessionThatSomebodyMadeMeanwhile() {
    Target target = host.export("vol1", id).target;
    host.onCommand(
        2,
        (command, deadline) -> {
          host.logInByHand(target.iqn());
          return SimulatedHost.exit(15).run(command, deadline);
        });
    assertThat(connect(target).serial()).isEqualTo(id.toString());
  }

  @Test
  void connectShouldLeaveASessionAloneThatItDidNotMake() {
    SimulatedTarget exported = host.export("vol1", id);
    exported.hidden = true;
    host.logInByHand(exported.target.iqn());
    VmStoreException failure =
        assertFails(
            ErrorCode.DEADLINE_EXCEEDED,
            () -> connector.connect(exported.target, id, null, shortly()));
    assertThat(failure.outcomeUnknown()).isFalse();
    assertThat(host.connected(exported.target.iqn())).isTrue();
    assertThat(host.programs()).isEmpty();
  }

  @Test
  void connectShouldWaitForASessionThatIsConnectingAgain() {
    Target target = host.export("vol1", id).target;
    ConnectedDevice before = connect(target);
    host.loseConnections(target.iqn());
    assertFails(ErrorCode.UNAVAILABLE, () -> connector.connect(target, id, null, shortly()));
    host.regainConnections(target.iqn());
    assertThat(connect(target)).isEqualTo(before);
  }

  @Test
  void connectShouldNotFailBecauseAnotherVolumeFails() {
    Target unknown = new Target(SimulatedHost.iqn("vol10"), List.of(PORTAL));
    Target target = host.export("vol1", id).target;
    CompletableFuture<VmStoreException> failing =
        CompletableFuture.supplyAsync(
            () ->
                assertFails(
                    ErrorCode.NOT_FOUND,
                    () -> connector.connect(unknown, VolumeId.random(), null, soon())));
    assertThat(connect(target).serial()).isEqualTo(id.toString());
    assertThat(failing).succeedsWithin(Duration.ofSeconds(20));
    assertThat(host.connected(target.iqn())).isTrue();
  }

  private CommandRunner afterEffect(CommandRunner answer) {
    return (command, deadline) -> {
      host.act(command, deadline);
      return answer.run(command, deadline);
    };
  }
}
