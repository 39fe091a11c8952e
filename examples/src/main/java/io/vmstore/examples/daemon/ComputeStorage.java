package io.vmstore.examples.daemon;

import io.vmstore.exec.CommandRunner;
import io.vmstore.exec.ProcessCommandRunner;
import io.vmstore.iscsi.OpenIscsiConfig;
import io.vmstore.iscsi.OpenIscsiTargetConnector;
import io.vmstore.local.LocalConfig;
import io.vmstore.local.LocalStorage;
import io.vmstore.model.PoolName;
import io.vmstore.spi.TargetConnector;

/** The adapter of a compute node, chosen by its settings. */
final class ComputeStorage {
  private ComputeStorage() {}

  static TargetConnector connector(ComputeSettings settings, Resources resources) {
    return resources.add(
        settings.storage() instanceof ComputeSettings.Iscsi iscsi
            ? iscsi(iscsi)
            : local(settings, (ComputeSettings.Local) settings.storage(), resources));
  }

  private static TargetConnector iscsi(ComputeSettings.Iscsi iscsi) {
    OpenIscsiConfig config =
        OpenIscsiConfig.defaults()
            .withInitiatorNameFile(iscsi.initiatorNameFile())
            .withLinkDirectory(iscsi.linkDirectory())
            .withLoginTimeout(iscsi.loginTimeout());
    return new OpenIscsiTargetConnector(
        config, Ports.watched(new ProcessCommandRunner(), CommandRunner.class, "programs"));
  }

  private static TargetConnector local(
      ComputeSettings settings, ComputeSettings.Local local, Resources resources) {
    PoolName[] pools = local.pools().toArray(PoolName[]::new);
    LocalConfig config =
        LocalConfig.in(local.directory(), pools).withLoopDevices(local.loopDevices());
    LocalStorage storage = resources.add(LocalStorage.open(config));
    return storage.connector(settings.node().name());
  }
}
