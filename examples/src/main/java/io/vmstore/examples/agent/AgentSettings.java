package io.vmstore.examples.agent;

import io.vmstore.examples.daemon.Forms;
import io.vmstore.examples.daemon.LocalSettings;
import io.vmstore.examples.daemon.Setting;
import io.vmstore.examples.daemon.SettingsFile;
import io.vmstore.iscsi.OpenIscsiVolumeConfig.Multipathing;
import io.vmstore.model.NodeName;
import io.vmstore.model.PoolName;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What {@code vmstore-agent} is told; {@code etc/agent.properties.example} explains every key.
 *
 * @param stateDirectory where it keeps its database
 * @param timeout what a request may take that does not say
 * @param storage open-iscsi, or files
 */
record AgentSettings(Path stateDirectory, Duration timeout, Storage storage) {
  /** How volumes are attached. */
  sealed interface Storage {}

  /** By open-iscsi and dm-multipath. */
  record Iscsi(
      Path initiatorNameFile,
      Path linkDirectory,
      Duration loginTimeout,
      Multipathing multipath,
      Optional<String> address)
      implements Storage {}

  /** As files of a NAS on this machine. */
  record Local(NodeName node, Path directory, List<PoolName> pools) implements Storage {}

  private static final Setting<Path> STATE =
      Setting.optional(
          "state.directory",
          "/var/lib/vmstore-agent",
          Forms::absolutePath,
          "the absolute path of a folder for this agent's database");
  private static final Setting<Duration> TIMEOUT =
      Setting.optional("timeout.seconds", "120", Forms::seconds, "whole seconds, at least one");
  private static final Setting<String> STORAGE =
      Setting.optional("storage", "iscsi", Forms.oneOf("iscsi", "local"), "iscsi or local");
  private static final Setting<Path> INITIATOR =
      Setting.optional(
          "iscsi.initiator.name.file",
          "/etc/iscsi/initiatorname.iscsi",
          Forms::absolutePath,
          "the absolute path of the file with the line InitiatorName=iqn...");
  private static final Setting<Path> LINKS =
      Setting.optional(
          "iscsi.link.directory",
          "/run/vmstore/managed",
          Forms::absolutePath,
          "the absolute path of a folder that a reboot empties");
  private static final Setting<Duration> LOGIN =
      Setting.optional(
          "iscsi.login.timeout.seconds", "15", Forms::seconds, "whole seconds from 1 to 300");
  private static final Setting<Multipathing> MULTIPATH =
      Setting.optional(
          "iscsi.multipath", "if_running", AgentSettings::multipathing, "if_running, no, enforced");
  private static final Setting<Optional<String>> ADDRESS =
      Setting.optional(
          "iscsi.address",
          "",
          text -> text.isEmpty() ? Optional.empty() : Optional.of(text),
          "this machine's address towards the storage");
  private static final Setting<NodeName> NODE =
      Setting.optional("local.node", "agent", NodeName::new, "the name of a node");
  private static final Setting<List<PoolName>> POOLS =
      Setting.optional(
          "local.pools", "tank", Forms.listOf(PoolName::new), "the 'pools' of the NAS");

  static final List<Setting<?>> KEYS =
      Stream.of(
              List.of(STATE, TIMEOUT, STORAGE, INITIATOR, LINKS, LOGIN, MULTIPATH, ADDRESS),
              List.of(NODE, POOLS),
              LocalSettings.KEYS)
          .<Setting<?>>flatMap(List::stream)
          .toList();

  static AgentSettings read(Path path) {
    SettingsFile file = SettingsFile.read(path, KEYS);
    return new AgentSettings(
        STATE.in(file),
        TIMEOUT.in(file),
        STORAGE.in(file).equals("iscsi") ? iscsi(file) : local(file));
  }

  private static Iscsi iscsi(SettingsFile file) {
    return new Iscsi(
        INITIATOR.in(file), LINKS.in(file), LOGIN.in(file), MULTIPATH.in(file), ADDRESS.in(file));
  }

  private static Local local(SettingsFile file) {
    return new Local(NODE.in(file), LocalSettings.directory(file), POOLS.in(file));
  }

  private static Multipathing multipathing(String text) {
    return Multipathing.valueOf(
        Forms.oneOf("if_running", "no", "enforced").apply(text).toUpperCase(Locale.ROOT));
  }
}
