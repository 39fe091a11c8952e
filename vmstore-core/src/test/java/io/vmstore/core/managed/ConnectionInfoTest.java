package io.vmstore.core.managed;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vmstore.core.json.Json;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.managed.ChapLogin;
import io.vmstore.managed.IscsiConnection;
import io.vmstore.managed.IscsiConnection.AccessMode;
import io.vmstore.managed.IscsiPath;
import io.vmstore.managed.TargetName;
import io.vmstore.model.ChapSecrets;
import io.vmstore.model.Iqn;
import io.vmstore.model.Portal;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConnectionInfoTest {
  private static final String PATH =
      "'target_portal':'10.0.0.1:3260','target_iqn':'iqn.2010-10.org.openstack:v','target_lun':1";

  private static IscsiConnection sample(String name) {
    try (InputStream file = ConnectionInfoTest.class.getResourceAsStream("/fuzz/" + name)) {
      return ConnectionInfo.read(Objects.requireNonNull(file).readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static IscsiConnection read(String data) {
    String document = "{'driver_volume_type':'iscsi','data':{" + data + "}}";
    return ConnectionInfo.read(document.replace('\'', '"').getBytes(UTF_8));
  }

  private static VmStoreException refused(String data) {
    return Objects.requireNonNull(
        catchThrowableOfType(VmStoreException.class, () -> read(data)), data);
  }

  private static IscsiPath path(String portal, String target, int lun) {
    return new IscsiPath(Portal.parse(portal), new TargetName(target), lun);
  }

  private static String written(IscsiConnection connection) {
    return new String(Json.write(ConnectionInfo.write(connection)), UTF_8);
  }

  @Test
  void theFoundingDocumentsExampleShouldBeRead() {
    IscsiConnection read = sample("connection-info/kaminario");
    assertThat(read.paths())
        .containsExactly(path("3.2.1.1:3260", "iqn.2009-01.com.kaminario:storage.k2.22612", 26));
    assertThat(read.access()).isEqualTo(AccessMode.READ_WRITE);
    assertThat(read.chap()).isNull();
    assertThat(read.other()).isEqualTo(Map.of("target_discovered", "True"));
  }

  @Test
  void whatIsNotUsedShouldComeBackAsItWent() {
    assertThat(written(sample("connection-info/lvm")))
        .contains("\"connector\":{\"initiator\":\"iqn.1994-05.com.redhat:3f2b2be7ebc\"}")
        .contains("\"qos_specs\":null")
        .contains("\"encrypted\":false")
        .contains("\"cacheable\":1.50")
        .contains("\"discovery_auth_password\":\"s3cretOfDiscovery\"")
        .contains("\"volume_id\":\"01713ade-9688-43ff-a46c-0e2e35974dce\"");
  }

  @Test
  void whatIsPrintedShouldHaveNoSecretOfWhatIsCarried() {
    for (String name : List.of("lvm", "one-lun")) {
      IscsiConnection read = sample("connection-info/" + name);
      assertThat(read.toString()).contains("chap").doesNotContain("s3cret");
    }
  }

  @Test
  void pluralFieldsShouldBelongTogetherByIndex() {
    IscsiConnection read = sample("connection-info/plural");
    assertThat(read.paths())
        .containsExactly(
            path("10.0.0.1:3260", "iqn.2010-06.com.purestorage:a", 16_384 + 300),
            path("[fd00::1]:3260", "iqn.2010-06.com.purestorage:b", 12));
    assertThat(read.access()).isEqualTo(AccessMode.READ_ONLY);
    assertThat(read.discard()).isTrue();
    assertThat(read.enforceMultipath()).isTrue();
    assertThat(written(read))
        .contains("\"target_lun\":300")
        .contains("\"target_luns\":[300,12]")
        .contains("\"target_portals\":[\"10.0.0.1:3260\",\"[fd00::1]:3260\"]");
  }

  @Test
  void oneTargetAndLunShouldStandForSeveralPortals() {
    IscsiConnection read = sample("connection-info/one-lun");
    assertThat(read.paths())
        .containsExactly(
            path("10.0.0.1", "eui.0123456789abcdef", 0),
            path("10.0.0.2", "eui.0123456789abcdef", 0));
    assertThat(read.chap())
        .isEqualTo(new ChapLogin("i", "s3cretOfTheLogin", "t", "s3cretOfTheTarget"));
  }

  @Test
  void aWayThatOnlyTheSingularNamesShouldBeTheFirst() {
    IscsiConnection read = read(PATH + ",'target_portals':['10.0.0.2']");
    assertThat(read.paths())
        .extracting(path -> path.portal().toString())
        .containsExactly("10.0.0.1:3260", "10.0.0.2:3260");
  }

  @ParameterizedTest
  @CsvSource({
    "SAM, 300, 300",
    "transparent, 16684, 16684",
    "SAM2, 255, 255",
    "SAM2, 256, 16640",
    "SAM3-flat, 1, 16385"
  })
  void lunsShouldBeTheKernels(String mode, int lun, int kernel) {
    IscsiConnection read =
        read(PATH.replace(":1", ":" + lun) + ",'addressing_mode':'" + mode + "'");
    assertThat(read.paths()).extracting(IscsiPath::lun).containsExactly(kernel);
    assertThat(written(read)).contains("\"target_lun\":" + lun + ",");
  }

  @ParameterizedTest
  @ValueSource(strings = {"true", "1", "'True'", "'YES'", "'on'", "'t'", "'1'"})
  void everyWordForTrueShouldBeTaken(String word) {
    assertThat(read(PATH + ",'discard':" + word).discard()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"false", "0", "'False'", "'no'", "'off'"})
  void everyWordForFalseShouldBeTaken(String word) {
    assertThat(read(PATH + ",'discard':" + word + ",'encrypted':" + word).discard()).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "'target_portal':'nas1:3260'|nas1",
        "'target_portal':1|target_portal",
        "'target_iqn':'../../etc'|../../etc",
        "'target_lun':-1|target_lun",
        "'target_lun':'x'|target_lun",
        "'target_lun':32768|32768",
        "'target_portals':['10.0.0.1','10.0.0.2'],'target_luns':[1,2,3]|target_portals",
        "'target_luns':[]|target_luns",
        "'target_luns':[[1]]|target_luns",
        "'access_mode':'w'|access_mode",
        "'discard':'maybe'|maybe",
        "'addressing_mode':'SAM9'|SAM9",
        "'auth_method':'CHAP'|auth_username",
        "'auth_method':'CHAP','auth_username':'u'|auth_password",
        "'auth_password':'s3cret'|auth_method",
        "'vmstore_serial':''|vmstore_serial"
      })
  void aWrongFieldShouldBeNamed(String field, String quoted) {
    String name = field.substring(0, field.indexOf(':') + 1);
    String data = PATH.replaceAll(name + "('[^']*'|1)(,|$)", "");
    VmStoreException failure = refused(data + (data.endsWith(",") ? "" : ",") + field);
    assertThat(failure.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(failure.getMessage()).contains(quoted).doesNotContain("s3cret");
    assertThat(failure.correction()).isNotBlank();
  }

  @ParameterizedTest
  @ValueSource(strings = {"'encrypted':true", "'encrypted':'True'", "'auth_method':'SRP'"})
  void whatVmstoreDoesNotDoShouldBeRefused(String field) {
    assertThat(refused(PATH + "," + field).code()).isEqualTo(ErrorCode.UNIMPLEMENTED);
  }

  @Test
  void anotherTypeShouldBeRefusedWithTheTypesThereAre() {
    VmStoreException failure =
        catchThrowableOfType(VmStoreException.class, () -> sample("connection-info/rbd"));
    assertThat(failure.code()).isEqualTo(ErrorCode.UNIMPLEMENTED);
    assertThat(failure).hasMessageContaining("rbd").hasMessageContaining("iscsi");
  }

  @Test
  void aDocumentThatIsNoJsonShouldNotBeQuoted() {
    VmStoreException failure = refused(PATH + ",'auth_password': s3cretOfTheLogin");
    assertThat(failure).hasMessageContaining("line 1");
    assertThat(failure.getMessage()).doesNotContain("s3cret");
  }

  @Test
  void aSecretShouldNotBeQuotedWhateverItIs() {
    for (String secret : List.of("12345678901", "['s3cretOfTheLogin']", "'s3cret Of'")) {
      VmStoreException failure =
          refused(PATH + ",'auth_method':'CHAP','auth_username':'u','auth_password':" + secret);
      assertThat(failure.getMessage()).doesNotContain("123456").doesNotContain("s3cret");
    }
  }

  @Test
  void anExportOfOursShouldSayItsSerialAndBothLogins() {
    VolumeId id = VolumeId.random();
    Target target =
        new Target(
            new Iqn("iqn.2026-11.io.vmstore:tank.v1"),
            List.of(Portal.parse("10.0.0.1"), Portal.parse("10.0.1.1")));
    IscsiConnection connection =
        IscsiConnection.ofExport(
            target,
            new ChapSecrets("initiators0secret", "targets0own0secret"),
            new Iqn("iqn.1994-05.com.redhat:3f2b2be7ebc"),
            id);
    assertThat(connection.paths()).hasSize(2);
    assertThat(connection.toString()).doesNotContain("0secret");
    IscsiConnection read = ConnectionInfo.read(Json.write(ConnectionInfo.write(connection)));
    assertThat(read).isEqualTo(connection);
    assertThat(read.serial()).isEqualTo(id.toString());
    assertThat(read.chap())
        .isEqualTo(
            new ChapLogin(
                "iqn.1994-05.com.redhat:3f2b2be7ebc",
                "initiators0secret",
                "iqn.2026-11.io.vmstore:tank.v1",
                "targets0own0secret"));
  }
}
