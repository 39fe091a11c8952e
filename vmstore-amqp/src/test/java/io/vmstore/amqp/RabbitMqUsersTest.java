package io.vmstore.amqp;

import static io.vmstore.amqp.Echo.bytes;
import static io.vmstore.amqp.Failing.failure;
import static java.util.concurrent.CompletableFuture.completedFuture;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.BuiltinExchangeType;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.GetResponse;
import com.rabbitmq.client.ShutdownSignalException;
import io.vmstore.AttachTarget;
import io.vmstore.CallOptions;
import io.vmstore.ComputeService;
import io.vmstore.DetachTarget;
import io.vmstore.MapZvol;
import io.vmstore.NasService;
import io.vmstore.Repair;
import io.vmstore.ZvolQuery;
import io.vmstore.core.VmStore;
import io.vmstore.core.protocol.Authorization;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Iqn;
import io.vmstore.model.Mapping;
import io.vmstore.model.NodeName;
import io.vmstore.model.Portal;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Transport;
import io.vmstore.testkit.broker.RabbitMqServer;
import io.vmstore.testkit.contract.Cluster;
import io.vmstore.testkit.contract.MemoryStorage;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The users and permissions of docs/operations.md on a RabbitMQ, with nodes at work: what each user
 * may, and what is refused him, by the broker where it can and by the node where not.
 */
final class RabbitMqUsersTest {
  private static final String EXCHANGE = "rocks.vm-manage";
  private static final String FRONTEND = "vmstore-frontend";
  private static final String OPERATOR = "vmstore-operator";
  private static final String NAS = "vmstore-nas-nas1";
  private static final String COMPUTE = "vmstore-compute-vm1";
  private static final String OTHER_COMPUTE = "vmstore-compute-vm10";

  /** May do everything on the broker, and has no role. */
  private static final String STRANGER = "stranger";

  private static final NodeName ABSENT_NAS = new NodeName("nas2");
  private static final String ABSENT_NAS_USER = "vmstore-nas-nas2";
  private static final ZvolName ZVOL = ZvolName.parse("tank/v1");
  private static final VolumeId ID = VolumeId.parse("6f1c2f0e-8d8f-4f57-9f2e-0a4b8a1f0c11");
  private static final Target TARGET =
      new Target(new Iqn("iqn.2026-11.io.vmstore:a"), List.of(Portal.parse("10.0.0.1")));

  private static RabbitMqServer rabbit;
  private static Cluster cluster;

  private final List<AutoCloseable> opened = new ArrayList<>();

  @BeforeAll
  static void startNodes(@TempDir Path directory) throws Exception {
    rabbit = Brokers.rabbit();
    Permissions permissions = new Permissions(rabbit);
    permissions.importDefinitions(directory);
    permissions.make("vmstore-nas-nas1", "nas1", "nas1");
    permissions.make("vmstore-nas-nas1", "nas1", "nas2");
    permissions.make("vmstore-compute-compute1", "compute1", "vm1");
    permissions.make("vmstore-compute-compute1", "compute1", "vm10");
    permissions.make(FRONTEND, "nas1", "nas1");
    permissions.make(OPERATOR, "nas1", "nas1");
    rabbit.control("add_user", STRANGER, STRANGER);
    rabbit.control("set_permissions", "-p", Permissions.VIRTUAL_HOST, STRANGER, ".*", ".*", ".*");
    cluster =
        Cluster.over(
            new MemoryStorage(),
            machine -> AmqpTransport.connect(config(userOf(machine))),
            Authorization.standard());
  }

  private static String userOf(NodeName machine) {
    return switch (machine.value()) {
      case "nas1" -> NAS;
      case "frontend" -> FRONTEND;
      default -> "vmstore-compute-" + machine;
    };
  }

  private static AmqpConfig config(String user) {
    return AmqpConfig.builder("localhost:" + rabbit.port(), user, user)
        .virtualHost(Permissions.VIRTUAL_HOST)
        .build();
  }

  @AfterAll
  static void stopNodes() {
    cluster.close();
  }

  @AfterEach
  void closeAll() throws Exception {
    for (AutoCloseable closeable : opened) {
      closeable.close();
    }
  }

