package io.vmstore.core.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.argThat;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.vmstore.CallOptions;
import io.vmstore.ZvolQuery;
import io.vmstore.ZvolStatus;
import io.vmstore.core.flow.Failures;
import io.vmstore.error.ErrorCode;
import io.vmstore.model.NodeName;
import io.vmstore.spi.Transport;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A node that has too much in work: the caller asks again when it was told to, and no later. */
class BusyNodeTest {
  private static final NodeName NODE = new NodeName("n1");
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final String EMPTY_LIST = "{\"status\":\"success\",\"body\":[]}";

  private final Transport transport = mock(Transport.class);

  private static CompletableFuture<Transport.Reply> reply(String body) {
    return CompletableFuture.completedFuture(new Transport.Reply("n1", body.getBytes(UTF_8)));
  }

  private static CompletableFuture<Transport.Reply> busy(String retryAfter) {
    return reply(
        "{\"status\":\"error\",\"error\":\"x\",\"code\":\"BUSY\",\"problem\":\"cannot take it\","
            + "\"outcome_unknown\":false,\"details\":{"
            + retryAfter
            + "}}");
  }

  private CompletableFuture<List<ZvolStatus>> list(Duration timeout) {
    return new RemoteNasService(transport, NODE, Authorization.ofOneUser("*"))
        .listZvols(ZvolQuery.all(), CallOptions.within(timeout));
  }

  @Test
  void aRequestShouldBeRepeatedUntilItIsTaken() {
    when(transport.request(any(), any(), any()))
        .thenReturn(busy("\"retry-after\":\"1\""))
        .thenReturn(busy("\"retry-after\":\"1\""))
        .thenReturn(reply(EMPTY_LIST));

    assertThat(list(LONG)).succeedsWithin(LONG).isEqualTo(List.of());

    verify(transport).request(any(), any(), argThat(LONG::equals));
    verify(transport, times(2)).request(any(), any(), argThat(time -> time.compareTo(LONG) < 0));
  }

  @Test
  void aCallerWithoutTheTimeShouldHearThatTheNodeIsBusy() {
    when(transport.request(any(), any(), any())).thenReturn(busy("\"retry-after\":\"60000\""));

    assertThat(Failures.of(catchThrowable(list(LONG)::join)).code()).isEqualTo(ErrorCode.BUSY);
    verify(transport, times(1)).request(any(), any(), any());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "\"holder\":\"map\"", "\"retry-after\":\"soon\"", "\"retry-after\":\"0\""})
  void aVolumeThatIsBusyShouldBeTheCallersConcern(String details) {
    when(transport.request(any(), any(), any())).thenReturn(busy(details));

    assertThat(Failures.of(catchThrowable(list(LONG)::join)).code()).isEqualTo(ErrorCode.BUSY);
    verify(transport, times(1)).request(any(), any(), any());
  }
}
