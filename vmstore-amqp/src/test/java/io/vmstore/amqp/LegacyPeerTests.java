package io.vmstore.amqp;

import static io.vmstore.amqp.Echo.bytes;
import static io.vmstore.amqp.Echo.text;
import static io.vmstore.amqp.Failing.failure;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.Delivery;
import io.vmstore.CallOptions;
import io.vmstore.MapZvol;
import io.vmstore.NasService;
import io.vmstore.ZvolQuery;
import io.vmstore.core.NasNode;
import io.vmstore.core.SystemScheduler;
import io.vmstore.core.VmStore;
import io.vmstore.core.protocol.Authorization;
import io.vmstore.core.protocol.LegacyPeer;
import io.vmstore.core.protocol.Role;
import io.vmstore.error.ErrorCode;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Mapping;
import io.vmstore.model.MappingState;
import io.vmstore.model.NodeName;
import io.vmstore.model.Portal;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Transport;
import io.vmstore.testkit.contract.Cluster;
import io.vmstore.testkit.contract.MemoryStorage;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Programs of the predecessor and nodes of vmstore on one real broker. */
abstract class LegacyPeerTests {
  private static final ZvolName V1 = ZvolName.parse("tank/v1");
  private static final NodeName OLD_NAS = new NodeName("nas-0-0");
  private static final NodeName OLD_COMPUTE = new NodeName("compute-0-1");
  private static final Authorization ADMITTING =
      Authorization.ofOneUser("guest").with(Role.FRONTEND, List.of("guest", Authorization.LEGACY));

  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private OldProgram old;

  abstract int port();

  @BeforeEach
  void connect() throws Exception {
    Transport first = transport(); // whoever is first declares the exchange
    old = open(new OldProgram(port()));
    assertThat(first.maximumBodyBytes()).isPositive();
  }

  @AfterEach
  void closeAll() throws Exception {
    for (AutoCloseable closeable : opened) {
      closeable.close();
    }
  }

  // An old frontend and nodes of ours

  @Test
  void oldFrontendShouldBeServed() throws IOException {
    Cluster cluster = cluster(ADMITTING);
    String mapped = old.command("nas1", map("v1", "vm1"));
    String device =
        cluster.compute(Cluster.HOST).listDevices(soon()).join().get(0).device().value();
    assertThat(mapped)
        .isEqualTo(
            "{\"action\":\"zvol_mapped\",\"status\":\"success\",\"bdev\":\"" + device + "\"}");
    assertThat(old.command("nas1", map("v1", "vm1"))).isEqualTo(mapped);
    assertThat(old.command("nas1", map("v1", "vm10")))
        .isEqualTo(error("Error when mapping zvol: already mapped"));
    assertThat(old.command("nas1", "{\"action\":\"list_zvols\"}"))
        .startsWith("{\"action\":\"zvol_list\",\"status\":\"success\",\"body\":[{\"zvol\":\"v1\"")
        .contains("\"remotehost\":\"vm1\"");
    assertThat(old.command("nas1", delete("v1")))
        .isEqualTo(error("Error deleting zvol v1: is mapped"));
    assertThat(old.command("nas1", unmap("v1")))
        .isEqualTo("{\"action\":\"zvol_unmapped\",\"status\":\"success\"}");
    assertThat(old.command("nas1", unmap("v1"))).isEqualTo(error("ZVol v1 is not mapped"));
    assertThat(old.command("nas1", delete("v1")))
        .isEqualTo("{\"action\":\"zvol_deleted\",\"status\":\"success\"}");
    assertThat(old.command("nas1", delete("v1"))).isEqualTo(error("ZVol v1 not found in database"));
  }

  @Test
  void oldFrontendShouldHearOfAnAbsentComputeNode() throws IOException {
    cluster(ADMITTING);
    assertThat(old.command("nas1", map("v1", "vm100")))
        .isEqualTo(error("Compute node vm100 is unavailable"));
    assertThat(old.command("nas1", "{\"action\":\"list_zvols\"}")).endsWith("\"body\":[]}");
  }

  @Test
  void laterFrontendShouldBeServedByComputeNodesToo() throws IOException {
    cluster(ADMITTING);
    old.send("nas1", map("v1", "vm1"), old.own().build());
    assertThat(old.send("vm1", "{\"action\":\"list_dev\"}", old.own().build()))
        .startsWith("{\"action\":\"dev_list\",\"status\":\"success\",\"node_type\":\"mixed\"")
        .contains("\"volume0\":{\"device\":");
    assertThat(old.send("vm1", "{\"action\":\"list_initiator\"}", old.own().build()))
        .startsWith("{\"action\":\"zvol_list\",\"status\":\"success\",\"body\":\"iqn.");
  }

