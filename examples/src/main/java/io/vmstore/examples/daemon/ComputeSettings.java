package io.vmstore.examples.daemon;

import io.vmstore.local.LocalConfig.LoopDevices;
import io.vmstore.model.PoolName;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * What {@code vmstore-compute} is told; {@code etc/compute.properties.example} explains every key.
 *
 * @param node what every node has
 * @param storage open-iscsi, or files
 */
record ComputeSettings(NodeSettings node, Storage storage) {
  /** How volumes are attached. */
  sealed interface Storage {}

  /**
   * By open-iscsi.
   *
   * @param loginTimeout how long a portal may take to answer a login
   */
  record Iscsi(Path initiatorNameFile, Path linkDirectory, Duration loginTimeout)
      implements Storage {}

  /**
   * As files of a NAS on this machine.
   *
   * @param pools the pools of that NAS
   * @param loopDevices whether a volume becomes a block device
   */
  record Local(Path directory, List<PoolName> pools, LoopDevices loopDevices) implements Storage {}

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
          "/run/vmstore/devices",
          Forms::absolutePath,
          "the absolute path of a folder that a reboot empties");
  private static final Setting<Duration> LOGIN =
      Setting.optional(
          "iscsi.login.timeout.seconds", "15", Forms::seconds, "whole seconds from 1 to 300");
  private static final Setting<List<PoolName>> LOCAL_POOLS =
      Setting.optional(
          "local.pools", "tank", Forms.listOf(PoolName::new), "the 'pools' of the NAS");

  private static final Setting<LoopDevices> LOOP_DEVICES =
      Setting.optional(
          "local.loop.devices", "auto", ComputeSettings::loopDevices, "auto, never or always");

  static final List<Setting<?>> KEYS =
      Stream.of(
              NodeSettings.KEYS,
              List.of(STORAGE, INITIATOR, LINKS, LOGIN, LOCAL_POOLS, LOOP_DEVICES),
              LocalSettings.KEYS)
          .flatMap(List::stream)
          .toList();

  static ComputeSettings read(Path path) {
    SettingsFile file = SettingsFile.read(path, KEYS);
    return new ComputeSettings(
        NodeSettings.in(file), STORAGE.in(file).equals("iscsi") ? iscsi(file) : local(file));
  }

  private static Iscsi iscsi(SettingsFile file) {
    return new Iscsi(INITIATOR.in(file), LINKS.in(file), LOGIN.in(file));
  }

  private static Local local(SettingsFile file) {
    return new Local(LocalSettings.directory(file), LOCAL_POOLS.in(file), LOOP_DEVICES.in(file));
  }

  private static LoopDevices loopDevices(String text) {
    String choice = Forms.oneOf("auto", "never", "always").apply(text);
    return LoopDevices.valueOf(choice.toUpperCase(Locale.ROOT));
  }
}