  // What is allowed

  @Test
  void frontendShouldCommandANasAndThatItsComputeNodes() {
    Mapping mapping =
        cluster
            .nas()
            .mapZvol(new MapZvol(ZVOL, Cluster.HOST, ByteSize.mebibytes(64)), soon())
            .join();
    assertThat(cluster.compute(Cluster.HOST).listDevices(soon()).join()).hasSize(1);
    assertThat(cluster.nas().listZvols(ZvolQuery.all(), soon()).join())
        .hasSize(1)
        .first()
        .satisfies(zvol -> assertThat(zvol.currentMapping()).contains(mapping));
    cluster.nas().unmapZvol(ZVOL, soon()).join();
    cluster.nas().deleteZvol(ZVOL, soon()).join();
  }

  @Test
  void operatorShouldReconcileEveryNode() {
    VmStore operator = as(OPERATOR);
    assertThat(operator.nas(Cluster.NAS).reconcile(Repair.DRY_RUN, soon()).join()).isEmpty();
    assertThat(operator.compute(Cluster.HOST).reconcile(Repair.DRY_RUN, soon()).join()).isEmpty();
  }

  // What the node refuses, because the broker cannot tell

  @ParameterizedTest
  @ValueSource(strings = {OTHER_COMPUTE, COMPUTE, FRONTEND, OPERATOR, STRANGER})
  void onlyANasShouldHaveAComputeNodeAttachAndDetach(String user) {
    ComputeService compute = as(user).compute(Cluster.HOST);
    assertRefusedByTheNode(compute.initiator(soon()), user, "list_initiator");
    assertRefusedByTheNode(
        compute.attach(new AttachTarget(TARGET, ID, 1), soon()), user, "set_zvol");
    assertRefusedByTheNode(
        compute.detach(new DetachTarget(TARGET, ID, 1), soon()), user, "tear_down");
  }

  @ParameterizedTest
  @ValueSource(strings = {OTHER_COMPUTE, FRONTEND, NAS, STRANGER})
  void onlyAnOperatorShouldReconcileAComputeNode(String user) {
    assertRefusedByTheNode(
        as(user).compute(Cluster.HOST).reconcile(Repair.SETTLE, soon()), user, "reconcile");
  }

  @ParameterizedTest
  @ValueSource(strings = {COMPUTE, NAS, ABSENT_NAS_USER, STRANGER})
  void nodesShouldCommandNoNas(String user) {
    NasService nas = as(user).nas(Cluster.NAS);
    MapZvol map = new MapZvol(ZVOL, Cluster.HOST, ByteSize.mebibytes(64));
    assertRefusedByTheNode(nas.mapZvol(map, soon()), user, "map_zvol");
    assertRefusedByTheNode(nas.unmapZvol(ZVOL, soon()), user, "unmap_zvol");
    assertRefusedByTheNode(nas.forceUnmapZvol(ZVOL, soon()), user, "unmap_zvol");
    assertRefusedByTheNode(nas.deleteZvol(ZVOL, soon()), user, "del_zvol");
    assertRefusedByTheNode(nas.listZvols(ZvolQuery.all(), soon()), user, "list_zvols");
  }

  @Test
  void messageWithoutAUserShouldBeRefusedByTheNode() throws Exception {
    Channel raw = raw(FRONTEND);
    String replies = Route.newReplyQueue();
    raw.queueDeclare(replies, false, true, true, null);
    BasicProperties anonymous =
        new BasicProperties.Builder().messageId("m1").replyTo(replies).build();
    raw.basicPublish(EXCHANGE, "nas1", anonymous, bytes("{\"action\":\"list_zvols\"}"));
    GetResponse reply = await().until(() -> raw.basicGet(replies, true), got -> got != null);
    assertThat(Echo.text(reply.getBody()))
        .contains("PERMISSION_DENIED")
        .contains("a sender without a user_id may not send any request");
    assertThat(reply.getProps().getUserId()).isEqualTo(NAS);
  }