  @Test
  void oldFrontendShouldBeRefusedUnlessItIsAdmitted() throws IOException {
    cluster(Authorization.ofOneUser("guest"));
    assertThat(old.command("nas1", map("v1", "vm1")))
        .startsWith("{\"status\":\"error\",\"error\":\"PERMISSION_DENIED: ");
  }

  // Our frontend and an old NAS

  @Test
  void oldNasShouldServeOurFrontend() throws Exception {
    old.listen(OLD_NAS.value()).listen(OLD_COMPUTE.value());
    NasService nas =
        VmStore.over(transport(), Authorization.standard())
            .withLegacyNas(OLD_NAS, List.of(Portal.parse("10.0.0.1")))
            .nas(OLD_NAS);
    CompletableFuture<Mapping> mapping =
        nas.mapZvol(new MapZvol(V1, OLD_COMPUTE, ByteSize.gibibytes(10)), soon());
    old.answerFrontend(
        old.next(0), "{\"action\":\"zvol_list\",\"status\":\"success\",\"body\":[]}");
    assertThat(text(old.next(1).getBody())).isEqualTo("{\"action\":\"list_initiator\"}");
    old.answerFrontend(old.next(1), "{\"status\":\"error\",\"error\":\"action_unsupported\"}");
    assertThat(text(old.next(2).getBody()))
        .isEqualTo(
            "{\"action\":\"map_zvol\",\"zpool\":\"tank\",\"zvol\":\"v1\",\"remotehost\":"
                + "\"compute-0-1\",\"size\":\"10\",\"remotepool\":null,\"sync\":false}");
    old.answerFrontend(
        old.next(2), "{\"action\":\"zvol_mapped\",\"bdev\":\"/dev/sdc\",\"status\":\"success\"}");
    old.answerFrontend(
        old.next(3),
        "{\"action\":\"zvol_list\",\"status\":\"success\",\"body\":[{\"zvol\":\"v1\",\"zpool\":"
            + "\"tank\",\"iscsi_target\":\"iqn.2001-04.com.nas-0-0-v1\",\"remotehost\":"
            + "\"compute-0-1\"}]}");
    assertThat(mapping.join().device().value()).isEqualTo("/dev/sdc");
    assertThat(mapping.join().target().iqn().value()).isEqualTo("iqn.2001-04.com.nas-0-0-v1");
  }

  @Test
  void bothSidesOfTheDialectShouldUnderstandEachOther() {
    cluster(Authorization.ofOneUser("guest"));
    NasService nas =
        VmStore.over(transport(), Authorization.ofOneUser("guest"))
            .withLegacyNas(Cluster.NAS, List.of(Portal.parse("10.0.0.1")))
            .nas(Cluster.NAS);
    Mapping mapping =
        nas.mapZvol(new MapZvol(V1, Cluster.HOST, ByteSize.gibibytes(1)), soon()).join();
    assertThat(mapping.generation()).isZero(); // which only the old dialect leaves out
    assertThat(nas.listZvols(ZvolQuery.all(), soon()).join())
        .singleElement()
        .satisfies(zvol -> assertThat(zvol.remoteHost()).contains(Cluster.HOST));
    assertThat(failure(nas.deleteZvol(V1, soon())).code()).isEqualTo(ErrorCode.FAILED_PRECONDITION);
    nas.unmapZvol(V1, soon()).join();
    nas.deleteZvol(V1, soon()).join();
    assertThat(nas.listZvols(ZvolQuery.all(), soon()).join()).isEmpty();
  }

  @Test
  void everyRequestToAnOldNasShouldHaveAQueueOfItsOwn() throws Exception {
    old.listen(OLD_NAS.value());
    Transport transport = transport();
    CompletableFuture<Transport.Reply> a =
        transport.requestLegacy(null, OLD_NAS, bytes("a"), Echo.TIMEOUT);
    Delivery first = old.next(0);
    CompletableFuture<Transport.Reply> b =
        transport.requestLegacy(null, OLD_NAS, bytes("b"), Echo.TIMEOUT);
    Delivery second = old.next(1);
    assertThat(first.getProperties().getMessageId()).matches("[0-9]+");
    assertThat(first.getProperties().getAppId()).isEqualTo(OldProgram.APPLICATION);
    assertThat(first.getProperties().getReplyTo())
        .isNotEqualTo(second.getProperties().getReplyTo());
    old.answerFrontend(second, "to b");
    old.answerFrontend(first, "to a");
    assertThat(a.join().body()).isEqualTo(bytes("to a"));
    assertThat(b.join().body()).isEqualTo(bytes("to b"));
    await().until(() -> !old.hasQueue(first.getProperties().getReplyTo()));
  }

