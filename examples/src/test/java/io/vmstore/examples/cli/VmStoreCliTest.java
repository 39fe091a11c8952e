package io.vmstore.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmstore.Finding;
import io.vmstore.Finding.Kind;
import io.vmstore.Finding.Outcome;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.examples.broker.BrokerTls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class VmStoreCliTest {
  private static final String MAPPING_JSON =
      """
      {"zvol":"tank/vm-17","id":"6f1c2f0e-8d8f-4f57-9f2e-0a4b8a1f0c11","host":"compute1",\
      "size":10737418240,"target":"iqn.2026-11.io.vmstore:tank.vm-17.6f1c2f0e-8d8f-4f57-9f2e-0a4b8a1f0c11",\
      "portals":["10.0.0.1:3260","[fd00::1]:3260"],"device":"/dev/sda",\
      "stablePath":"/run/vmstore/devices/6f1c2f0e-8d8f-4f57-9f2e-0a4b8a1f0c11","generation":3}""";

  private final CliRun cli = new CliRun();

  @AfterEach
  void close() {
    cli.close();
  }

  @Test
  void mapShouldPrintWhereTheNodeHasTheVolume() {
    assertThat(cli.run("map", "nas1", "tank/vm-17", "compute1", "10G")).isZero();
    assertThat(cli.out())
        .isEqualTo(
            """
            tank/vm-17 is mapped to compute1
              stable path  /run/vmstore/devices/6f1c2f0e-8d8f-4f57-9f2e-0a4b8a1f0c11
              device       /dev/sda
              size         10G
              volume id    6f1c2f0e-8d8f-4f57-9f2e-0a4b8a1f0c11
              target       iqn.2026-11.io.vmstore:tank.vm-17.6f1c2f0e-8d8f-4f57-9f2e-0a4b8a1f0c11
              portals      10.0.0.1:3260,[fd00::1]:3260
              generation   3
            """);
    assertThat(cli.err()).isEmpty();
    assertThat(cli.nodes.changes)
        .containsExactly("map MapZvol[zvol=tank/vm-17, remoteHost=compute1, size=10G]");
  }

  @Test
  void mapShouldPrintOneJsonDocument() {
    assertThat(cli.run("--json", "map", "nas1", "tank/vm-17", "compute1", "10G")).isZero();
    assertThat(cli.out()).isEqualTo(MAPPING_JSON + "\n");
  }

  @Test
  void optionsShouldBeTakenAfterTheCommandToo() {
    assertThat(cli.run("map", "nas1", "tank/vm-17", "compute1", "10G", "--json")).isZero();
    assertThat(cli.out()).startsWith("{");
  }

  @Test
  void listShouldPrintATable() {
    assertThat(cli.run("ls", "nas1")).isZero();
    assertThat(cli.out())
        .isEqualTo(
            """
            ZVOL        SIZE  STATE     HOST      STABLE PATH
            tank/vm-17  10G   MAPPED    compute1  /run/vmstore/devices/6f1c2f0e-8d8f-4f57-9f2e-0a4b8a1f0c11
            tank/vm-18  64M   UNMAPPED  -         -
            """);
  }

  @Test
  void listShouldPrintEveryVolumeAsJson() {
    assertThat(cli.run("--json", "ls", "nas1")).isZero();
    assertThat(cli.out())
        .isEqualTo(
            "[{\"zvol\":\"tank/vm-17\",\"size\":10737418240,\"state\":\"MAPPED\",\"host\":\"compute1\",\"mapping\":"
                + MAPPING_JSON
                + "},{\"zvol\":\"tank/vm-18\",\"size\":67108864,\"state\":\"UNMAPPED\",\"host\":null,\"mapping\":null}]\n");
  }

  @Test
  void listShouldAskForOneVolumeOnly() {
    assertThat(cli.run("--json", "ls", "nas1", "tank/vm-19")).isZero();
    assertThat(cli.out()).isEqualTo("[]\n");
  }

  @Test
  void listDevicesShouldPrintATable() {
    assertThat(cli.run("lsdev", "compute1")).isZero();
    assertThat(cli.out())
        .isEqualTo(
            """
            DEVICE    SIZE  STABLE PATH                                                TARGET                                                                  PORTALS
            /dev/sda  10G   /run/vmstore/devices/6f1c2f0e-8d8f-4f57-9f2e-0a4b8a1f0c11  iqn.2026-11.io.vmstore:tank.vm-17.6f1c2f0e-8d8f-4f57-9f2e-0a4b8a1f0c11  10.0.0.1:3260,[fd00::1]:3260
            """);
  }

  @Test
  void listDevicesShouldPrintEveryDeviceAsJson() {
    assertThat(cli.run("--json", "lsdev", "compute1")).isZero();
    assertThat(cli.out())
        .isEqualTo(
            """
            [{"target":"iqn.2026-11.io.vmstore:tank.vm-17.6f1c2f0e-8d8f-4f57-9f2e-0a4b8a1f0c11",\
            "portals":["10.0.0.1:3260","[fd00::1]:3260"],\
            "volumeId":"6f1c2f0e-8d8f-4f57-9f2e-0a4b8a1f0c11","device":"/dev/sda",\
            "stablePath":"/run/vmstore/devices/6f1c2f0e-8d8f-4f57-9f2e-0a4b8a1f0c11","size":10737418240}]
            """);
  }

  @Test
  void growShouldPrintTheSize() {
    assertThat(cli.run("grow", "nas1", "tank/vm-17", "20G")).isZero();
    assertThat(cli.out()).isEqualTo("tank/vm-17 has 20G\n");
    assertThat(cli.nodes.changes).containsExactly("grow tank/vm-17 to 20G");
  }

  @Test
  void growShouldPrintTheSizeAsJson() {
    assertThat(cli.run("--json", "grow", "nas1", "tank/vm-17", "20G")).isZero();
    assertThat(cli.out()).isEqualTo("{\"zvol\":\"tank/vm-17\",\"size\":21474836480}\n");
  }

  @Test
  void exposeShouldPrintWhatALoginNeeds() {
    String initiator = FixedNodes.EXPOSURE.initiator().value();
    assertThat(cli.run("--json", "expose", "nas1", "tank/vm-17", "compute1", initiator, "10G"))
        .isZero();
    assertThat(cli.out())
        .contains("\"driver_volume_type\":\"iscsi\"")
        .contains("\"auth_username\":\"" + initiator + "\"")
        .contains("\"vmstore_serial\":\"" + FixedNodes.ID + "\"");
    assertThat(cli.nodes.changes)
        .containsExactly(
            "expose ExposeZvol[zvol=tank/vm-17, host=compute1, initiator="
                + initiator
                + ", size=10G]");
  }

  @Test
  void unmapShouldUnmap() {
    assertThat(cli.run("unmap", "nas1", "tank/vm-17", "compute1")).isZero();
    assertThat(cli.out()).isEqualTo("tank/vm-17 is unmapped\n");
    assertThat(cli.nodes.changes).containsExactly("unmap tank/vm-17");
  }

  @Test
  void unmapShouldNotTouchTheVolumeOfAnotherHost() {
    assertThat(cli.run("--json", "unmap", "nas1", "tank/vm-17", "compute2"))
        .isEqualTo(ExitCode.of(ErrorCode.FAILED_PRECONDITION));
    assertThat(cli.nodes.changes).isEmpty();
    assertThat(cli.out()).contains("\"details\":{\"host\":\"compute1\"}");
  }

  @Test
  void unmapByForceShouldSayWhatIsLostAndShutTheHostOut() {
    assertThat(cli.run("unmap", "--force", "nas1", "tank/vm-17")).isZero();
    assertThat(cli.out()).isEqualTo("tank/vm-17 is unmapped\n");
    assertThat(cli.err())
        .isEqualTo(
            "vmstore: taking tank/vm-17 by force: what its node has not flushed is lost, and what uses the disk there gets I/O errors\n");
    assertThat(cli.nodes.changes).containsExactly("unmap by force tank/vm-17");
  }

  @Test
  void unmapByForceShouldPrintOneJsonDocument() {
    assertThat(cli.run("--json", "unmap", "nas1", "tank/vm-17", "compute1", "--force")).isZero();
    assertThat(cli.out()).isEqualTo("{\"zvol\":\"tank/vm-17\"}\n");
    assertThat(cli.err()).isEmpty();
    assertThat(cli.nodes.changes).containsExactly("unmap by force tank/vm-17");
  }

  @Test
  void unmapByForceShouldNotTouchTheVolumeOfAnotherHost() {
    assertThat(cli.run("unmap", "--force", "nas1", "tank/vm-17", "compute2"))
        .isEqualTo(ExitCode.of(ErrorCode.FAILED_PRECONDITION));
    assertThat(cli.nodes.changes).isEmpty();
  }

  private static final Finding SETTLED =
      new Finding(
          Kind.NOT_EXPORTED, "tank/vm-17", "export it", Outcome.SETTLED, "mapped to 'compute1'");
  private static final Finding LEFT =
      new Finding(Kind.ORPHAN_ZVOL, "tank/old", "delete it", Outcome.LEFT, "");

  @Test
  void reconcileShouldPrintATable() {
    cli.nodes.findings = List.of(SETTLED, LEFT);
    assertThat(cli.run("reconcile", "nas1")).isZero();
    assertThat(cli.out())
        .isEqualTo(
            """
            KIND          SUBJECT     ACTION     OUTCOME  REASON
            NOT_EXPORTED  tank/vm-17  export it  SETTLED  mapped to 'compute1'
            ORPHAN_ZVOL   tank/old    delete it  LEFT     -
            """);
    assertThat(cli.nodes.changes).containsExactly("reconcile SETTLE");
  }

  @ParameterizedTest
  @ValueSource(strings = {"nas1", "compute1"})
  void reconcileShouldAskANodeOfEitherRole(String node) {
    assertThat(cli.run("reconcile", node, "--dry-run")).isZero();
    assertThat(cli.out()).isEqualTo("nothing differs on " + node + "\n");
    assertThat(cli.nodes.changes).containsExactly("reconcile DRY_RUN");
  }

  @Test
  void reconcileShouldPrintEveryFindingAsJson() {
    cli.nodes.findings = List.of(SETTLED);
    assertThat(cli.run("--json", "reconcile", "compute1")).isZero();
    assertThat(cli.out())
        .isEqualTo(
            """
            [{"kind":"NOT_EXPORTED","subject":"tank/vm-17","action":"export it",\
            "outcome":"SETTLED","reason":"mapped to 'compute1'"}]
            """);
    cli.nodes.findings = List.of();
    assertThat(cli.run("--json", "reconcile", "nas1")).isZero();
    assertThat(cli.out()).isEqualTo("[]\n");
  }

  @Test
  void reconcileShouldEndWith1WhenSomethingIsUnsettled() {
    cli.nodes.findings = List.of(SETTLED, SETTLED.with(Outcome.FAILED, "no device"));
    assertThat(cli.run("reconcile", "nas1")).isEqualTo(1);
    cli.nodes.findings = List.of(LEFT);
    assertThat(cli.run("reconcile", "nas1")).isZero();
    assertThat(cli.run("reconcile", "nas1", "--dry-run")).isEqualTo(1);
  }

  @Test
  void removeShouldDelete() {
    assertThat(cli.run("--json", "rm", "nas1", "tank/vm-18")).isZero();
    assertThat(cli.out()).isEqualTo("{\"zvol\":\"tank/vm-18\"}\n");
    assertThat(cli.nodes.changes).containsExactly("delete tank/vm-18");
  }

  @Test
  void errorShouldTellPeopleCauseAndCorrection() {
    cli.nodes.failure = failure(ErrorCode.FAILED_PRECONDITION);
    assertThat(cli.run("rm", "nas1", "tank/vm-17")).isEqualTo(13);
    assertThat(cli.out()).isEmpty();
    assertThat(cli.err())
        .isEqualTo(
            """
            vmstore: cannot delete zvol 'tank/vm-17'
              cause       it is MAPPED with 'compute1'
              correction  unmap it first
              outcome     unknown: the effect may have happened; look before deciding anything
              details     state=MAPPED, node=nas1
              code        FAILED_PRECONDITION
            """);
  }

  @Test
  void errorShouldBeAJsonDocumentForPrograms() {
    cli.nodes.failure = failure(ErrorCode.FAILED_PRECONDITION);
    assertThat(cli.run("--json", "rm", "nas1", "tank/vm-17")).isEqualTo(13);
    assertThat(cli.err()).isEmpty();
    assertThat(cli.out())
        .isEqualTo(
            """
            {"error":{"code":"FAILED_PRECONDITION",\
            "message":"FAILED_PRECONDITION: cannot delete zvol 'tank/vm-17': it is MAPPED with 'compute1'; unmap it first",\
            "problem":"cannot delete zvol 'tank/vm-17'","cause":"it is MAPPED with 'compute1'",\
            "correction":"unmap it first","outcomeUnknown":true,"details":{"state":"MAPPED","node":"nas1"}}}
            """);
  }

  @ParameterizedTest
  @EnumSource
  void everyCodeShouldHaveItsExitCode(ErrorCode code) {
    cli.nodes.failure = failure(code);
    assertThat(cli.run("map", "nas1", "tank/vm-17", "compute1", "10G")).isEqualTo(exitCode(code));
  }

  private static int exitCode(ErrorCode code) {
    return 10 + List.of(ErrorCode.values()).indexOf(code);
  }

  @Test
  void absentNodeShouldBeUnavailable() {
    assertThat(cli.run("ls", "nas2")).isEqualTo(17);
    assertThat(cli.err()).contains("'nas2'");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"map nas1 vm-17 compute1 10G", "map nas1 tank/v compute1 0", "ls -- -nas"})
  void badValueShouldBeInvalidArgument(String line) {
    assertThat(cli.run(line.split(" "))).isEqualTo(10);
    assertThat(cli.err()).contains("is not valid").contains("correction");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "mop nas1",
        "map nas1 tank/vm-17",
        "unmap nas1 tank/vm-17",
        "reconcile",
        "ls --jsn nas1",
        "ls nas1 a/b c",
        "--timeout x ls nas1"
      })
  void wrongCommandLineShouldBeUsage(String line) {
    assertThat(cli.run(line.isEmpty() ? new String[0] : line.split(" "))).isEqualTo(2);
    assertThat(cli.err()).contains("--help");
  }

  @Test
  void wrongCommandLineShouldBeAJsonDocumentForPrograms() {
    assertThat(cli.run("map", "nas1", "--json")).isEqualTo(2);
    assertThat(cli.out()).startsWith("{\"error\":{\"code\":\"INVALID_ARGUMENT\"").endsWith("}}\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"map", "expose", "grow", "unmap", "rm", "ls", "lsdev", "reconcile", "apply"})
  void helpShouldHoldAnExample(String command) {
    assertThat(cli.run(command, "--help")).isZero();
    assertThat(cli.out()).contains("Usage: vmstore " + command).contains("  vmstore ");
  }

  @Test
  void helpShouldNameEveryExitCode() {
    assertThat(cli.run("--help")).isZero();
    List<String> codes =
        Stream.of(ErrorCode.values()).map(code -> exitCode(code) + "   " + code).toList();
    assertThat(cli.out()).contains(codes);
  }

  @Test
  void passwordShouldComeFromTheFileBeforeTheEnvironment(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("password"), "from file\n");
    assertThat(cli.run("ls", "nas1", "--password-file", file.toString())).isZero();
    cli.environment.put("VMSTORE_PASSWORD_FILE", file.toString());
    assertThat(cli.run("ls", "nas1")).isZero();
    cli.environment.remove("VMSTORE_PASSWORD_FILE");
    assertThat(cli.run("ls", "nas1")).isZero();
    assertThat(cli.logins)
        .extracting(login -> login.password())
        .containsExactly("from file", "from file", "secret");
  }

  @Test
  void brokerShouldComeFromOptionsBeforeTheEnvironment() {
    cli.environment.put("VMSTORE_BROKER", "10.0.0.5:5672,10.0.0.6:5672");
    assertThat(cli.run("ls", "nas1")).isZero();
    assertThat(cli.run("ls", "nas1", "--broker", "10.0.0.7:5672", "--user", "vmstore-frontend"))
        .isZero();
    assertThat(cli.logins)
        .extracting(Object::toString)
        .containsExactly(
            "vmstore-operator@10.0.0.5:5672,10.0.0.6:5672 virtual host /",
            "vmstore-frontend@10.0.0.7:5672 virtual host /");
  }

  @Test
  void encryptionShouldComeFromOptionsBeforeTheEnvironment() {
    cli.environment.put("VMSTORE_TLS_AUTHORITIES", "/env/ca.pem");
    cli.environment.put("VMSTORE_TLS_CERTIFICATE", "/env/own.pem");
    cli.environment.put("VMSTORE_TLS_KEY", "/env/own.key");
    cli.environment.remove("VMSTORE_PASSWORD"); // the certificate takes its place
    assertThat(cli.run("ls", "nas1")).isZero();
    assertThat(cli.run("ls", "nas1", "--tls-authorities", "/option/ca.pem", "--plain")).isZero();
    Path own = Path.of("/env/own.pem");
    Path key = Path.of("/env/own.key");
    assertThat(cli.logins)
        .extracting(login -> login.tls())
        .containsExactly(
            new BrokerTls(true, false, Path.of("/env/ca.pem"), own, key),
            new BrokerTls(true, true, Path.of("/option/ca.pem"), own, key));
    assertThat(cli.logins).allSatisfy(login -> assertThat(login.password()).isNull());
  }

  @Test
  void certificateWithoutItsKeyShouldBeRefused() {
    assertThat(cli.run("ls", "nas1", "--tls-certificate", "/own.pem")).isEqualTo(10);
    assertThat(cli.err()).contains("give both files, or neither");
  }

  @Test
  void userWithoutTheRoleShouldBeRefusedByTheNode() {
    assertThat(cli.run("reconcile", "compute1", "--user", "vmstore-frontend")).isEqualTo(16);
    assertThat(cli.err()).contains("user 'vmstore-frontend' may not send 'reconcile'");
    assertThat(cli.nodes.changes).isEmpty();
  }

  @Test
  void answerShouldCountOnlyFromTheUsersThatAreGiven() {
    assertThat(cli.run("ls", "nas1", "--nas-users", "storage-*, other")).isEqualTo(16);
    assertThat(cli.err()).contains("cannot trust the answer of 'nas1'").contains("storage-*");
    cli.environment.put("VMSTORE_USERS_COMPUTE", "hypervisor-*");
    assertThat(cli.run("lsdev", "compute1")).isEqualTo(16);
    assertThat(cli.run("lsdev", "compute1", "--compute-users", "vmstore-compute-*")).isZero();
  }

  @Test
  void missingPasswordShouldBeSaid() {
    cli.environment.remove("VMSTORE_PASSWORD");
    assertThat(cli.run("ls", "nas1")).isEqualTo(10);
    assertThat(cli.err()).contains("VMSTORE_PASSWORD_FILE");
  }

  private static VmStoreException failure(ErrorCode code) {
    return VmStoreException.builder(code, "cannot delete zvol 'tank/vm-17'")
        .reason("it is MAPPED with 'compute1'")
        .correction("unmap it first")
        .detail("state", "MAPPED")
        .outcomeUnknown(true)
        .build();
  }

  @Test
  void nasOfThePredecessorShouldBeAskedInItsDialect() {
    cli.environment.put("VMSTORE_LEGACY_NAS", "nas1=10.0.0.1,10.0.0.2; nas2=10.0.0.3");
    assertThat(cli.run("ls", "nas1")).isEqualTo(20); // which only the transport over AMQP can
    assertThat(cli.err()).contains("this transport does not reach nodes of the predecessor");
    assertThat(cli.run("--legacy-nas", "nas2=10.0.0.3", "ls", "nas1")).isZero();
    assertThat(cli.run("--legacy-nas", "nas1", "ls", "nas1")).isEqualTo(10);
    assertThat(cli.err()).contains("write it like nas-0-0=10.0.0.1");
  }
}