  @Test
  void answerOfAComputeNodeForANasShouldNotBeBelieved() throws Exception {
    // The NAS's own request and reply queue, which a compute node does not get to see.
    CompletableFuture<Transport.Request> request = new CompletableFuture<>();
    CompletableFuture<byte[]> never = new CompletableFuture<>();
    transport(ABSENT_NAS_USER)
        .serve(
            ABSENT_NAS,
            asked -> {
              request.complete(asked);
              return never;
            });
    CompletableFuture<?> call =
        as(FRONTEND).nas(ABSENT_NAS).listZvols(ZvolQuery.all(), CallOptions.within(Echo.TIMEOUT));
    IncomingRequest seen = (IncomingRequest) request.get();
    BasicProperties forged =
        new BasicProperties.Builder().userId(COMPUTE).correlationId(seen.id()).build();
    raw(COMPUTE).basicPublish("", seen.replyTo(), forged, bytes("{\"status\":\"success\"}"));
    assertThat(failure(call).code()).isEqualTo(ErrorCode.PERMISSION_DENIED);
    assertThat(failure(call)).hasMessageContaining("cannot trust the answer of 'nas2'");
    assertThat(failure(call).details()).containsEntry("sender", COMPUTE);
  }

  @Test
  void answerThatIsSentIntoAnotherNodesQueueShouldBeNoRequest() throws Exception {
    BasicProperties deflected =
        new BasicProperties.Builder()
            .messageId("m2")
            .userId(FRONTEND)
            .replyTo(Route.nodeQueue(Cluster.HOST))
            .build();
    raw(FRONTEND).basicPublish(EXCHANGE, "nas1", deflected, bytes("{\"action\":\"list_zvols\"}"));
    assertThat(cluster.compute(Cluster.HOST).listDevices(soon()).join()).isEmpty();
  }

  // What the broker refuses

  @ParameterizedTest
  @ValueSource(strings = {OTHER_COMPUTE, NAS, FRONTEND})
  void nobodyElseShouldListenAsAComputeNode(String user) {
    Transport transport = transport(user);
    VmStoreException refusal =
        catchThrowableOfType(
            VmStoreException.class,
            () -> transport.serve(Cluster.ABSENT_HOST, request -> completedFuture(bytes(""))));
    assertThat(refusal.code()).isEqualTo(ErrorCode.PERMISSION_DENIED);
    assertThat(refusal.reason()).contains("ACCESS_REFUSED").contains("vmstore.node.vm100");
    assertThat(refusal.correction()).contains(user).contains("docs/operations.md");
  }

  @Test
  void computeNodeShouldNotListenAsANas() {
    Transport transport = transport(COMPUTE);
    assertThat(
            catchThrowable(
                () -> transport.serve(ABSENT_NAS, request -> completedFuture(bytes("")))))
        .hasMessageContaining("PERMISSION_DENIED")
        .hasMessageContaining("vmstore.node.nas2");
  }

  @ParameterizedTest
  @ValueSource(strings = {NAS, OTHER_COMPUTE, FRONTEND, OPERATOR})
  void nobodyElseShouldReadAComputeNodesQueue(String user) throws Exception {
    assertRefusedByTheBroker(
        raw(user), channel -> channel.basicGet("vmstore.node.vm1", true), "ACCESS_REFUSED");
    assertRefusedByTheBroker(
        raw(user), channel -> channel.queuePurge("vmstore.node.vm1"), "ACCESS_REFUSED");
    assertRefusedByTheBroker(
        raw(user), channel -> channel.queueDelete("vmstore.node.vm1"), "ACCESS_REFUSED");
  }

  @ParameterizedTest
  @ValueSource(strings = {NAS, COMPUTE, FRONTEND, OPERATOR})
  void nobodyShouldReadAnothersReplies(String user) throws Exception {
    String replies = Route.newReplyQueue();
    raw(FRONTEND).queueDeclare(replies, false, true, true, null);
    assertRefusedByTheBroker(
        raw(user), channel -> channel.basicGet(replies, true), "RESOURCE_LOCKED");
  }

