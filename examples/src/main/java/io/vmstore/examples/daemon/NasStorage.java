package io.vmstore.examples.daemon;

import io.vmstore.core.nas.RecordStores;
import io.vmstore.exec.CommandRunner;
import io.vmstore.exec.DeviceHolders;
import io.vmstore.exec.ProcessCommandRunner;
import io.vmstore.local.LocalConfig;
import io.vmstore.local.LocalStorage;
import io.vmstore.model.PoolName;
import io.vmstore.spi.TargetExporter;
import io.vmstore.spi.ZvolManager;
import io.vmstore.zfs.ZfsConfig;
import io.vmstore.zfs.ZfsZvolManager;
import io.vmstore.zfs.lio.LioConfig;
import io.vmstore.zfs.lio.LioTargetExporter;
import java.util.Set;

/**
 * The adapters of a NAS, chosen by its settings.
 *
 * @param zvols keeps the volumes
 * @param exporter exports them
 * @param stores keep the records
 */
record NasStorage(ZvolManager zvols, TargetExporter exporter, RecordStores stores) {
  static NasStorage open(NasSettings settings, Resources resources) {
    return settings.storage() instanceof NasSettings.Zfs zfs
        ? zfs(settings, zfs, resources)
        : local(settings, (NasSettings.Local) settings.storage(), resources);
  }

  private static NasStorage zfs(NasSettings settings, NasSettings.Zfs zfs, Resources resources) {
    ZfsConfig config =
        ZfsConfig.of(Set.copyOf(settings.pools()))
            .withBlockSize(zfs.blockSize())
            .withThin(zfs.thin())
            .withFloorPercent(zfs.floorPercent())
            .withDurableWrites(zfs.durableWrites());
    CommandRunner programs =
        Ports.watched(new ProcessCommandRunner(), CommandRunner.class, "programs");
    NasRecords records = new NasRecords(settings.node().stateDirectory(), resources);
    return new NasStorage(
        resources.add(new ZfsZvolManager(config, programs, new DeviceHolders())),
        resources.add(new LioTargetExporter(LioConfig.of(zfs.portals()).withChap(zfs.chap()))),
        zfs.recordsInPools() ? records.inPools(config, programs) : records.inFiles());
  }

  private static NasStorage local(
      NasSettings settings, NasSettings.Local local, Resources resources) {
    PoolName[] pools = settings.pools().toArray(PoolName[]::new);
    LocalStorage storage =
        resources.add(LocalStorage.open(LocalConfig.in(local.directory(), pools)));
    return new NasStorage(
        resources.add(storage.zvolManager()),
        resources.add(storage.targetExporter()),
        new NasRecords(settings.node().stateDirectory(), resources).inFiles());
  }
}
