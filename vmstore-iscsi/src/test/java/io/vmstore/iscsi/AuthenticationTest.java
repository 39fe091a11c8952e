package io.vmstore.iscsi;

import static io.vmstore.iscsi.Failures.assertUndone;
import static io.vmstore.iscsi.Failures.soon;
import static io.vmstore.iscsi.SimulatedHost.INITIATOR;
import static io.vmstore.iscsi.SimulatedHost.PORTAL;
import static org.assertj.core.api.Assertions.assertThat;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.iscsi.SimulatedHost.SimulatedTarget;
import io.vmstore.model.ChapSecrets;
import io.vmstore.model.Portal;
import io.vmstore.model.VolumeId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How the secrets reach iscsid, and where they never are. */
class AuthenticationTest {
  private static final ChapSecrets MUTUAL =
      new ChapSecrets("initiators0secret", "targets0own0secret");
  private static final ChapSecrets ONE_WAY = new ChapSecrets("initiators0secret", null);
  private static final Portal OTHER = Portal.parse("[2001:db8::2]:3260");
  private static final String AUTH = "node.session.auth.";

  private final VolumeId id = VolumeId.random();
  private final SimulatedHost host;
  private final OpenIscsiTargetConnector connector;

  AuthenticationTest(@TempDir Path directory) throws IOException {
    this.host = new SimulatedHost(directory);
    this.connector = host.connector();
  }

  private SimulatedTarget export(ChapSecrets secrets, Portal... portals) {
    SimulatedTarget exported = host.export("vol1", id, portals);
    exported.secrets = secrets;
    return exported;
  }

  private SimulatedTarget connected(ChapSecrets secrets) {
    SimulatedTarget exported = export(secrets, PORTAL);
    connector.connect(exported.target, id, secrets, soon());
    return exported;
  }

  @Test
  void theSecretsShouldBeInTheRecordAndInNoArgument() {
    SimulatedTarget exported = connected(MUTUAL);
    assertThat(host.record(exported.target.iqn(), PORTAL))
        .containsEntry(AUTH + "authmethod", "CHAP")
        .containsEntry(AUTH + "username", INITIATOR.value())
        .containsEntry(AUTH + "password", "initiators0secret")
        .containsEntry(AUTH + "username_in", exported.target.iqn().value())
        .containsEntry(AUTH + "password_in", "targets0own0secret")
        .containsEntry(AUTH + "chap_algs", "SHA3-256,SHA256,SHA1,MD5")
        .containsEntry("node.startup", "manual");
    assertThat(host.arguments()).contains("--login").doesNotContain("secret");
  }

  @Test
  void theRecordShouldBeReadableByItsOwnerOnly() throws IOException {
    SimulatedTarget exported = connected(MUTUAL);
    Path record = host.recordFile(exported.target.iqn(), PORTAL);
    assertThat(Files.getPosixFilePermissions(record))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    assertThat(record.resolveSibling("").toFile().list()).hasSize(1);
  }

  @Test
  void oneWayShouldAskNothingOfTheTargetWhateverIscsidConfSays() {
    SimulatedTarget exported = connected(ONE_WAY);
    assertThat(host.record(exported.target.iqn(), PORTAL))
        .containsEntry(AUTH + "password", "initiators0secret")
        .doesNotContainKeys(AUTH + "username_in", AUTH + "password_in");
  }

  @Test
  void aRecordInAFolderShouldGetTheSecretsToo() throws IOException {
    host.knowGroups();
    Path record = host.recordFile(connected(MUTUAL).target.iqn(), PORTAL);
    assertThat(record.resolveSibling("").toFile().list()).containsExactly("default");
    assertThat(Files.getPosixFilePermissions(record))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
  }

  @Test
  void everyPortalThatIsTriedShouldGetTheSecrets() {
    SimulatedTarget exported = export(MUTUAL, PORTAL, OTHER);
    host.silence(PORTAL);
    connector.connect(exported.target, id, MUTUAL, soon());
    assertThat(host.record(exported.target.iqn(), OTHER))
        .containsEntry(AUTH + "authmethod", "CHAP");
  }

  @Test
  void withoutSecretsAuthenticationShouldBeAsIscsidConfSays() {
    SimulatedTarget exported = host.export("vol1", id);
    connector.connect(exported.target, id, null, soon());
    assertThat(host.record(exported.target.iqn(), PORTAL))
        .containsEntry(AUTH + "username_in", "of-iscsid-conf")
        .containsEntry(AUTH + "chap_algs", "MD5");
  }

  @Test
  void whatACrashLeftShouldNeitherBeReadableNorStay() throws IOException {
    SimulatedTarget exported = export(MUTUAL, PORTAL);
    Path folder = Files.createDirectories(host.nodes().resolve(exported.target.iqn().value()));
    Path left = Files.writeString(folder.resolve("vmstore.new"), "of a crash");
    connector.connect(exported.target, id, MUTUAL, soon());
    assertThat(Files.getPosixFilePermissions(host.recordFile(exported.target.iqn(), PORTAL)))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    Files.writeString(left, "of another crash");
    connector.disconnect(exported.target, id, soon());
    assertThat(host.remains()).isEmpty();
  }

  @Test
  void aRecordThatIsNotFoundShouldBeAFailureWithNothingLeft() {
    SimulatedTarget exported = export(MUTUAL, PORTAL);
    OpenIscsiTargetConnector elsewhere = host.connectorWithRecordsIn(List.of(Path.of("/absent")));
    VmStoreException failure =
        assertUndone(
            host, ErrorCode.INTERNAL, () -> elsewhere.connect(exported.target, id, MUTUAL, soon()));
    assertThat(failure).hasMessageContaining("/absent");
    assertThat(failure.toString()).doesNotContain("0secret");
  }
}
