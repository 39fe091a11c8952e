package io.vmstore.core.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.verifyNoInteractions;
import static org.mockito.Mockito.when;

import io.vmstore.CallOptions;
import io.vmstore.ComputeService;
import io.vmstore.NasService;
import io.vmstore.ZvolQuery;
import io.vmstore.core.flow.HandScheduler;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import io.vmstore.model.NodeName;
import io.vmstore.model.PoolName;
import io.vmstore.spi.Transport;
import io.vmstore.spi.Transport.Request;
import io.vmstore.spi.Transport.RequestHandler;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AuthorizationTest {
  private static final Authorization STANDARD = Authorization.standard();
  private static final NodeName NAS1 = new NodeName("nas1");
  private static final List<String> SENDERS =
      List.of(
          "vmstore-frontend",
          "vmstore-frontend-2",
          "vmstore-operator",
          "vmstore-nas-nas1",
          "vmstore-compute-c1",
          "vmstore-nas-",
          "vmstore-nas",
          "guest",
          "*",
          Authorization.UNAUTHENTICATED,
          "");

  private final HandScheduler scheduler = new HandScheduler();
  private final NasService nas = mock(NasService.class);
  private final ComputeService compute = mock(ComputeService.class);

  @ParameterizedTest
  @ValueSource(strings = {"map_zvol", "unmap_zvol", "del_zvol", "list_zvols", "reconcile"})
  void aNasShouldObeyFrontendsAndOperatorsOnly(String action) {
    RequestHandler dispatcher =
        RequestDispatcher.forNas(nas, new PoolName("tank"), scheduler, STANDARD);
    assertThat(admitted(dispatcher, action))
        .containsExactly("vmstore-frontend", "vmstore-frontend-2", "vmstore-operator");
  }

  @ParameterizedTest
  @CsvSource({
    "list_initiator, vmstore-nas-nas1",
    "set_zvol, vmstore-nas-nas1",
    "tear_down, vmstore-nas-nas1",
    "list_dev, vmstore-frontend vmstore-frontend-2 vmstore-operator",
    "reconcile, vmstore-operator"
  })
  void aComputeNodeShouldObeyANasAndShowItsDevices(String action, String admitted) {
    RequestHandler dispatcher = RequestDispatcher.forCompute(compute, scheduler, STANDARD);
    assertThat(admitted(dispatcher, action)).containsExactly(admitted.split(" "));
  }

  @Test
  void whoHasNoRoleShouldBeRefusedBeforeHisWordsAreRead() {
    RequestHandler dispatcher =
        RequestDispatcher.forNas(nas, new PoolName("tank"), scheduler, STANDARD);
    assertThat(answer(dispatcher, "mallory", "not json"))
        .contains("PERMISSION_DENIED")
        .contains("user 'mallory' may not send any request")
        .contains("users.frontend")
        .contains("docs/operations.md");
    verifyNoInteractions(nas);
  }

  @Test
  void messagesNobodyVouchesForShouldBeTakenOnlyForTheRoleThatIsGiven() {
    Authorization legacy =
        STANDARD.with(Role.FRONTEND, List.of("front", Authorization.UNAUTHENTICATED));
    RequestHandler listens = RequestDispatcher.forNas(nas, new PoolName("tank"), scheduler, legacy);
    assertThat(admitted(listens, "map_zvol")).containsExactly("vmstore-operator", "");
    assertThat(admitted(RequestDispatcher.forCompute(compute, scheduler, legacy), "set_zvol"))
        .containsExactly("vmstore-nas-nas1");
    assertThatThrownBy(() -> legacy.requireAnswerer("", Set.of(Role.NAS), NAS1))
        .hasMessageContaining("a sender without a user_id");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"vmstore-nas-nas10", "vmstore-nas-nas", "vmstore-compute-nas1", "nas1", "*", ""})
  void anAnswerOfAnybodyElseShouldBeRefused(String sender) {
    VmStoreException failure =
        catchThrowableOfType(
            VmStoreException.class, () -> STANDARD.requireAnswerer(sender, Set.of(Role.NAS), NAS1));
    assertThat(failure.code()).isEqualTo(ErrorCode.PERMISSION_DENIED);
    assertThat(failure.outcomeUnknown()).isTrue();
    assertThat(failure.details()).containsEntry("sender", sender);
  }

  @Test
  void aNodeOfEitherRoleShouldAnswerAsItselfOnly() {
    Set<Role> either = Set.of(Role.NAS, Role.COMPUTE);
    STANDARD.requireAnswerer("vmstore-compute-nas1", either, NAS1);
    assertThatThrownBy(() -> STANDARD.requireAnswerer("vmstore-nas-nas2", either, NAS1))
        .hasMessageContaining("correct users.nas, users.compute here");
  }

  @Test
  void aNodesOwnUserShouldAnswerForIt() {
    STANDARD.requireAnswerer("vmstore-nas-nas1", Set.of(Role.NAS), NAS1);
    STANDARD.requireAnswerer("vmstore-compute-nas1", Set.of(Role.COMPUTE), NAS1);
    Authorization.ofOneUser("guest").requireAnswerer("guest", Set.of(Role.NAS), NAS1);
    Authorization.ofOneUser("*").requireAnswerer("nas1", Set.of(Role.NAS), NAS1);
  }

  @Test
  void aForgedAnswerShouldFailTheCallAndNotBeRead() {
    Transport transport = mock(Transport.class);
    when(transport.request(any(), any(), any()))
        .thenReturn(
            CompletableFuture.completedFuture(
                new Transport.Reply(
                    "vmstore-compute-c2", "{\"status\":\"success\"}".getBytes(UTF_8))));
    CompletableFuture<?> call =
        new RemoteNasService(transport, NAS1, STANDARD)
            .listZvols(ZvolQuery.all(), CallOptions.within(Duration.ofSeconds(1)));
    assertThat(call)
        .isCompletedExceptionally()
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .withMessageContaining("PERMISSION_DENIED: cannot trust the answer of 'nas1'");
    verify(transport).request(any(), any(), any());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a*b", "**", "a b", "a,b"})
  void aNameThatCannotBeMatchedShouldBeRefused(String name) {
    assertThatThrownBy(() -> STANDARD.with(Role.NAS, List.of(name)))
        .hasMessageContaining("INVALID_ARGUMENT")
        .hasMessageContaining("users.nas");
  }

  private static List<String> admitted(RequestHandler dispatcher, String action) {
    String body = "{\"action\":\"" + action + "\"}";
    return SENDERS.stream()
        .filter(sender -> !answer(dispatcher, sender, body).contains("PERMISSION_DENIED"))
        .toList();
  }

  private static String answer(RequestHandler dispatcher, String sender, String body) {
    return new String(
        dispatcher.handle(new SentBy(sender, body)).toCompletableFuture().join(), UTF_8);
  }

  private record SentBy(String sender, String text) implements Request {
    @Override
    public String id() {
      return sender + "-1";
    }

    @Override
    public byte[] body() {
      return text.getBytes(UTF_8);
    }

    @Override
    public Deadline deadline() {
      return Deadline.after(Duration.ofSeconds(2), () -> 0);
    }
  }
}
