package io.vmstore.core.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.vmstore.AttachTarget;
import io.vmstore.CallOptions;
import io.vmstore.MapZvol;
import io.vmstore.core.flow.Failures;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Iqn;
import io.vmstore.model.NodeName;
import io.vmstore.model.Portal;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Transport;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A node that answers nonsense: the caller is told so, and believes no part of it. */
class StrangeAnswersTest {
  private static final NodeName NODE = new NodeName("n1");
  private static final VolumeId ID = VolumeId.parse("00000000-0000-4000-8000-000000000001");
  private static final MapZvol MAP =
      new MapZvol(ZvolName.parse("tank/v1"), new NodeName("c1"), ByteSize.gibibytes(1));
  private static final String MAPPING =
      "{\"status\":\"success\",\"zpool\":\"tank\",\"zvol\":\"v1\",\"remotehost\":\"c1\","
          + "\"volume_id\":\"00000000-0000-4000-8000-000000000001\",\"size_bytes\":1073741824,"
          + "\"target\":\"iqn.2026-11.io.x:a.g1\",\"portals\":[\"10.0.0.1:3260\"],"
          + "\"bdev\":\"/dev/sdb\",\"stable_path\":\"/run/x\",\"generation\":1}";

  private final Transport transport = mock(Transport.class);
  private final Authorization anybody = Authorization.ofOneUser("*");

  private void answers(String reply) {
    when(transport.request(any(), any(), any()))
        .thenReturn(
            CompletableFuture.completedFuture(new Transport.Reply("n1", reply.getBytes(UTF_8))));
  }

  private CompletableFuture<?> map() {
    return new RemoteNasService(transport, NODE, anybody)
        .mapZvol(MAP, CallOptions.within(Duration.ofSeconds(1)));
  }

  private static VmStoreException failure(CompletableFuture<?> call) {
    return Failures.of(catchThrowable(call::join));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "garbage",
        "{}",
        "{\"status\":true}",
        "{\"status\":\"success\"}",
        "{\"status\":\"error\"}",
        "{\"status\":\"error\",\"problem\":7}",
        "{\"status\":\"error\",\"error\":\"x\",\"outcome_unknown\":\"no\"}",
        "{\"status\":\"error\",\"error\":\"x\",\"details\":{\"a\":{}}}"
      })
  void nonsenseShouldBeADefectOfUnknownOutcomeAndNotTheCallersMistake(String reply) {
    answers(reply);

    VmStoreException failure = failure(map());
    assertThat(failure.code()).isEqualTo(ErrorCode.INTERNAL);
    assertThat(failure.outcomeUnknown()).isTrue();
    assertThat(failure.problem()).contains("'n1'").contains("map_zvol");
  }

  @Test
  void aMappingShouldBeTheOneThatWasAskedFor() {
    answers(MAPPING);
    assertThat(map()).isCompleted().isNotCompletedExceptionally();

    answers(MAPPING.replace("\"v1\"", "\"v10\""));
    assertThat(failure(map())).hasMessageContaining("'tank/v1' was asked for");

    answers(MAPPING.replace("\"c1\"", "\"c10\""));
    assertThat(failure(map())).hasMessageContaining("'c1' was asked for");
  }

  @Test
  void aDeviceShouldBeTheOneThatWasAskedFor() {
    Target target = new Target(new Iqn("iqn.2026-11.io.x:a.g1"), List.of(Portal.parse("10.0.0.1")));
    answers(MAPPING.replace("0001\"", "0002\""));

    VmStoreException failure =
        failure(
            new RemoteComputeService(transport, NODE, anybody)
                .attach(
                    new AttachTarget(target, ID, 1), CallOptions.within(Duration.ofSeconds(1))));
    assertThat(failure.code()).isEqualTo(ErrorCode.INTERNAL);
    assertThat(failure.outcomeUnknown()).isTrue();
    assertThat(failure).hasMessageContaining("'" + ID + "' was asked for");
  }

  @Test
  void whatANodeReportsShouldForgeNoLine() {
    answers(
        "{\"status\":\"error\",\"code\":\"BUSY\",\"problem\":\"a\\nERROR b\\u001b[2J\","
            + "\"cause\":\"\\r\",\"details\":{\"k\\n\":\"v\\n\",\"node\":\"n2\"}}");

    VmStoreException failure = failure(map());
    assertThat(failure.code()).isEqualTo(ErrorCode.BUSY);
    assertThat(failure.toString() + failure.details())
        .matches(text -> text.chars().noneMatch(Character::isISOControl), "without control");
    assertThat(failure.details()).containsEntry("node", "n1");
  }
}
