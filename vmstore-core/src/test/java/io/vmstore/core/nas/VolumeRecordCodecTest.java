package io.vmstore.core.nas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.vmstore.core.nas.VolumeRecord.Device;
import io.vmstore.core.nas.VolumeRecord.Intent;
import io.vmstore.core.nas.VolumeRecord.Result;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.ChapSecrets;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Iqn;
import io.vmstore.model.NodeName;
import io.vmstore.model.OperationId;
import io.vmstore.model.Portal;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Admission;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Matcher;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class VolumeRecordCodecTest {
  private static final OperationId OPERATION = OperationId.random();

  private static final ChapSecrets SECRETS =
      new ChapSecrets("initiators0secret", "targets0own0secret");

  static Stream<VolumeRecord> everyState() {
    return Stream.of(null, SECRETS, new ChapSecrets(SECRETS.initiator(), null))
        .flatMap(VolumeRecordCodecTest::everyState);
  }

  private static Stream<VolumeRecord> everyState(@Nullable ChapSecrets secrets) {
    VolumeRecord unmapped =
        VolumeRecord.unmapped(ZvolName.parse("tank/v1"), VolumeId.random(), 3, OPERATION);
    VolumeRecord mapping = unmapped.mapping(intent(secrets, false), OPERATION);
    Device device =
        new Device(new DevicePath("/dev/sdb"), new DevicePath("/run/vmstore/devices/x"));
    VolumeRecord mapped = mapping.mapped(result(device));
    VolumeRecord exposing = unmapped.mapping(intent(secrets, true), OPERATION);
    VolumeRecord exposed = exposing.mapped(result(null));
    return Stream.of(
        unmapped,
        mapping,
        mapped,
        mapping.unmapping(OPERATION),
        mapped.unmapping(OPERATION),
        mapped.fencing(OPERATION),
        mapped.growing(OPERATION),
        mapped.growing(OPERATION).unmapping(OPERATION),
        exposing,
        exposed,
        exposed.growing(OPERATION).grown(OPERATION, ByteSize.parse("1G")),
        exposing.adopted(VolumeId.random()),
        mapping.adopted(VolumeId.random()),
        unmapped.deleting(OPERATION));
  }

  private static Intent intent(@Nullable ChapSecrets secrets, boolean exposed) {
    Iqn initiator = new Iqn("iqn.2026-11.io.vmstore:c1");
    return new Intent(new NodeName("c1"), initiator, true, secrets, exposed);
  }

  private static Result result(@Nullable Device device) {
    return new Result(
        ByteSize.parse("64M"),
        new Target(
            new Iqn("iqn.2026-11.io.vmstore:tank.v1"),
            List.of(Portal.parse("10.0.0.1:3260"), Portal.parse("[fd00::1]:3260"))),
        device,
        false);
  }

  @ParameterizedTest
  @MethodSource("everyState")
  void everyRecordShouldReadBackAsWritten(VolumeRecord record) {
    assertThat(VolumeRecordCodec.decode(VolumeRecordCodec.encode(record))).isEqualTo(record);
  }

  @ParameterizedTest
  @MethodSource("everyState")
  void aRecordCutShortShouldNotBeRead(VolumeRecord record) {
    byte[] whole = VolumeRecordCodec.encode(record);
    byte[] cut =
        new String(whole, StandardCharsets.UTF_8)
            .replace("\"state\"", "\"stat\"")
            .getBytes(StandardCharsets.UTF_8);

    assertThatExceptionOfType(VmStoreException.class)
        .isThrownBy(() -> VolumeRecordCodec.decode(cut));
  }

  @Test
  void aRecordOfAnOlderVersionShouldHaveNoSecrets() {
    String older =
        "{\"zvol\":\"tank/v1\",\"id\":\"%s\",\"generation\":1,\"state\":\"MAPPING\",\"operation\":\"o\",\"intent\":{\"host\":\"c1\",\"initiator\":\"iqn.2026-11.io.vmstore:c1\",\"fresh\":true}}"
            .formatted(VolumeId.random());

    assertThat(VolumeRecordCodec.decode(older.getBytes(StandardCharsets.UTF_8)).admission())
        .isEqualTo(Admission.byName(new Iqn("iqn.2026-11.io.vmstore:c1")));
  }

  @ParameterizedTest
  @MethodSource("everyState")
  void aRecordsTextShouldRepeatNoSecret(VolumeRecord record) {
    assertThat(record.toString())
        .doesNotContain(SECRETS.initiator())
        .doesNotContain("targets0own0secret");
  }

  @ParameterizedTest
  @MethodSource("everyState")
  void theSecretsShouldEndWithTheMapping(VolumeRecord record) {
    byte[] ended = VolumeRecordCodec.encode(record.unmapped(OPERATION));

    assertThat(new String(ended, StandardCharsets.UTF_8)).doesNotContain(SECRETS.initiator());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"initiators0secret\"",
        "[\"initiators0secret\"]",
        "{\"initiator_secret\":[\"initiators0secret\"]}",
        "{\"initiator_secret\":\"NULLinitiators0secret\"}",
        "{\"initiator_secret\":\"abcdefghijklmnopq\",\"target_secret\":{\"x\":\"initiators0secret\"}}"
      })
  void aDamagedSecretShouldNotBeRepeated(String chap) {
    VolumeRecord record = everyState(SECRETS).skip(1).findFirst().orElseThrow();
    byte[] damaged =
        new String(VolumeRecordCodec.encode(record), StandardCharsets.UTF_8)
            .replaceFirst("\"chap\":\\{[^}]*}", Matcher.quoteReplacement("\"chap\":" + chap))
            .getBytes(StandardCharsets.UTF_8);

    assertThatExceptionOfType(VmStoreException.class)
        .isThrownBy(() -> VolumeRecordCodec.decode(damaged))
        .satisfies(failure -> assertThat(failure.getMessage()).doesNotContain("initiators0secret"));
  }

  @Test
  void aMappedRecordWithoutItsResultShouldBeImpossible() {
    VolumeRecord mapped = everyState(null).skip(2).findFirst().orElseThrow();

    assertThatExceptionOfType(VmStoreException.class)
        .isThrownBy(
            () ->
                new VolumeRecord(
                    mapped.zvol(),
                    mapped.id(),
                    1,
                    mapped.state(),
                    OPERATION,
                    mapped.intent(),
                    null,
                    false));
  }
}
