package io.vmstore.zfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.exec.DeviceHolders;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Deadline;
import io.vmstore.model.PoolName;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Zvol;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class ZfsZvolManagerTest {
  private static final ZvolName V1 = ZvolName.parse("tank/v1");
  private static final ZvolName V10 = ZvolName.parse("tank/v10");
  private static final VolumeId ID = VolumeId.random();
  private static final VolumeId OTHER = VolumeId.random();
  private static final ByteSize SIZE = ByteSize.mebibytes(64);
  private static final long GIBIBYTE = 1L << 30;

  @TempDir Path root;
  private FakeZfs zfs = new FakeZfs(Path.of("/unset"));
  private final List<ZfsZvolManager> opened = new ArrayList<>();
  private Duration hidingPause = Duration.ofHours(1);
  private ZfsConfig config = ZfsConfig.of(Set.of(new PoolName("tank")));

  @BeforeEach
  void aPoolOfOneGibibyte() {
    zfs = new FakeZfs(root.resolve("zvol")).pool("tank", GIBIBYTE);
    config = config.withDeviceRoot(root.resolve("zvol")).withBusyPatience(Duration.ofMillis(300));
  }

  @Test
  void ensureShouldCreateAMarkedVolumeWithTwoPrograms() {
    Zvol zvol = manager().ensure(V1, ID, new ByteSize(SIZE.bytes() - 1), soon());
    assertThat(zvol.size()).isEqualTo(SIZE);
    assertThat(zvol.id()).contains(ID);
    assertThat(zvol.created()).isTrue();
    assertThat(zvol.device().toPath()).exists();
    assertThat(zfs.dataset("tank/v1").local)
        .containsEntry("io.vmstore:id", ID.toString())
        .containsEntry("io.vmstore:origin", "created");
    assertThat(zfs.ran()).hasSize(2);
  }

  @Test
  void ensureShouldCreateWithOneProgramWhereThePoolIsKnownToHavePlentyOfRoom() {
    ZfsZvolManager manager = managerWithRecordsInPools();
    manager.ensure(V10, OTHER, SIZE, soon());
    int before = zfs.ran().size();
    assertThat(manager.ensure(V1, ID, SIZE, soon()).created()).isTrue();
    assertThat(zfs.ran()).hasSize(before + 1).last().asString().startsWith("zfs create");
  }

  @Test
  void ensureShouldLookAgainWhenThereMightNotBePlentyOfRoom() {
    ZfsZvolManager manager = managerWithRecordsInPools();
    manager.ensure(V10, OTHER, ByteSize.mebibytes(800), soon());
    ByteSize rest = ByteSize.mebibytes(200);
    assertFails(ErrorCode.RESOURCE_EXHAUSTED, false, () -> manager.ensure(V1, ID, rest, soon()));
    zfs.pool("tank", 2 * GIBIBYTE);
    assertThat(manager.ensure(V1, ID, rest, soon()).created()).isTrue();
  }

  @Test
  void ensureShouldKeepTheFloorOfAPoolThatHasGrownSinceItWasSeen() {
    config = config.withFloorPercent(20);
    ZfsZvolManager manager = managerWithRecordsInPools();
    manager.ensure(V10, OTHER, SIZE, soon());
    zfs.pool("tank", 2 * GIBIBYTE);
    ByteSize much = ByteSize.mebibytes(1600);
    assertFails(ErrorCode.RESOURCE_EXHAUSTED, false, () -> manager.ensure(V1, ID, much, soon()));
  }

  @Test
  void ensureShouldAdoptAVolumeWithoutALinkWhereItHadNotLooked() throws IOException {
    ZfsZvolManager manager = managerWithRecordsInPools();
    manager.ensure(V10, OTHER, SIZE, soon());
    zfs.volume("tank/v1", 2 * SIZE.bytes());
    Path link = root.resolve("zvol/tank/v1");
    Path node = Files.readSymbolicLink(link);
    Files.delete(link);
    CompletableFuture<Zvol> ensured =
        CompletableFuture.supplyAsync(() -> manager.ensure(V1, ID, SIZE, soon()));
    await().until(() -> zfs.dataset("tank/v1").local.containsKey("io.vmstore:origin"));
    Files.createSymbolicLink(link, node);
    assertThat(ensured.join().created()).isFalse();
    assertThat(ensured.join().size().bytes()).isEqualTo(2 * SIZE.bytes());
  }

  @Test
  void thePartitionsOfNewVolumesShouldBeHiddenAndTheirDevicesStay() {
    List<Runnable> events = new ArrayList<>();
    zfs.udev(
        event -> {
          events.add(event);
          event.run();
        });
    hidingPause = Duration.ofMillis(300);
    ZfsZvolManager manager = manager();
    manager.ensure(V1, ID, SIZE, soon());
    manager.ensure(V10, OTHER, SIZE, soon());
    await().untilAsserted(() -> assertHidden("tank/v1", "tank/v10"));
    assertThat(zfs.ran())
        .filteredOn(command -> command.startsWith("zfs set"))
        .as("one program, unless a round fell in between")
        .hasSizeLessThanOrEqualTo(2);
    assertThat(events).as("each made once, never removed").hasSize(2);
  }

  @Test
  void aNewVolumeShouldBeLeftAloneForThePauseThoughOthersCameBefore() {
    hidingPause = Duration.ofMillis(400);
    ZfsZvolManager manager = manager();
    for (int number = 0; number < 5; number++) {
      long start = System.nanoTime();
      ZvolName name = ZvolName.parse("tank/n" + number);
      manager.ensure(name, VolumeId.random(), SIZE, soon());
      await().until(() -> zfs.dataset(name.toString()).local.containsKey("volmode"));
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(hidingPause);
      manager.ensure(ZvolName.parse("tank/x" + number), VolumeId.random(), SIZE, soon());
    }
  }

  @Test
  void partitionsThatCouldNotBeHiddenShouldBeTheNextTimeTheVolumeIsSeen() {
    manager().ensure(V1, ID, SIZE, soon());
    manager().close();
    assertThat(zfs.dataset("tank/v1").local).doesNotContainKey("volmode");
    hidingPause = Duration.ZERO;
    manager().ensure(V1, ID, SIZE, soon());
    await().untilAsserted(() -> assertHidden("tank/v1"));
    zfs.dataset("tank/v1").local.remove("volmode");
    manager().list(soon());
    await().untilAsserted(() -> assertHidden("tank/v1"));
  }

  @Test
  void partitionsShouldBeLeftAsSomebodyDecided() {
    hidingPause = Duration.ZERO;
    zfs.volume("tank/v1", SIZE.bytes()).local.put("volmode", "full");
    zfs.dataset("tank/v1")
        .local
        .putAll(Map.of("io.vmstore:id", "" + ID, "io.vmstore:origin", "created"));
    zfs.volume("tank/v10", SIZE.bytes()).inherited.put("volmode", "dev");
    zfs.dataset("tank/v10")
        .local
        .putAll(Map.of("io.vmstore:id", "" + OTHER, "io.vmstore:origin", "created"));
    ZfsZvolManager manager = manager();
    manager.list(soon());
    manager.ensure(ZvolName.parse("tank/v2"), VolumeId.random(), SIZE, soon());
    await().untilAsserted(() -> assertHidden("tank/v2"));
    assertThat(zfs.dataset("tank/v1").local).containsEntry("volmode", "full");
    assertThat(zfs.dataset("tank/v10").local).doesNotContainKey("volmode");
  }

  @Test
  void deleteShouldNotMeetTheDeviceThatIsHeldOpenToHidePartitions() {
    zfs.refusing("volmode"); // what is in the way of one volume is in no other's
    hidingPause = Duration.ZERO;
    config = config.withBusyPatience(Duration.ZERO);
    ZfsZvolManager manager = manager();
    for (int i = 0; i < 20; i++) {
      manager.ensure(V1, ID, SIZE, soon());
      manager.delete(V1, ID, soon());
    }
    assertThat(zfs.exists("tank/v1")).isFalse();
  }

  @Test
  void closeShouldGiveUpWhatIsStillToBeHidden() {
    ZfsZvolManager manager = manager();
    manager.ensure(V1, ID, SIZE, soon());
    manager.close();
    assertThat(zfs.ran()).noneMatch(command -> command.startsWith("zfs set"));
  }

  private void assertHidden(String... names) {
    for (String name : names) {
      assertThat(zfs.dataset(name).local).containsEntry("volmode", "dev");
    }
  }

  @Test
  void ensureShouldKeepSizeAndIdOfAMarkedVolumeWithOneProgram() {
    Zvol created = manager().ensure(V1, ID, SIZE, soon());
    Zvol again = manager().ensure(V1, OTHER, ByteSize.gibibytes(500), soon());
    assertThat(again).isEqualTo(created);
    assertThat(zfs.ran()).hasSize(3);
  }

  @Test
  void ensureShouldMarkAVolumeItFinds() {
    zfs.volume("tank/v1", SIZE.bytes());
    Zvol zvol = manager().ensure(V1, ID, ByteSize.gibibytes(500), soon());
    assertThat(zvol.created()).isFalse();
    assertThat(zvol.size()).isEqualTo(SIZE);
    assertThat(manager().find(V1, soon())).contains(zvol);
    assertThat(zfs.ran()).hasSize(4);
  }

  @Test
  void ensureShouldMakeTheWritesOfAVolumeDurableUnlessSomebodyDecidedOtherwise() {
    zfs.volume("tank/v1", SIZE.bytes());
    zfs.volume("tank/v10", SIZE.bytes()).local.put("sync", "disabled");
    manager().ensure(V1, ID, SIZE, soon());
    manager().ensure(V10, OTHER, SIZE, soon());
    assertThat(zfs.dataset("tank/v1").local).containsEntry("sync", "always");
    assertThat(zfs.dataset("tank/v10").local).containsEntry("sync", "disabled");
  }

  @Test
  void growShouldSetTheSizeAndNothingElse() {
    manager().ensure(V1, ID, SIZE, soon());
    int before = zfs.ran().size();
    ByteSize larger = new ByteSize(2 * SIZE.bytes() - 1);
    assertThat(manager().grow(V1, ID, larger, soon()).size().bytes()).isEqualTo(2 * SIZE.bytes());
    assertThat(zfs.ran()).hasSize(before + 3);
    assertThat(zfs.ran().get(before + 2)).isEqualTo("zfs set volsize=134217728 tank/v1");
    manager().grow(V1, ID, larger, soon());
    assertThat(zfs.ran()).hasSize(before + 5); // it looks, and leaves it
  }

  @Test
  void growShouldLeaveTheFloorFree() {
    config = config.withFloorPercent(10);
    manager().ensure(V1, ID, SIZE, soon());
    ByteSize most = new ByteSize(GIBIBYTE / 100 * 90 / (1 << 20) * (1 << 20));
    assertFails(
        ErrorCode.RESOURCE_EXHAUSTED,
        false,
        () -> manager().grow(V1, ID, new ByteSize(most.bytes() + (2 << 20)), soon()));
    assertThat(manager().grow(V1, ID, most, soon()).size()).isEqualTo(most);
  }

  @Test
  void growShouldTakeNothingForAThinVolume() {
    zfs.volume("tank/v1", SIZE.bytes()).local.put("io.vmstore:id", ID.toString());
    ByteSize larger = new ByteSize(4 * GIBIBYTE);
    assertThat(manager().grow(V1, ID, larger, soon()).size()).isEqualTo(larger);
  }

  @Test
  void growShouldSayThatThePoolIsFullWhenZfsDoes() {
    config = config.withFloorPercent(0);
    manager().ensure(V1, ID, SIZE, soon());
    zfs.beforeSet(() -> zfs.pool("tank", 2 * SIZE.bytes() - 1));
    assertFails(
        ErrorCode.RESOURCE_EXHAUSTED,
        false,
        () -> manager().grow(V1, ID, new ByteSize(4 * SIZE.bytes()), soon()));
    assertThat(manager().find(V1, soon())).map(Zvol::size).contains(SIZE);
  }

  @Test
  void ensureShouldNotTakeAnInheritedMarkForTheVolumesOwn() {
    zfs.volume("tank/v1", SIZE.bytes()).inherited.put("io.vmstore:id", OTHER.toString());
    assertThat(manager().ensure(V1, ID, SIZE, soon()).id()).contains(ID);
  }

  @Test
  void ensureShouldAdoptWhatSomebodyElseCreatedMeanwhile() {
    zfs.beforeCreate(() -> zfs.volume("tank/v1", 2 * SIZE.bytes()));
    Zvol zvol = manager().ensure(V1, ID, SIZE, soon());
    assertThat(zvol.created()).isFalse();
    assertThat(zvol.size().bytes()).isEqualTo(2 * SIZE.bytes());
  }

  @Test
  void ensureShouldRefuseAFileSystem() {
    zfs.fileSystem("tank/v1");
    assertFails(ErrorCode.FAILED_PRECONDITION, false, () -> manager().ensure(V1, ID, SIZE, soon()));
    assertThat(manager().find(V1, soon())).isEmpty();
  }

  @Test
  void ensureShouldRefuseWhatWouldLeaveLessThanTheFloorFree() {
    ByteSize almostAll = ByteSize.mebibytes(1000);
    VmStoreException failure =
        assertFails(
            ErrorCode.RESOURCE_EXHAUSTED, false, () -> manager().ensure(V1, ID, almostAll, soon()));
    assertThat(failure.details()).containsEntry("available", Long.toString(GIBIBYTE));
    assertThat(zfs.exists("tank/v1")).isFalse();
    config = config.withFloorPercent(0);
    assertThat(manager().ensure(V1, ID, almostAll, soon()).size()).isEqualTo(almostAll);
  }

  @Test
  void ensureShouldCreateThinVolumesLargerThanThePoolUntilTheFloorIsReached() {
    config = config.withThin(true);
    assertThat(manager().ensure(V1, ID, ByteSize.gibibytes(9), soon()).created()).isTrue();
    config = config.withThin(false).withFloorPercent(0);
    manager().ensure(ZvolName.parse("tank/thick"), OTHER, ByteSize.mebibytes(1000), soon());
    config = config.withThin(true).withFloorPercent(5);
    assertFails(ErrorCode.RESOURCE_EXHAUSTED, false, () -> manager().ensure(V10, ID, SIZE, soon()));
  }

  @Test
  void ensureShouldWaitForALinkThatComesLate() {
    BlockingQueue<Runnable> events = new LinkedBlockingQueue<>();
    zfs.udev(events::add);
    CompletableFuture<Zvol> ensured =
        CompletableFuture.supplyAsync(() -> manager().ensure(V1, ID, SIZE, soon()));
    Runnable link = await().until(events::poll, event -> event != null);
    assertThat(ensured).isNotDone();
    link.run();
    assertThat(ensured.join().device().toPath()).exists();
  }

  @Test
  void ensureShouldNotTakeTheLinkOfAnEarlierVolumeForItsOwn() throws IOException {
    Zvol other = manager().ensure(V10, OTHER, SIZE, soon());
    Path link = other.device().toPath().resolveSibling("v1");
    Files.createSymbolicLink(link, other.device().toPath().toRealPath());
    Deadline brief = Deadline.after(Duration.ofMillis(300));
    assertFails(ErrorCode.BUSY, false, () -> manager().ensure(V1, ID, SIZE, brief));
    assertThat(zfs.exists("tank/v1")).isFalse();
    Files.delete(link);
    assertThat(manager().ensure(V1, ID, SIZE, soon()).created()).isTrue();
  }

  @Test
  void ensureShouldHaveUdevLookAgainAtADeviceItGaveUp() {
    manager().ensure(V10, OTHER, SIZE, soon());
    zfs.udev(event -> zfs.udev(Runnable::run));
    assertThat(manager().ensure(V1, ID, SIZE, soon()).device().toPath()).exists();
    assertThat(zfs.ran())
        .filteredOn(command -> command.startsWith("udevadm"))
        .containsExactly("udevadm trigger --action=change " + root.resolve("zd16"));
  }

  @Test
  void ensureShouldFailWithUnknownOutcomeWhenTheLinkNeverComes() {
    zfs.udev(event -> {});
    assertFails(
        ErrorCode.DEADLINE_EXCEEDED,
        true,
        () -> manager().ensure(V1, ID, SIZE, Deadline.after(Duration.ofMillis(400))));
    assertThat(zfs.exists("tank/v1")).isTrue();
  }

  @Test
  void ensureShouldStopWaitingForTheLinkWhenInterrupted() throws Exception {
    zfs.udev(event -> {});
    CompletableFuture<VmStoreException> thrown = new CompletableFuture<>();
    Thread caller =
        new Thread(
            () ->
                thrown.complete(
                    assertFails(
                        ErrorCode.CANCELLED, true, () -> manager().ensure(V1, ID, SIZE, soon()))));
    caller.start();
    await().until(() -> zfs.exists("tank/v1"));
    caller.interrupt();
    assertThat(thrown.get().outcomeUnknown()).isTrue();
  }

  @Test
  void findShouldTellTheAbsentFromItsNeighbour() {
    manager().ensure(V10, ID, SIZE, soon());
    assertThat(manager().find(V1, soon())).isEmpty();
    assertThat(manager().find(V10, soon())).isPresent();
  }

  @Test
  void everyCallShouldFailWhenThePoolIsNotServedOrNotImported() {
    ZvolName elsewhere = ZvolName.parse("other/v1");
    assertFails(ErrorCode.NOT_FOUND, false, () -> manager().find(elsewhere, soon()));
    config = ZfsConfig.of(Set.of(new PoolName("tank"), new PoolName("other")));
    assertFails(ErrorCode.UNAVAILABLE, false, () -> manager().find(elsewhere, soon()));
    assertFails(ErrorCode.UNAVAILABLE, false, () -> manager().ensure(elsewhere, ID, SIZE, soon()));
    assertFails(ErrorCode.UNAVAILABLE, false, () -> manager().delete(elsewhere, ID, soon()));
    assertFails(ErrorCode.UNAVAILABLE, false, () -> manager().list(soon()));
  }

  @Test
  void aPoolThatVanishesShouldNotMakeItsVolumesDeleted() {
    manager().ensure(V1, ID, SIZE, soon());
    zfs.beforeDestroy(() -> zfs.vanish("tank"));
    assertFails(ErrorCode.UNAVAILABLE, false, () -> manager().delete(V1, ID, soon()));
  }

  @Test
  void listShouldShowVolumesOfAllServedPoolsByNameWithOneProgram() {
    zfs.pool("data", GIBIBYTE).volume("tank/v10", 1024).local.put("io.vmstore:id", ID.toString());
    zfs.volume("tank/v1", 512);
    zfs.volume("data/x", 512);
    zfs.volume("tank/a name of others", 512);
    zfs.fileSystem("tank/home");
    config = ZfsConfig.of(Set.of(new PoolName("tank"), new PoolName("data")));
    assertThat(manager().list(soon()))
        .extracting(zvol -> zvol.name().toString(), Zvol::id)
        .containsExactly(
            tuple("data/x", Optional.empty()),
            tuple("tank/v1", Optional.empty()),
            tuple("tank/v10", Optional.of(ID)));
    assertThat(zfs.ran()).hasSize(1);
  }

  @Test
  void listShouldFailRatherThanInventAnIdentity() {
    zfs.volume("tank/v1", 512).local.put("io.vmstore:id", "a slip of the hand");
    assertThat(assertFails(ErrorCode.INTERNAL, false, () -> manager().list(soon())))
        .hasMessageContaining("zfs inherit io.vmstore:id tank/v1");
  }

  @Test
  void deleteShouldDestroyTheVolumeAndWaitForItsLinkToGo() {
    Zvol zvol = manager().ensure(V1, ID, SIZE, soon());
    BlockingQueue<Runnable> events = new LinkedBlockingQueue<>();
    zfs.udev(events::add);
    CompletableFuture<Void> deleted =
        CompletableFuture.runAsync(() -> manager().delete(V1, ID, soon()));
    Runnable unlink = await().until(events::poll, event -> event != null);
    assertThat(deleted).isNotDone();
    unlink.run();
    deleted.join();
    assertThat(zvol.device().toPath()).doesNotExist();
    assertThat(zfs.ran()).hasSize(4);
  }

  @Test
  void deleteShouldTakeAnAbsentVolumeForSuccess() {
    manager().delete(V1, ID, soon());
    assertThat(zfs.ran()).hasSize(1);
  }

  @Test
  void deleteShouldRefuseAnotherVolumeOfThatName() {
    zfs.volume("tank/v1", 512).local.put("io.vmstore:id", OTHER.toString());
    zfs.volume("tank/v10", 512);
    assertFails(ErrorCode.FAILED_PRECONDITION, false, () -> manager().delete(V1, ID, soon()));
    assertFails(ErrorCode.FAILED_PRECONDITION, false, () -> manager().delete(V10, ID, soon()));
    assertThat(zfs.exists("tank/v1") && zfs.exists("tank/v10")).isTrue();
  }

  @Test
  void deleteShouldRefuseAVolumeWithSnapshots() {
    manager().ensure(V1, ID, SIZE, soon());
    zfs.dataset("tank/v1").snapshots = true;
    assertFails(ErrorCode.FAILED_PRECONDITION, false, () -> manager().delete(V1, ID, soon()));
  }

  @Test
  void deleteShouldTryAgainWhileTheVolumeIsBusyForAMoment() {
    manager().ensure(V1, ID, SIZE, soon());
    zfs.dataset("tank/v1").busy = 2;
    manager().delete(V1, ID, soon());
    assertThat(zfs.exists("tank/v1")).isFalse();
  }

  @Test
  void deleteShouldNameTheHolderOfAVolumeThatStaysBusy() throws IOException {
    Zvol zvol = manager().ensure(V1, ID, SIZE, soon());
    zfs.dataset("tank/v1").busy = Integer.MAX_VALUE;
    Path process = Files.createDirectories(root.resolve("proc/4711"));
    Files.writeString(process.resolve("comm"), "dd\n");
    Path descriptors = Files.createDirectories(process.resolve("fd"));
    Files.createSymbolicLink(descriptors.resolve("3"), zvol.device().toPath().toRealPath());
    assertThat(
            assertFails(
                ErrorCode.FAILED_PRECONDITION, false, () -> manager().delete(V1, ID, soon())))
        .hasMessageContaining("dd (pid 4711)");
    assertThat(zfs.exists("tank/v1")).isTrue();
  }

  @Test
  void everyCallShouldFailWithUnavailableOnceClosed() {
    ZfsZvolManager manager = manager();
    manager.close();
    manager.close();
    assertFails(ErrorCode.UNAVAILABLE, false, () -> manager.find(V1, soon()));
    assertFails(ErrorCode.UNAVAILABLE, false, () -> manager.list(soon()));
    assertThat(zfs.ran()).isEmpty();
  }

  private ZfsZvolManager manager() {
    return manager(pool -> OptionalLong.empty());
  }

  private ZfsZvolManager managerWithRecordsInPools() {
    return manager(zfs::free);
  }

  private ZfsZvolManager manager(PoolRoom.Function free) {
    DeviceHolders holders = new DeviceHolders(root.resolve("proc"), root.resolve("sys"));
    ZfsZvolManager manager = new ZfsZvolManager(config, zfs, holders, free, hidingPause);
    opened.add(manager);
    return manager;
  }

  @AfterEach
  void closeAll() {
    opened.forEach(ZfsZvolManager::close);
  }

  private static Deadline soon() {
    return Deadline.after(Duration.ofSeconds(20));
  }

  private static VmStoreException assertFails(
      ErrorCode code, boolean outcomeUnknown, ThrowingCallable call) {
    VmStoreException failure = catchThrowableOfType(VmStoreException.class, call);
    assertThat(failure).isNotNull();
    assertThat(failure.code()).as(failure.getMessage()).isEqualTo(code);
    assertThat(failure.outcomeUnknown()).as(failure.getMessage()).isEqualTo(outcomeUnknown);
    return failure;
  }
}
