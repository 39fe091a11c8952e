package io.vmstore.examples.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vmstore.core.protocol.Authorization;
import io.vmstore.core.protocol.LegacyPeer;
import io.vmstore.core.protocol.Role;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.examples.broker.BrokerLogin;
import io.vmstore.examples.broker.BrokerTls;
import io.vmstore.model.ByteSize;
import io.vmstore.model.ChapMode;
import io.vmstore.model.NodeName;
import io.vmstore.model.PoolName;
import io.vmstore.model.Portal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {
  private static final Path EXAMPLES = Path.of("src/main/dist/etc");

  @TempDir Path folder;
  private Path password;

  @BeforeEach
  void writePassword() throws IOException {
    password = Files.writeString(folder.resolve("password"), "secret\n");
  }

  @Test
  void shortestNasFileShouldGiveTheDefaults() throws IOException {
    NasSettings settings = NasSettings.read(nas("portals = 10.0.0.1, [fd00::1]:3261"));
    assertThat(settings.node().name()).isEqualTo(new NodeName("nas1"));
    assertThat(settings.node().broker().toString())
        .isEqualTo("vmstore@127.0.0.1:5672 virtual host /");
    assertThat(settings.node().broker().password()).isEqualTo("secret");
    assertThat(settings.node().brokerWait()).isEqualTo(NodeSettings.FOR_EVER);
    assertThat(settings.pools()).containsExactly(new PoolName("tank"), new PoolName("fast"));
    assertThat(settings.storage())
        .isEqualTo(
            new NasSettings.Zfs(
                List.of(Portal.parse("10.0.0.1:3260"), Portal.parse("[fd00::1]:3261")),
                ByteSize.parse("16K"),
                false,
                5,
                true,
                true,
                ChapMode.MUTUAL));
  }

  @Test
  void localStorageShouldNeedNoPortals() throws IOException {
    assertThat(NasSettings.read(nas("storage = local\nlocal.directory = /var/tmp/v")).storage())
        .isEqualTo(new NasSettings.Local(Path.of("/var/tmp/v")));
  }

  @Test
  void peersOfThePredecessorShouldBeNamed() throws IOException {
    NasSettings settings =
        NasSettings.read(
            nas(
                "storage = local\nlocal.directory = /v\nbroker.legacy.exchange = true\n"
                    + "legacy.peers = c1, c2=iqn.1994-05.com.redhat:c2"));
    assertThat(settings.node().broker().legacyExchange()).isTrue();
    assertThat(settings.legacyPeers())
        .containsExactly(LegacyPeer.parse("c1"), LegacyPeer.parse("c2=iqn.1994-05.com.redhat:c2"));
  }

  @Test
  void shortestComputeFileShouldGiveTheDefaults() throws IOException {
    ComputeSettings settings = ComputeSettings.read(file(node("compute1")));
    assertThat(settings.storage())
        .isEqualTo(
            new ComputeSettings.Iscsi(
                Path.of("/etc/iscsi/initiatorname.iscsi"),
                Path.of("/run/vmstore/devices"),
                Duration.ofSeconds(15)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "portalz = 10.0.0.1 | line 5 | key 'portalz' is not known | use one of node.name, ",
        "portals = nas1 | line 5 | value 'nas1' of key 'portals': portal 'nas1' is not valid | 10.0.0.1:3260",
        "node.name = other | line 5 | key 'node.name' is given again | line 1",
        "portals | line 5 | 'portals' is not a setting | key = value",
        "zfs.thin = yes | line 5 | value 'yes' of key 'zfs.thin': it is none of true, false | true or false",
        "zfs.floor.percent = 5% | line 5 | it is not a whole number | from 0 to 90",
        "storage = iscsi | line 5 | it is none of zfs, local | zfs or local",
        "storage = local | settings' | key 'local.directory' is missing | storage = local needs it",
        "zfs.thin = true | settings' | key 'portals' is missing | storage = zfs needs it",
        "chap = yes | line 5 | it is none of mutual, one-way, none | mutual, one-way or none",
        "state.directory = vmstore | line 5 | the path is not absolute | the absolute path",
        "users.nas = vmstore-*-nas | line 5 | user 'vmstore-*-nas' of the broker is not valid | with commas",
        "legacy.peers = c1, c1=iqn.1994-05.com.redhat:c1 | line 5 | legacy peer 'c1' is not valid: it is named twice | NAME=IQN",
        "legacy.peers = c1=c1 | line 5 | iSCSI name 'c1' is not valid | NAME=IQN",
        "broker.plain = yes | line 5 | it is none of refuse, allow | refuse or allow",
        "broker.wait.seconds = 0 | line 5 | it is less than one second | or 'forever'",
      })
  void wrongFileShouldBeRefused(String line, String where, String reason, String correction)
      throws IOException {
    Path file = nas(line);
    VmStoreException failure =
        catchThrowableOfType(VmStoreException.class, () -> NasSettings.read(file));
    assertThat(failure.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(failure.problem()).contains(file.toString()).contains(where);
    assertThat(failure.reason()).contains(reason);
    assertThat(failure.correction()).contains(correction);
  }

  @Test
  void missingKeyShouldBeNamed() throws IOException {
    VmStoreException failure =
        catchThrowableOfType(VmStoreException.class, () -> NasSettings.read(file(node("nas1"))));
    assertThat(failure.reason()).isEqualTo("key 'pools' is missing");
    assertThat(failure.correction()).startsWith("add 'pools = ...'");
  }

  @Test
  void missingFileShouldBeNamed() {
    VmStoreException failure =
        catchThrowableOfType(
            VmStoreException.class, () -> NasSettings.read(folder.resolve("absent")));
    assertThat(failure.problem()).contains(folder.resolve("absent").toString());
  }

  @Test
  void certificateShouldTakeThePlaceOfThePasswordFile() throws IOException {
    String text =
        """
        node.name = c1
        broker.username = vmstore-compute-c1
        broker.plain = allow
        broker.tls.authorities = /ca.pem
        broker.tls.certificate = /own.pem
        broker.tls.key = /own.key
        """;
    BrokerLogin login = ComputeSettings.read(file(text)).node().broker();
    assertThat(login.password()).isNull();
    assertThat(login.tls())
        .isEqualTo(
            new BrokerTls(
                true, true, Path.of("/ca.pem"), Path.of("/own.pem"), Path.of("/own.key")));
    Path none = file("node.name = c1\nbroker.username = u\n");
    assertThat(
            catchThrowableOfType(VmStoreException.class, () -> ComputeSettings.read(none)).reason())
        .isEqualTo("key 'broker.password.file' is missing");
  }

  @Test
  void usersShouldBeGivenByRole() throws IOException {
    Authorization standard = NasSettings.read(nas("portals = 10.0.0.1")).node().authorization();
    assertThat(Role.values())
        .allSatisfy(
            role ->
                assertThat(standard.users(role)).isEqualTo(Authorization.standard().users(role)));
    String line = "portals = 10.0.0.1\nusers.frontend = manager, unauthenticated";
    Authorization own = NasSettings.read(nas(line)).node().authorization();
    assertThat(own.users(Role.FRONTEND)).containsExactly("manager", "unauthenticated");
    assertThat(own.users(Role.NAS)).containsExactly("vmstore-nas-*");
  }

  /** The examples are the reference: every key is there, with its true default. */
  @Test
  void examplesShouldNameEveryKeyWithItsDefault() throws IOException {
    assertComplete(EXAMPLES.resolve("nas.properties.example"), NasSettings.KEYS);
    assertComplete(EXAMPLES.resolve("compute.properties.example"), ComputeSettings.KEYS);
  }

  @Test
  void examplesShouldBeReadableOnceThePasswordIsThere() throws IOException {
    NasSettings.read(withPassword(EXAMPLES.resolve("nas.properties.example")));
    ComputeSettings.read(withPassword(EXAMPLES.resolve("compute.properties.example")));
  }

  private static void assertComplete(Path example, List<Setting<?>> settings) throws IOException {
    String text = Files.readString(example);
    for (Setting<?> setting : settings) {
      boolean hasDefault = setting.otherwise() != null && !setting.otherwise().isEmpty();
      String value = hasDefault ? Pattern.quote(setting.otherwise()) : ".*";
      String comment = hasDefault ? "#" : "#?";
      String line = "(?m)^" + comment + Pattern.quote(setting.key()) + " = ?" + value + "$";
      assertThat(text).as(setting.key()).containsPattern(line);
    }
  }

  private Path withPassword(Path example) throws IOException {
    String text = Files.readString(example);
    return file(
        text.replaceAll("(?m)^broker.password.file = .*$", "broker.password.file = " + password));
  }

  private Path nas(String more) throws IOException {
    return file(node("nas1") + "pools = tank, fast\n" + more + "\n");
  }

  private String node(String name) {
    return "node.name = "
        + name
        + "\nbroker.username = vmstore\nbroker.password.file = "
        + password
        + "\n";
  }

  private Path file(String text) throws IOException {
    return Files.writeString(folder.resolve("settings"), text);
  }
}