  @Test
  void silentOrAbsentOldNasShouldKeepNobodyWaiting() throws Exception {
    Transport transport = transport();
    assertThat(failure(transport.requestLegacy(null, OLD_NAS, bytes("a"), Echo.TIMEOUT)).code())
        .isEqualTo(ErrorCode.UNAVAILABLE);
    old.listen(OLD_NAS.value());
    CompletableFuture<Transport.Reply> unanswered =
        transport.requestLegacy(null, OLD_NAS, bytes("b"), Duration.ofMillis(300));
    assertThat(failure(unanswered).code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
    Delivery late = old.next(0);
    await().until(() -> !old.hasQueue(late.getProperties().getReplyTo()));
  }

  // Our NAS and an old compute node

  @Test
  void oldComputeNodeShouldBeDriven() throws Exception {
    old.listen(OLD_COMPUTE.value());
    NasService nas = nasWithOldComputeNode();
    CompletableFuture<Mapping> mapping =
        nas.mapZvol(new MapZvol(V1, OLD_COMPUTE, ByteSize.gibibytes(1)), soon());
    Delivery map = old.next(0);
    assertThat(map.getProperties().getReplyTo()).isEqualTo("nas2");
    assertThat(text(map.getBody()))
        .startsWith("{\"action\":\"map_zvol\",\"target\":\"iqn.")
        .endsWith(
            "\"nas\":\"10.0.0.1\",\"size\":\"1\",\"zvol\":\"v1\",\"sync\":false,"
                + "\"remotehost\":\"compute-0-1\",\"remotepool\":null}");
    old.answerNas("compute-0-1", map, LegacyPeerTests::mappedAt);
    assertThat(mapping.join().device().value()).isEqualTo("/dev/sdc");
    old.answerNas("compute-0-1", map, LegacyPeerTests::mappedAt); // twice: for nobody
    CompletableFuture<?> unmapped = nas.unmapZvol(V1, soon());
    old.answerNas(
        "compute-0-1",
        old.next(1),
        request ->
            "{\"action\":\"zvol_unmapped\",\"target\":\""
                + target(request)
                + "\",\"zvol\":\"v1\",\"status\":\"success\"}");
    unmapped.join();
    assertThat(nas.listZvols(ZvolQuery.all(), soon()).join())
        .singleElement()
        .satisfies(zvol -> assertThat(zvol.state()).isEqualTo(MappingState.UNMAPPED));
    assertThat(old.received).hasSize(2); // the second answer was answered by nobody
  }

  @Test
  void absentOldComputeNodeShouldLeaveNothingBehind() {
    NasService nas = nasWithOldComputeNode();
    MapZvol map = new MapZvol(V1, OLD_COMPUTE, ByteSize.gibibytes(1));
    assertThat(failure(nas.mapZvol(map, soon())).code()).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(nas.listZvols(ZvolQuery.all(), soon()).join()).isEmpty();
  }

  private NasService nasWithOldComputeNode() {
    MemoryStorage storage = open(new MemoryStorage());
    NodeName name = new NodeName("nas2");
    return NasNode.builder(name, storage.pool())
        .zvols(storage.zvolManager())
        .exporter(storage.targetExporter())
        .store(storage.stateStore(name))
        .scheduler(open(SystemScheduler.create("testkit")))
        .authorization(ADMITTING)
        .legacyPeers(List.of(LegacyPeer.parse("compute-0-1=iqn.1994-05.com.redhat:c1")))
        .start()
        .serve(transport())
        .service();
  }

  private static String mappedAt(String request) {
    return "{\"action\":\"zvol_mapped\",\"target\":\""
        + target(request)
        + "\",\"bdev\":\"/dev/sdc\",\"status\":\"success\"}";
  }

  private static String target(String request) {
    return request.replaceFirst(".*\"target\":\"([^\"]*)\".*", "$1");
  }

  private Cluster cluster(Authorization authorization) {
    return open(Cluster.over(new MemoryStorage(), machine -> newTransport(), authorization));
  }

  private Transport transport() {
    return open(newTransport());
  }

  private AmqpTransport newTransport() {
    return AmqpTransport.connect(
        AmqpConfig.builder("localhost:" + port(), "guest", "guest").build());
  }

  final <T extends AutoCloseable> T open(T resource) {
    opened.addFirst(resource);
    return resource;
  }

  private static CallOptions soon() {
    return CallOptions.within(Echo.TIMEOUT);
  }

  private static String map(String zvol, String host) {
    return "{\"action\":\"map_zvol\",\"zpool\":\"tank\",\"zvol\":\""
        + zvol
        + "\",\"remotehost\":\""
        + host
        + "\",\"size\":\"1\",\"remotepool\":null,\"sync\":false}";
  }

  private static String unmap(String zvol) {
    return "{\"action\":\"unmap_zvol\",\"zvol\":\"" + zvol + "\"}";
  }

  private static String delete(String zvol) {
    return "{\"action\":\"del_zvol\",\"zpool\":\"tank\",\"zvol\":\"" + zvol + "\"}";
  }

  private static String error(String text) {
    return "{\"status\":\"error\",\"error\":\"" + text + "\"}";
  }
}