  @ParameterizedTest
  @ValueSource(strings = {"vm1", "nas1", "#", "*", "vmstore.reply.*", "vmstore.reply.#"})
  void nobodyShouldListenInByABindingOfHisOwn(String key) throws Exception {
    for (String user : List.of(OTHER_COMPUTE, ABSENT_NAS_USER, FRONTEND)) {
      String own = "vmstore.reply." + UUID.randomUUID();
      Channel channel = raw(user);
      channel.queueDeclare(own, false, true, true, null);
      assertRefusedByTheBroker(
          channel, allowed -> allowed.queueBind(own, EXCHANGE, key), "ACCESS_REFUSED");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {NAS, COMPUTE, FRONTEND, OPERATOR})
  void nobodyShouldChangeTheExchange(String user) throws Exception {
    assertRefusedByTheBroker(
        raw(user), channel -> channel.exchangeDelete(EXCHANGE), "ACCESS_REFUSED");
    assertRefusedByTheBroker(
        raw(user),
        channel -> channel.exchangeDeclare("own", BuiltinExchangeType.FANOUT),
        "ACCESS_REFUSED");
  }

  @ParameterizedTest
  @ValueSource(strings = {NAS, COMPUTE, FRONTEND, OPERATOR, STRANGER})
  void nobodyShouldSendInAnothersName(String user) throws Exception {
    BasicProperties forged =
        new BasicProperties.Builder().messageId("m").replyTo("q").userId(ABSENT_NAS_USER).build();
    assertEnded(
        raw(user),
        channel -> channel.basicPublish(EXCHANGE, "vm1", forged, bytes("{}")),
        "user_id property set to '" + ABSENT_NAS_USER + "'");
  }

  @Test
  void frontendShouldAnswerNobody() throws Exception {
    assertEnded(
        raw(FRONTEND),
        channel -> channel.basicPublish("", "q", new BasicProperties(), bytes("{}")),
        "ACCESS_REFUSED");
  }

  @Test
  void whoIsUnknownShouldNotGetIn() {
    assertThat(catchThrowable(() -> AmqpTransport.connect(config("nobody"))))
        .hasMessageContaining("PERMISSION_DENIED")
        .hasMessageContaining("'nobody'");
  }

  @Test
  void userOfAnotherVirtualHostShouldNotGetIn() {
    assertThat(catchThrowable(() -> AmqpTransport.connect(config("guest"))))
        .hasMessageContaining("PERMISSION_DENIED")
        .hasMessageContaining("access to vhost 'vmstore' refused");
  }

  private static CallOptions soon() {
    return CallOptions.within(Duration.ofSeconds(10));
  }

  private VmStore as(String user) {
    return VmStore.over(transport(user));
  }

  private Transport transport(String user) {
    Transport transport = AmqpTransport.connect(config(user));
    opened.add(transport);
    return transport;
  }

  /** {@return a channel as a client that keeps to no protocol would use it} */
  private Channel raw(String user) throws Exception {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setHost("localhost");
    factory.setPort(rabbit.port());
    factory.setVirtualHost(Permissions.VIRTUAL_HOST);
    factory.setUsername(user);
    factory.setPassword(user);
    factory.setAutomaticRecoveryEnabled(false);
    Connection connection = factory.newConnection();
    opened.add(connection::abort);
    return connection.createChannel();
  }

  private static void assertRefusedByTheNode(
      CompletableFuture<?> call, String user, String action) {
    VmStoreException refusal = failure(call);
    assertThat(refusal.code()).as(action).isEqualTo(ErrorCode.PERMISSION_DENIED);
    assertThat(refusal.problem()).contains("'" + user + "' may not send");
    assertThat(refusal.details()).containsEntry("sender", user).containsKey("node");
    assertThat(refusal.outcomeUnknown()).isFalse();
  }

  @FunctionalInterface
  private interface Use {
    void of(Channel channel) throws Exception;
  }

  private static void assertRefusedByTheBroker(Channel channel, Use use, String reason) {
    Throwable refusal = catchThrowable(() -> use.of(channel));
    assertThat(refusal).isNotNull();
    assertThat(AmqpReasons.of(refusal)).contains(reason);
  }

  /** A publication is refused later than it is made. */
  private static void assertEnded(Channel channel, Use use, String reason) throws Exception {
    use.of(channel);
    await().until(() -> !channel.isOpen());
    ShutdownSignalException why = channel.getCloseReason();
    assertThat(AmqpReasons.of(why)).contains(reason);
  }
}
