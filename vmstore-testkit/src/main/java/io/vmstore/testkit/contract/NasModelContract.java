package io.vmstore.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmstore.ZvolStatus;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Mapping;
import io.vmstore.model.MappingState;
import io.vmstore.model.NodeName;
import io.vmstore.model.VolumeId;
import io.vmstore.spi.ConnectedDevice;
import io.vmstore.spi.TargetConnector;
import io.vmstore.testkit.fault.PortCall;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.RepeatedTest;

/**
 * Random operations on three volumes and two hosts, compared with a model of a few lines. Each run
 * prints its seed; {@code -Dvmstore.seed=N} repeats it.
 */
public abstract class NasModelContract extends RoleContract {
  private static final Logger LOG = System.getLogger(NasModelContract.class.getName());
  private static final String SEED = "vmstore.seed";
  private static final List<String> VOLUMES = List.of("vol1", "vol10", "vol2");
  private static final List<NodeName> HOSTS = List.of(HOST, OTHER_HOST);
  private static final Set<ErrorCode> REFUSALS =
      Set.of(ErrorCode.BUSY, ErrorCode.FAILED_PRECONDITION, ErrorCode.NOT_FOUND);

  /** The calls that the roles make in the course of an operation, and a fault can strike. */
  private static final List<PortCall> STRUCK =
      List.of(
          PortCall.STATE_WRITE,
          PortCall.STATE_REMOVE,
          PortCall.ZVOL_ENSURE,
          PortCall.ZVOL_DELETE,
          PortCall.EXPORT_EXPORT,
          PortCall.EXPORT_UNEXPORT,
          PortCall.CONNECT_CONNECT,
          PortCall.CONNECT_DISCONNECT);

  /** What a volume should be: an absent one has no model. */
  private static final class Model {
    @Nullable NodeName host;
    byte content;
  }

  private final Map<String, Model> models = new HashMap<>();

  /** {@return how many operations a run makes} */
  protected int operations() {
    return 150;
  }

  private static Random seeded() {
    long seed = Long.getLong(SEED, System.nanoTime());
    LOG.log(Level.INFO, SEED + "=" + seed);
    return new Random(seed);
  }

  private static <T> T any(Random random, List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }

  @RepeatedTest(3)
  void everyAnswerShouldBeTheModels() {
    Random random = seeded();
    for (int i = 0; i < operations(); i++) {
      String name = any(random, VOLUMES);
      switch (random.nextInt(4)) {
        case 0, 1 -> mapAsTheModelSays(name, any(random, HOSTS), (byte) (i + 1));
        case 2 -> unmapAsTheModelSays(name);
        default -> deleteAsTheModelSays(name);
      }
      assertListIsTheModels();
      assertOneWriterEach();
    }
    removeEverything();
  }

  private void mapAsTheModelSays(String name, NodeName host, byte next) {
    Model model = models.computeIfAbsent(name, absent -> new Model());
    if (model.host != null && !model.host.equals(host)) {
      Checks.assertRefused(ErrorCode.FAILED_PRECONDITION, () -> map(name, host));
      return;
    }
    Mapping mapping = map(name, host);
    model.host = host;
    assertThat(cluster().storage().read(host, mapping.stablePath(), 1))
        .containsExactly(model.content);
    cluster().storage().write(host, mapping.stablePath(), new byte[] {next});
    model.content = next;
  }

  private void unmapAsTheModelSays(String name) {
    Model model = models.get(name);
    if (model == null) {
      Checks.assertRefused(ErrorCode.NOT_FOUND, () -> unmap(name));
    } else {
      unmap(name);
      model.host = null;
    }
  }

  private void deleteAsTheModelSays(String name) {
    Model model = models.get(name);
    if (model != null && model.host != null) {
      Checks.assertRefused(ErrorCode.FAILED_PRECONDITION, () -> delete(name));
    } else {
      delete(name);
      models.remove(name);
    }
  }

  private void assertListIsTheModels() {
    List<ZvolStatus> listed = list();
    assertThat(listed)
        .extracting(status -> status.zvol().name())
        .containsExactlyElementsOf(models.keySet().stream().sorted().toList());
    for (ZvolStatus status : listed) {
      Model model = models.get(status.zvol().name());
      assertThat(status.host()).isEqualTo(model == null ? null : model.host);
    }
  }

  @RepeatedTest(3)
  void noFaultShouldGiveAVolumeToTwoHostsOrKeepItForEver() {
    Random random = seeded();
    for (int i = 0; i < operations(); i++) {
      if (random.nextBoolean()) {
        PortCall call = any(random, STRUCK);
        (random.nextBoolean() ? faults().before(call) : faults().after(call))
            .fail(random.nextBoolean() ? ErrorCode.UNAVAILABLE : ErrorCode.PERMISSION_DENIED);
      }
      anything(random);
      faults().clear();
      assertOneWriterEach();
      list().forEach(this::assertAttachedWhereItSays);
    }
    removeEverything();
  }

  @RepeatedTest(3)
  void operationsAtOnceShouldAllBeAnsweredAndNeverGiveAVolumeToTwoHosts() {
    Random seeds = seeded();
    List<Random> randoms = Stream.generate(() -> new Random(seeds.nextLong())).limit(4).toList();
    Checks.atOnce(
        randoms.size(),
        patience().multipliedBy(3),
        caller ->
            () -> {
              for (int i = 0; i < operations() / randoms.size(); i++) {
                anything(randoms.get(caller))
                    .ifPresent(failure -> assertThat(failure.code()).isIn(REFUSALS));
                for (String name : VOLUMES) {
                  assertThat(cluster().storage().writers(zvol(name))).hasSizeLessThan(2);
                }
              }
              return caller;
            });
    list().forEach(this::assertAttachedWhereItSays);
    removeEverything();
  }

  private Optional<VmStoreException> anything(Random random) {
    String name = any(random, VOLUMES);
    NodeName host = any(random, HOSTS);
    int action = random.nextInt(4);
    try {
      switch (action) {
        case 0, 1 -> map(name, host);
        case 2 -> unmap(name);
        default -> delete(name);
      }
      return Optional.empty();
    } catch (VmStoreException e) {
      return Optional.of(e);
    }
  }

  private Set<String> attached(NodeName host) {
    try (TargetConnector connector = cluster().storage().targetConnector(host)) {
      return connector.list(soon()).stream()
          .map(ConnectedDevice::serial)
          .collect(Collectors.toSet());
    }
  }

  private void assertOneWriterEach() {
    Set<String> both = attached(HOST);
    both.retainAll(attached(OTHER_HOST));
    assertThat(both).as("volumes that two hosts have").isEmpty();
  }

  private void assertAttachedWhereItSays(ZvolStatus status) {
    if (status.state() == MappingState.MAPPED) {
      VolumeId id = status.currentMapping().orElseThrow().id();
      for (NodeName host : HOSTS) {
        assertThat(attached(host).contains(id.toString()))
            .as("%s on %s, which is %s", status.zvol(), host, status)
            .isEqualTo(host.equals(status.host()));
      }
    }
  }

  /** By name, because a volume that is gone but for its DELETING record is not listed. */
  private void removeEverything() {
    settle(Cluster.NAS);
    for (String name : VOLUMES) {
      unmapIfThere(name);
      delete(name);
    }
    assertNothingLeft();
  }
}
