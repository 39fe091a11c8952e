package io.vmstore.testkit.contract;

import static io.vmstore.testkit.contract.Checks.REPEATS;
import static io.vmstore.testkit.contract.Checks.assertFails;
import static io.vmstore.testkit.contract.Checks.assertRefused;
import static io.vmstore.testkit.contract.Checks.atOnce;
import static io.vmstore.testkit.contract.Checks.cannot;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Deadline;
import io.vmstore.model.PoolName;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Zvol;
import io.vmstore.spi.ZvolManager;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every {@link ZvolManager} promises. A subclass says how to open one on a pool that is the
 * test's own; the optional methods let a test do what an operator does behind vmstore's back.
 */
public abstract class ZvolManagerContract {
  private static final ByteSize SIZE = ByteSize.mebibytes(16);

  private final Set<String> used = new ConcurrentSkipListSet<>();
  private ZvolManager zvols;

  /** {@return a manager of {@link #pool()}; each call opens another on the same pool} */
  protected abstract ZvolManager open();

  /** {@return the pool, empty at the start of each test or at least without our names} */
  protected PoolName pool() {
    return new PoolName("tank");
  }

  /** {@return how long one call may take at most} */
  protected Duration patience() {
    return Duration.ofSeconds(30);
  }

  /** {@return a size for which the pool has no room} */
  protected ByteSize tooLarge() {
    return ByteSize.gibibytes(1 << 20);
  }

  /** Creates a volume by hand, without a mark of vmstore. */
  protected void createForeignVolume(ZvolName name, ByteSize size) {
    throw cannot("have a foreign volume");
  }

  /** Creates a dataset that is no volume. */
  protected void createFileSystem(ZvolName name) {
    throw cannot("have a file system in a volume's place");
  }

  /** Takes a snapshot of the volume. */
  protected void snapshot(ZvolName name) {
    throw cannot("take snapshots");
  }

  /** Takes the volume's snapshot away again. */
  protected void removeSnapshot(ZvolName name) {}

  /**
   * Holds the volume's device open on the NAS.
   *
   * @return what the error must name, and how to let go
   */
  protected Holder hold(Zvol zvol) {
    throw cannot("hold a volume's device");
  }

  /** Writes at the beginning of the volume. */
  protected void write(Zvol zvol, byte[] bytes) {
    DeviceFiles.write(zvol.device(), bytes);
  }

  /** {@return the first bytes of the volume} */
  protected byte[] read(Zvol zvol, int length) {
    return DeviceFiles.read(zvol.device(), length);
  }

  @BeforeEach
  final void openManager() {
    zvols = open();
  }

  @AfterEach
  final void removeVolumes() {
    try (ZvolManager cleaner = open()) {
      cleaner.list(soon()).stream()
          .filter(zvol -> used.contains(zvol.name().name()))
          .forEach(zvol -> remove(cleaner, zvol));
    }
    zvols.close();
  }

  private void remove(ZvolManager cleaner, Zvol zvol) {
    VolumeId id = zvol.id().orElseGet(VolumeId::random);
    cleaner.ensure(zvol.name(), id, SIZE, soon()); // marks a foreign one
    cleaner.delete(zvol.name(), id, soon());
  }

  private ZvolName name(String name) {
    used.add(name);
    return new ZvolName(pool(), name);
  }

  private Deadline soon() {
    return Deadline.after(patience());
  }

  private static Deadline passed() {
    return Deadline.after(Duration.ZERO);
  }

  private Zvol create(String name) {
    return zvols.ensure(name(name), VolumeId.random(), SIZE, soon());
  }

  private List<String> listed() {
    return zvols.list(soon()).stream()
        .filter(zvol -> zvol.name().pool().equals(pool()))
        .map(zvol -> zvol.name().name())
        .filter(used::contains)
        .toList();
  }

  private static VolumeId idOf(Zvol zvol) {
    return zvol.id().orElseThrow();
  }

  @Test
  void ensureShouldCreateAnAbsentVolume() {
    VolumeId id = VolumeId.random();
    Zvol zvol = zvols.ensure(name("vol1"), id, SIZE, soon());
    assertThat(zvol.name()).isEqualTo(name("vol1"));
    assertThat(zvol.id()).contains(id);
    assertThat(zvol.created()).isTrue();
    assertThat(zvol.size()).isGreaterThanOrEqualTo(SIZE);
    assertThat(zvols.find(name("vol1"), soon())).contains(zvol);
  }

