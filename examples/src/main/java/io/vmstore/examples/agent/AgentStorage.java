package io.vmstore.examples.agent;

import io.vmstore.examples.daemon.Ports;
import io.vmstore.examples.daemon.Resources;
import io.vmstore.exec.CommandRunner;
import io.vmstore.exec.ProcessCommandRunner;
import io.vmstore.iscsi.OpenIscsiVolumeConfig;
import io.vmstore.iscsi.OpenIscsiVolumeConnector;
import io.vmstore.local.LocalConfig;
import io.vmstore.local.LocalStorage;
import io.vmstore.model.PoolName;
import io.vmstore.spi.VolumeConnector;

/** The adapter of the agent, chosen by its settings. */
final class AgentStorage {
  private AgentStorage() {}

  static VolumeConnector connector(AgentSettings settings, Resources resources) {
    return resources.add(
        settings.storage() instanceof AgentSettings.Iscsi iscsi
            ? iscsi(iscsi)
            : local((AgentSettings.Local) settings.storage(), resources));
  }

  private static VolumeConnector iscsi(AgentSettings.Iscsi iscsi) {
    OpenIscsiVolumeConfig config =
        OpenIscsiVolumeConfig.defaults()
            .withInitiatorNameFile(iscsi.initiatorNameFile())
            .withLinkDirectory(iscsi.linkDirectory())
            .withLoginTimeout(iscsi.loginTimeout())
            .withMultipath(iscsi.multipath());
    return new OpenIscsiVolumeConnector(
        iscsi.address().map(config::withAddress).orElse(config),
        Ports.watched(new ProcessCommandRunner(), CommandRunner.class, "programs"));
  }

  private static VolumeConnector local(AgentSettings.Local local, Resources resources) {
    LocalConfig config = LocalConfig.in(local.directory(), local.pools().toArray(PoolName[]::new));
    return resources.add(LocalStorage.open(config)).volumeConnector(local.node());
  }
}
