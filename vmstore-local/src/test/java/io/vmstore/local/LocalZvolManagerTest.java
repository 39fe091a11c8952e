package io.vmstore.local;

import static io.vmstore.local.Fixture.SIZE;
import static io.vmstore.local.Fixture.TANK;
import static io.vmstore.local.Fixture.VOL1;
import static io.vmstore.local.Fixture.idOf;
import static io.vmstore.local.Fixture.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.exec.Command;
import io.vmstore.exec.ProcessCommandRunner;
import io.vmstore.model.ByteSize;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Zvol;
import io.vmstore.spi.ZvolManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LocalZvolManagerTest {
  private static final ByteSize SIZE_2 = ByteSize.mebibytes(2);

  @TempDir Path directory;
  private Fixture fixture;
  private ZvolManager zvols;

  @BeforeEach
  void open() {
    fixture = new Fixture(directory);
    zvols = fixture.storage.zvolManager();
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private static ErrorCode codeOf(ThrowingCallable call) {
    return catchThrowableOfType(VmStoreException.class, call).code();
  }

  @Test
  void ensureShouldMakeASparseFileOfWholeBlocks() {
    Zvol zvol = zvols.ensure(VOL1, VolumeId.random(), new ByteSize((1 << 30) + 1), soon());
    assertThat(zvol.size()).isEqualTo(new ByteSize((1 << 30) + 4096));
    Command blocks = Command.of("stat", "--format=%b", zvol.device().value());
    assertThat(new ProcessCommandRunner().run(blocks, soon()).output()).isEqualTo("0\n");
  }

  @Test
  void theMarkShouldBeReadableBesideTheData() {
    Zvol zvol = fixture.create("vol1");
    assertThat(fixture.folder(VOL1).resolve("identity"))
        .hasContent("created=true\nid=" + idOf(zvol));
  }

  @Test
  void aDamagedMarkShouldBeAnErrorThatNamesTheFile() throws IOException {
    fixture.create("vol1");
    Files.writeString(fixture.folder(VOL1).resolve("identity"), "id=none\n");
    assertThat(catchThrowableOfType(VmStoreException.class, () -> zvols.find(VOL1, soon())))
        .hasMessageContaining("INTERNAL")
        .hasMessageContaining("identity' is damaged");
  }

  @Test
  void aMarkThatWasBeingWrittenShouldCountForNothing() throws IOException {
    Zvol zvol = fixture.create("vol1");
    Files.writeString(fixture.folder(VOL1).resolve(".identity.new"), "id=");
    assertThat(zvols.find(VOL1, soon())).contains(zvol);
    zvols.delete(VOL1, idOf(zvol), soon());
    assertThat(fixture.folder(VOL1)).doesNotExist();
  }

  @Test
  void openShouldRemoveWhatACrashLeftHalfMadeAndHalfRemoved() throws IOException {
    fixture.create("vol1");
    Path pool = directory.resolve("pools/tank");
    for (String leftover : List.of(".new-vol2", ".gone-" + VolumeId.random())) {
      Files.createDirectory(pool.resolve(leftover));
      Files.writeString(pool.resolve(leftover).resolve("data"), "x");
    }
    assertThat(zvols.list(soon())).hasSize(1);
    new Fixture(directory).close();
    assertThat(pool).isDirectoryNotContaining(path -> !path.endsWith("vol1"));
  }

  @Test
  void ensureShouldNotStumbleOverItsOwnLeftover() throws IOException {
    Path leftover = Files.createDirectory(directory.resolve("pools/tank/.new-vol1"));
    Files.writeString(leftover.resolve("data"), "old bytes");
    Zvol zvol = fixture.create("vol1");
    assertThat(zvol.size()).isEqualTo(SIZE);
    assertThat(Files.readAllBytes(zvol.device().toPath())).containsOnly(0);
    assertThat(leftover).doesNotExist();
  }

  @Test
  void deleteShouldGoOnWithOneThatWasInterruptedByACrash() throws IOException {
    Zvol zvol = fixture.create("vol1");
    Path gone = fixture.folder(VOL1).resolveSibling(".gone-" + idOf(zvol));
    Files.move(fixture.folder(VOL1), gone);
    zvols.delete(VOL1, idOf(zvol), soon());
    assertThat(gone).doesNotExist();
  }

  @Test
  void aLinkInAVolumesPlaceShouldNotBeFollowed(@TempDir Path elsewhere) throws IOException {
    Files.writeString(elsewhere.resolve("data"), "secret");
    Files.createSymbolicLink(fixture.folder(VOL1), elsewhere);
    assertThat(zvols.find(VOL1, soon())).isEmpty();
    assertThat(zvols.list(soon())).isEmpty();
    assertThat(codeOf(() -> fixture.create("vol1"))).isEqualTo(ErrorCode.FAILED_PRECONDITION);
    assertThat(codeOf(() -> zvols.delete(VOL1, VolumeId.random(), soon())))
        .isEqualTo(ErrorCode.FAILED_PRECONDITION);
    assertThat(elsewhere.resolve("data")).hasContent("secret");
  }

  @Test
  void aLinkInTheDatasPlaceShouldNotBeFollowed(@TempDir Path elsewhere) throws IOException {
    Path secret = Files.writeString(elsewhere.resolve("secret"), "secret");
    Files.createDirectory(fixture.folder(VOL1));
    Files.createSymbolicLink(fixture.folder(VOL1).resolve("data"), secret);
    assertThat(zvols.list(soon())).isEmpty();
    assertThat(codeOf(() -> fixture.create("vol1"))).isEqualTo(ErrorCode.FAILED_PRECONDITION);
  }

  @Test
  void namesWithDotsShouldStayInThePool() {
    for (String name : List.of("a..", "a..b", "0-.", "data", "identity", "con")) {
      Zvol zvol = fixture.create(name);
      assertThat(zvol.device().toPath().toAbsolutePath().normalize())
          .isEqualTo(zvol.device().toPath())
          .startsWith(directory.resolve("pools/tank"));
    }
  }

  @Test
  void aPoolShouldHoldItsCapacityAndNoMore() {
    LocalConfig small = LocalConfig.in(directory, TANK).withCapacity(TANK, ByteSize.mebibytes(3));
    try (LocalStorage full = LocalStorage.open(small)) {
      ZvolManager manager = full.zvolManager();
      Zvol first = manager.ensure(VOL1, VolumeId.random(), ByteSize.mebibytes(2), soon());
      ZvolName second = new ZvolName(TANK, "vol2");
      assertThat(codeOf(() -> manager.ensure(second, VolumeId.random(), SIZE_2, soon())))
          .isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
      assertThat(manager.find(second, soon())).isEmpty();
      manager.ensure(VOL1, VolumeId.random(), SIZE_2, soon());
      manager.delete(VOL1, idOf(first), soon());
      manager.ensure(second, VolumeId.random(), SIZE_2, soon());
    }
  }

  @Test
  void aFullPoolShouldNotBeOverbookedByTwoProcesses() {
    LocalConfig small = LocalConfig.in(directory, TANK).withCapacity(TANK, ByteSize.mebibytes(4));
    try (LocalStorage one = LocalStorage.open(small);
        LocalStorage two = LocalStorage.open(small)) {
      List<CompletableFuture<Boolean>> attempts =
          IntStream.range(0, 12)
              .mapToObj(
                  i -> CompletableFuture.supplyAsync(() -> fits(i % 2 == 0 ? one : two, "vol" + i)))
              .toList();
      assertThat(attempts.stream().filter(CompletableFuture::join)).hasSize(4);
      assertThat(zvols.list(soon())).hasSize(4);
    }
  }

  private static boolean fits(LocalStorage storage, String name) {
    try {
      storage.zvolManager().ensure(new ZvolName(TANK, name), VolumeId.random(), SIZE, soon());
      return true;
    } catch (VmStoreException e) {
      assertThat(e.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
      return false;
    }
  }

  @Test
  void oneNameMadeByManyAtOnceShouldBeOneVolume() {
    try (Fixture other = new Fixture(directory)) {
      List<CompletableFuture<Zvol>> makers =
          IntStream.range(0, 12)
              .mapToObj(i -> i % 2 == 0 ? fixture : other)
              .map(maker -> CompletableFuture.supplyAsync(() -> maker.create("vol1")))
              .toList();
      Set<Optional<VolumeId>> ids =
          makers.stream().map(CompletableFuture::join).map(Zvol::id).collect(Collectors.toSet());
      assertThat(ids).hasSize(1);
      assertThat(zvols.list(soon())).hasSize(1);
    }
  }

  @Test
  void aVolumeShouldNotBeDestroyedWhileItIsExported() {
    Zvol zvol = fixture.create("vol1");
    fixture.export(zvol, "c1");
    assertThat(
            catchThrowableOfType(
                VmStoreException.class, () -> zvols.delete(VOL1, idOf(zvol), soon())))
        .hasMessageContaining("FAILED_PRECONDITION")
        .hasMessageContaining(Fixture.targetOf(zvol).iqn().value());
    assertThat(zvols.find(VOL1, soon())).contains(zvol);
  }

  @Test
  void aPoolWhoseFolderIsGoneShouldBeNotFound() throws IOException {
    Files.delete(directory.resolve("pools/tank"));
    assertThat(codeOf(() -> fixture.create("vol1"))).isEqualTo(ErrorCode.NOT_FOUND);
  }
}