  @Test
  void ensureShouldRoundTheSizeUp() {
    ByteSize odd = new ByteSize(SIZE.bytes() + 1);
    Zvol zvol = zvols.ensure(name("vol1"), VolumeId.random(), odd, soon());
    assertThat(zvol.size()).isGreaterThanOrEqualTo(odd);
    assertThat(zvols.find(name("vol1"), soon())).map(Zvol::size).contains(zvol.size());
  }

  @Test
  void ensureAgainShouldHaveNoFurtherEffect() {
    Zvol first = create("vol1");
    write(first, new byte[] {1, 2, 3});
    for (int i = 0; i < REPEATS; i++) {
      assertThat(zvols.ensure(first.name(), idOf(first), SIZE, soon())).isEqualTo(first);
    }
    assertThat(read(first, 3)).containsExactly(1, 2, 3);
  }

  @Test
  void ensureShouldKeepSizeIdAndDataOfAVolumeThatExists() {
    Zvol first = create("vol1");
    write(first, new byte[] {1, 2, 3});
    Zvol second = zvols.ensure(first.name(), VolumeId.random(), ByteSize.mebibytes(32), soon());
    assertThat(second).isEqualTo(first);
    assertThat(read(first, 3)).containsExactly(1, 2, 3);
  }

  @Test
  void ensureShouldAdoptAForeignVolume() {
    createForeignVolume(name("vol1"), SIZE);
    VolumeId id = VolumeId.random();
    Zvol adopted = zvols.ensure(name("vol1"), id, ByteSize.mebibytes(32), soon());
    assertThat(adopted.id()).contains(id);
    assertThat(adopted.created()).isFalse();
    assertThat(adopted.size()).isEqualTo(SIZE);
    assertThat(zvols.find(name("vol1"), soon())).contains(adopted);
  }

  @Test
  void ensureShouldNotTakeAnotherNameForTheVolume() {
    Zvol longer = create("vol10");
    Zvol shorter = create("vol1");
    assertThat(shorter).isNotEqualTo(longer);
    assertThat(shorter.device()).isNotEqualTo(longer.device());
    write(longer, new byte[] {10});
    write(shorter, new byte[] {1});
    assertThat(read(longer, 1)).containsExactly(10);
  }

  @Test
  void ensureShouldReturnADeviceThatCanBeOpened() {
    Zvol zvol = create("vol1");
    write(zvol, new byte[] {42});
    assertThat(read(zvol, 2)).containsExactly(42, 0);
  }

  @Test
  void ensureShouldTakeEveryNameOfTheGrammar() {
    for (String name : List.of("A.b_c-9", "0", "v".repeat(128))) {
      assertThat(create(name).name().name()).isEqualTo(name);
      assertThat(listed()).contains(name);
    }
  }

  @Test
  void ensureShouldFailWithNotFoundWhenThePoolIsNotServed() {
    ZvolName elsewhere = new ZvolName(new PoolName("nosuchpool"), "vol1");
    assertRefused(
        ErrorCode.NOT_FOUND, () -> zvols.ensure(elsewhere, VolumeId.random(), SIZE, soon()));
  }

  @Test
  void ensureShouldFailWithResourceExhaustedWhenThereIsNoRoom() {
    assertRefused(
        ErrorCode.RESOURCE_EXHAUSTED,
        () -> zvols.ensure(name("vol1"), VolumeId.random(), tooLarge(), soon()));
    assertThat(zvols.find(name("vol1"), soon())).isEmpty();
    assertThat(listed()).isEmpty();
  }

  @Test
  void ensureShouldFailWithFailedPreconditionWhenTheNameIsAFileSystem() {
    createFileSystem(name("vol1"));
    assertRefused(
        ErrorCode.FAILED_PRECONDITION,
        () -> zvols.ensure(name("vol1"), VolumeId.random(), SIZE, soon()));
  }

  @Test
  void ensureShouldNotBeginAfterItsDeadline() {
    VmStoreException failure =
        assertFails(
            ErrorCode.DEADLINE_EXCEEDED,
            () -> zvols.ensure(name("vol1"), VolumeId.random(), SIZE, passed()));
    if (!failure.outcomeUnknown()) {
      assertThat(zvols.find(name("vol1"), soon())).isEmpty();
    }
  }

