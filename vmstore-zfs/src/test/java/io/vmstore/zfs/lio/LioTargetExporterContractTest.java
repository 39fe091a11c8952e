package io.vmstore.zfs.lio;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.exec.DeviceHolders;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Deadline;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Iqn;
import io.vmstore.model.Portal;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Admission;
import io.vmstore.spi.TargetExporter;
import io.vmstore.spi.Zvol;
import io.vmstore.testkit.contract.Holder;
import io.vmstore.testkit.contract.TargetExporterContract;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;

class LioTargetExporterContractTest extends TargetExporterContract {
  private static final Iqn FOREIGN = new Iqn("iqn.2003-01.org.linux-iscsi.nas:sn.1");

  @TempDir Path folder;
  private @Nullable SimulatedLio simulated;

  @Override
  protected TargetExporter open() {
    return new LioTargetExporter(config(), lio(), new DeviceHolders(folder, folder), any -> true);
  }

  private LioConfig config() {
    return LioConfig.of(List.of(Portal.parse("10.0.0.1:3260"), Portal.parse("[fd00::1]:3260")))
        .withRoot(folder.resolve("target"));
  }

  private SimulatedLio lio() {
    if (simulated == null) {
      simulated = unchecked(() -> new SimulatedLio(folder.resolve("target")).boot());
    }
    return simulated;
  }

  @Override
  protected Zvol createVolume(String name) {
    Path device = folder.resolve("dev").resolve(name);
    unchecked(() -> Files.createDirectories(folder.resolve("dev")));
    unchecked(() -> Files.createFile(device));
    return new Zvol(
        ZvolName.parse("tank/" + name),
        VolumeId.random(),
        true,
        ByteSize.mebibytes(16),
        DevicePath.of(device));
  }

  @Override
  protected Holder logIn(Target target, Admission as) {
    Iqn initiator = as.initiator();
    String iqn = target.iqn().value();
    boolean there = lio().exists(folder.resolve("target/iscsi").resolve(iqn));
    if (!unchecked(() -> lio().logIn(iqn, initiator.value(), as.chap()))) {
      throw VmStoreException.builder(
              there ? ErrorCode.PERMISSION_DENIED : ErrorCode.NOT_FOUND, "cannot log in to " + iqn)
          .build();
    }
    return new Holder(
        initiator.value(),
        () ->
            unchecked(
                () -> {
                  lio().logOut(iqn, initiator.value());
                  return iqn;
                }));
  }

  @Override
  protected Holder hold(Zvol zvol) {
    Path device = zvol.device().toPath();
    lio().holdByOthers(device, true);
    return new Holder("somebody", () -> lio().holdByOthers(device, false));
  }

  @Override
  protected Iqn createForeignTarget() {
    if (!lio().exists(folder.resolve("target/iscsi"))) {
      make(folder.resolve("target/iscsi"));
    }
    make(foreign());
    make(foreign().resolve("tpgt_1"));
    return FOREIGN;
  }

  @Override
  protected boolean foreignTargetExists(Iqn target) {
    return lio().exists(foreign().resolve("tpgt_1"));
  }

  private Path foreign() {
    return folder.resolve("target/iscsi").resolve(FOREIGN.value());
  }

  private void make(Path directory) {
    unchecked(
        () -> {
          lio().makeDirectory(directory);
          return directory;
        });
  }

  @Override
  protected void leaveHalfMade(Zvol zvol, Iqn initiator) {
    lio()
        .beforeEffect(
            number -> {
              if (number == 20) {
                throw new SimulatedLio.Crash();
              }
            });
    try (TargetExporter dying = open()) {
      dying.export(
          zvol,
          zvol.id().orElseThrow(),
          1,
          Admission.byName(initiator),
          Deadline.after(Duration.ofSeconds(10)));
    } catch (SimulatedLio.Crash e) {
      lio().beforeEffect(number -> {});
    }
  }

  private interface Fallible<T> {
    T call() throws IOException;
  }

  private static <T> T unchecked(Fallible<T> action) {
    try {
      return action.call();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
