package io.vmstore.examples.daemon;

import io.vmstore.core.protocol.LegacyPeer;
import io.vmstore.model.ByteSize;
import io.vmstore.model.ChapMode;
import io.vmstore.model.PoolName;
import io.vmstore.model.Portal;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * What {@code vmstore-nas} is told; {@code etc/nas.properties.example} explains every key.
 *
 * @param node what every node has
 * @param pools the pools served; the first one is meant by requests that name none
 * @param legacyPeers the compute nodes that are of the predecessor
 * @param storage ZFS and LIO, or files
 */
record NasSettings(
    NodeSettings node, List<PoolName> pools, List<LegacyPeer> legacyPeers, Storage storage) {
  /** Where the volumes are. */
  sealed interface Storage {}

  /**
   * ZFS volumes, exported by the kernel.
   *
   * @param portals the addresses on this machine that targets listen at
   * @param durableWrites whether a write is on the disk before it is acknowledged
   * @param recordsInPools whether the records of a pool's volumes are in the pool
   * @param chap what logins to the exports of new mappings have to prove
   */
  record Zfs(
      List<Portal> portals,
      ByteSize blockSize,
      boolean thin,
      int floorPercent,
      boolean durableWrites,
      boolean recordsInPools,
      ChapMode chap)
      implements Storage {}

  /** Files in a folder. */
  record Local(Path directory) implements Storage {}

  private static final Setting<List<PoolName>> POOLS =
      Setting.required(
          "pools", Forms.listOf(PoolName::new), "the names of the pools to serve, with commas");
  private static final Setting<String> STORAGE =
      Setting.optional("storage", "zfs", Forms.oneOf("zfs", "local"), "zfs or local");
  private static final Setting<List<Portal>> PORTALS =
      Setting.optional(
          "portals",
          "",
          text -> text.isEmpty() ? List.of() : Forms.listOf(Portal::parse).apply(text),
          "addresses of this machine like 10.0.0.1:3260, with commas");
  private static final Setting<ByteSize> BLOCK_SIZE =
      Setting.optional("zfs.block.size", "16K", ByteSize::parse, "a power of two from 512 to 128K");
  private static final Setting<Boolean> THIN =
      Setting.optional("zfs.thin", "false", Forms::flag, "true or false");
  private static final Setting<Integer> FLOOR =
      Setting.optional("zfs.floor.percent", "5", Forms::number, "a whole number from 0 to 90");
  private static final Setting<Boolean> DURABLE =
      Setting.optional("zfs.durable.writes", "true", Forms::flag, "true or false");
  private static final Setting<String> RECORDS =
      Setting.optional("state.storage", "pool", Forms.oneOf("pool", "files"), "pool or files");

  private static final Setting<ChapMode> CHAP =
      Setting.optional("chap", "mutual", NasSettings::chap, "mutual, one-way or none");

  private static final Setting<List<LegacyPeer>> LEGACY_PEERS =
      Setting.optional(
          "legacy.peers",
          "",
          NasSettings::legacyPeers,
          "compute nodes as NAME or NAME=IQN, with commas");

  static final List<Setting<?>> KEYS =
      Stream.of(
              NodeSettings.KEYS,
              List.of(
                  POOLS,
                  STORAGE,
                  PORTALS,
                  BLOCK_SIZE,
                  THIN,
                  FLOOR,
                  DURABLE,
                  RECORDS,
                  CHAP,
                  LEGACY_PEERS),
              LocalSettings.KEYS)
          .flatMap(List::stream)
          .toList();

  static NasSettings read(Path path) {
    SettingsFile file = SettingsFile.read(path, KEYS);
    return new NasSettings(
        NodeSettings.in(file),
        POOLS.in(file),
        LEGACY_PEERS.in(file),
        STORAGE.in(file).equals("zfs") ? zfs(file) : new Local(LocalSettings.directory(file)));
  }

  private static List<LegacyPeer> legacyPeers(String text) {
    if (text.isEmpty()) {
      return List.of();
    }
    List<LegacyPeer> peers = Forms.listOf(LegacyPeer::parse).apply(text);
    return List.copyOf(LegacyPeer.byName(peers).values());
  }

  private static ChapMode chap(String text) {
    return switch (Forms.oneOf("mutual", "one-way", "none").apply(text)) {
      case "mutual" -> ChapMode.MUTUAL;
      case "one-way" -> ChapMode.ONE_WAY;
      default -> ChapMode.NONE;
    };
  }

  private static Zfs zfs(SettingsFile file) {
    Zfs zfs =
        new Zfs(
            PORTALS.in(file),
            BLOCK_SIZE.in(file),
            THIN.in(file),
            FLOOR.in(file),
            DURABLE.in(file),
            RECORDS.in(file).equals("pool"),
            CHAP.in(file));
    if (zfs.portals().isEmpty()) {
      throw file.missing(PORTALS.key(), "storage = zfs needs it: " + PORTALS.meaning());
    }
    return zfs;
  }
}