  @Test
  void ensureShouldSayWhatIsWhenInterrupted() {
    boolean done =
        Checks.interrupted(
            patience(), () -> zvols.ensure(name("vol1"), VolumeId.random(), SIZE, soon()));
    if (done) {
      assertThat(zvols.find(name("vol1"), soon())).isPresent();
    }
    assertThat(create("vol1").size()).isGreaterThanOrEqualTo(SIZE);
  }

  @Test
  void ensureShouldServeDifferentVolumesAtOnce() {
    List<Zvol> made = atOnce(8, patience(), i -> () -> create("par" + i));
    assertThat(made).extracting(zvol -> zvol.name().name()).doesNotHaveDuplicates().hasSize(8);
    assertThat(listed()).hasSize(8);
    assertThat(zvols.list(soon())).containsAll(made);
  }

  private Zvol grow(Zvol zvol, ByteSize size) {
    return zvols.grow(zvol.name(), idOf(zvol), size, soon());
  }

  @Test
  void growShouldMakeAVolumeLargerAndKeepItsData() {
    Zvol before = create("vol1");
    write(before, new byte[] {1, 2, 3});
    ByteSize size = new ByteSize(2 * before.size().bytes());
    Zvol after = grow(before, size);
    assertThat(after)
        .isEqualTo(new Zvol(before.name(), idOf(before), before.created(), size, before.device()));
    assertThat(zvols.find(before.name(), soon())).contains(after);
    assertThat(read(after, 3)).containsExactly(1, 2, 3);
    assertThat(grow(after, size)).isEqualTo(after);
  }

  @Test
  void growShouldRoundTheSizeUp() {
    Zvol before = create("vol1");
    ByteSize odd = new ByteSize(before.size().bytes() + 1);
    Zvol after = grow(before, odd);
    assertThat(after.size()).isGreaterThan(odd);
    assertThat(grow(after, odd)).isEqualTo(after);
  }

  @Test
  void growShouldServeAVolumeThatIsHeld() {
    Zvol zvol = create("vol1");
    try (Holder holder = hold(zvol)) {
      assertThat(holder.name()).isNotBlank();
      ByteSize size = new ByteSize(2 * zvol.size().bytes());
      assertThat(grow(zvol, size).size()).isEqualTo(size);
    }
  }

  @Test
  void growShouldNeverMakeAVolumeSmaller() {
    Zvol zvol = create("vol1");
    ByteSize half = new ByteSize(zvol.size().bytes() / 2);
    assertRefused(ErrorCode.FAILED_PRECONDITION, () -> grow(zvol, half));
    assertThat(zvols.find(zvol.name(), soon())).contains(zvol);
  }

  @Test
  void growShouldRefuseAVolumeThatTookTheName() {
    Zvol zvol = create("vol1");
    ByteSize size = new ByteSize(2 * zvol.size().bytes());
    assertRefused(
        ErrorCode.FAILED_PRECONDITION,
        () -> zvols.grow(zvol.name(), VolumeId.random(), size, soon()));
    assertThat(zvols.find(zvol.name(), soon())).contains(zvol);
  }

  @Test
  void growShouldFailWithNotFoundWhenThereIsNoSuchVolume() {
    create("vol10");
    assertRefused(
        ErrorCode.NOT_FOUND, () -> zvols.grow(name("vol1"), VolumeId.random(), SIZE, soon()));
  }

  @Test
  void growShouldFailWithResourceExhaustedAndKeepTheSizeWhenThereIsNoRoom() {
    Zvol zvol = create("vol1");
    assertRefused(ErrorCode.RESOURCE_EXHAUSTED, () -> grow(zvol, tooLarge()));
    assertThat(zvols.find(zvol.name(), soon())).contains(zvol);
  }

  @Test
  void aPageShouldBeginAfterTheGivenNameAndEndAtTheLimit() {
    List.of("vol1", "vol10", "vol1-a", "vol1.a", "vol2").forEach(this::create);
    assertThat(zvols.list(name("vol1"), 3, soon()))
        .extracting(zvol -> zvol.name().name())
        .containsExactly("vol1-a", "vol1.a", "vol10");
    assertThat(zvols.list(name("vol10"), 100, soon()))
        .extracting(zvol -> zvol.name().name())
        .contains("vol2")
        .doesNotContain("vol1", "vol10", "vol1-a");
    assertThat(zvols.list(null, 1, soon())).isEqualTo(zvols.list(soon()).subList(0, 1));
  }

  @Test
  void findShouldBeEmptyWhenThereIsNoSuchVolume() {
    create("vol10");
    create("vol1.old");
    assertThat(zvols.find(name("vol1"), soon())).isEmpty();
    assertThat(zvols.find(name("vol"), soon())).isEmpty();
  }

  @Test
  void findShouldShowAForeignVolumeWithoutAnId() {
    createForeignVolume(name("vol1"), SIZE);
    Zvol foreign = zvols.find(name("vol1"), soon()).orElseThrow();
    assertThat(foreign.id()).isEmpty();
    assertThat(foreign.created()).isFalse();
    assertThat(foreign.size()).isEqualTo(SIZE);
  }

  @Test
  void findShouldFailWithNotFoundWhenThePoolIsNotServed() {
    ZvolName elsewhere = new ZvolName(new PoolName("nosuchpool"), "vol1");
    assertRefused(ErrorCode.NOT_FOUND, () -> zvols.find(elsewhere, soon()));
  }

  @Test
  void findAndListShouldNotShowAFileSystem() {
    createFileSystem(name("vol1"));
    create("vol2");
    assertThat(zvols.find(name("vol1"), soon())).isEmpty();
    assertThat(listed()).containsExactly("vol2");
  }

  @Test
  void listShouldBeOrderedByName() {
    List.of("vol2", "vol10", "Vol1", "vol1").forEach(this::create);
    assertThat(listed()).containsExactly("Vol1", "vol1", "vol10", "vol2");
  }

  @Test
  void listShouldShowEachVolumeAsFindDoes() {
    create("vol1");
    create("vol10");
    for (Zvol zvol : zvols.list(soon())) {
      assertThat(zvols.find(zvol.name(), soon())).contains(zvol);
    }
  }

  @Test
  void listShouldShowForeignVolumesToo() {
    create("vol1");
    createForeignVolume(name("vol2"), SIZE);
    assertThat(listed()).containsExactly("vol1", "vol2");
  }

  @Test
  void volumesShouldOutliveTheManager() {
    Zvol before = create("vol1");
    write(before, new byte[] {7});
    zvols.close();
    zvols = open();
    assertThat(zvols.find(name("vol1"), soon())).contains(before);
    assertThat(zvols.ensure(name("vol1"), VolumeId.random(), SIZE, soon())).isEqualTo(before);
    assertThat(read(before, 1)).containsExactly(7);
  }

  @Test
  void deleteShouldDestroyTheVolume() {
    Zvol zvol = create("vol1");
    zvols.delete(zvol.name(), idOf(zvol), soon());
    assertThat(zvols.find(zvol.name(), soon())).isEmpty();
    assertThat(listed()).isEmpty();
  }

  @Test
  void deleteAgainShouldSucceed() {
    Zvol zvol = create("vol1");
    for (int i = 0; i < REPEATS; i++) {
      zvols.delete(zvol.name(), idOf(zvol), soon());
    }
    zvols.delete(name("never-was"), VolumeId.random(), soon());
    assertThat(listed()).isEmpty();
  }

  @Test
  void deleteShouldLeaveOtherNamesAlone() {
    Zvol zvol = create("vol1");
    create("vol10");
    create("vol1.old");
    zvols.delete(zvol.name(), idOf(zvol), soon());
    assertThat(listed()).containsExactly("vol1.old", "vol10");
  }

  @Test
  void deleteShouldRefuseAVolumeThatTookTheName() {
    Zvol old = create("vol1");
    zvols.delete(old.name(), idOf(old), soon());
    Zvol successor = create("vol1");
    assertRefused(ErrorCode.FAILED_PRECONDITION, () -> zvols.delete(old.name(), idOf(old), soon()));
    assertThat(zvols.find(old.name(), soon())).contains(successor);
  }

  @Test
  void deleteShouldRefuseAForeignVolume() {
    createForeignVolume(name("vol1"), SIZE);
    assertRefused(
        ErrorCode.FAILED_PRECONDITION, () -> zvols.delete(name("vol1"), VolumeId.random(), soon()));
    assertThat(listed()).containsExactly("vol1");
  }

  @Test
  void deleteShouldRefuseAVolumeWithSnapshots() {
    Zvol zvol = create("vol1");
    snapshot(zvol.name());
    try {
      assertRefused(
          ErrorCode.FAILED_PRECONDITION, () -> zvols.delete(zvol.name(), idOf(zvol), soon()));
      assertThat(zvols.find(zvol.name(), soon())).contains(zvol);
    } finally {
      removeSnapshot(zvol.name());
    }
  }

  @Test
  void deleteShouldRefuseAVolumeThatIsHeldAndNameTheHolder() {
    Zvol zvol = create("vol1");
    try (Holder holder = hold(zvol)) {
      VmStoreException failure =
          assertRefused(
              ErrorCode.FAILED_PRECONDITION, () -> zvols.delete(zvol.name(), idOf(zvol), soon()));
      assertThat(failure.toString() + failure.details()).contains(holder.name());
      assertThat(zvols.find(zvol.name(), soon())).contains(zvol);
    }
    zvols.delete(zvol.name(), idOf(zvol), soon());
    assertThat(listed()).isEmpty();
  }

  @Test
  void deleteShouldFailWithNotFoundWhenThePoolIsNotServed() {
    ZvolName elsewhere = new ZvolName(new PoolName("nosuchpool"), "vol1");
    assertRefused(ErrorCode.NOT_FOUND, () -> zvols.delete(elsewhere, VolumeId.random(), soon()));
  }

  @Test
  void deleteShouldNotBeginAfterItsDeadline() {
    Zvol zvol = create("vol1");
    VmStoreException failure =
        assertFails(
            ErrorCode.DEADLINE_EXCEEDED, () -> zvols.delete(zvol.name(), idOf(zvol), passed()));
    if (!failure.outcomeUnknown()) {
      assertThat(zvols.find(zvol.name(), soon())).contains(zvol);
    }
  }

  @Test
  void deleteShouldSayWhatIsWhenInterrupted() {
    Zvol zvol = create("vol1");
    boolean done =
        Checks.interrupted(patience(), () -> zvols.delete(zvol.name(), idOf(zvol), soon()));
    if (done) {
      assertThat(listed()).isEmpty();
    }
    zvols.delete(zvol.name(), idOf(zvol), soon());
    assertThat(listed()).isEmpty();
  }

  @Test
  void deleteShouldServeDifferentVolumesAtOnce() {
    List<Zvol> made = atOnce(8, patience(), i -> () -> create("par" + i));
    atOnce(
        8,
        patience(),
        i ->
            () -> {
              zvols.delete(made.get(i).name(), idOf(made.get(i)), soon());
              return i;
            });
    assertThat(listed()).isEmpty();
  }

  @Test
  void aNameUsedAgainShouldNotShowOldData() {
    Zvol old = create("vol1");
    write(old, new byte[] {1, 2, 3});
    zvols.delete(old.name(), idOf(old), soon());
    Zvol successor = create("vol1");
    assertThat(successor.id()).isNotEqualTo(old.id());
    assertThat(read(successor, 3)).containsExactly(0, 0, 0);
  }

  @Test
  void callsAfterCloseShouldFailWithUnavailable() {
    VolumeId id = VolumeId.random();
    zvols.close();
    assertRefused(ErrorCode.UNAVAILABLE, () -> zvols.ensure(name("vol1"), id, SIZE, soon()));
    assertRefused(ErrorCode.UNAVAILABLE, () -> zvols.find(name("vol1"), soon()));
    assertRefused(ErrorCode.UNAVAILABLE, () -> zvols.list(soon()));
    assertRefused(ErrorCode.UNAVAILABLE, () -> zvols.delete(name("vol1"), id, soon()));
  }

  @Test
  void closeAgainShouldBeHarmless() {
    Zvol zvol = create("vol1");
    zvols.close();
    assertThatCode(zvols::close).doesNotThrowAnyException();
    zvols = open();
    assertThat(zvols.find(name("vol1"), soon())).contains(zvol);
  }
}
