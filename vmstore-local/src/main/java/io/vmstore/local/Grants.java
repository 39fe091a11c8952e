package io.vmstore.local;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Iqn;
import io.vmstore.model.NodeName;
import io.vmstore.model.Portal;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Who may connect which volume: one small file a target, written in one effect, so that a target
 * that can be seen admits exactly one initiator.
 */
final class Grants {
  /** A target has to name a portal. Nothing listens at this one: everything is on one machine. */
  static final Portal PORTAL = new Portal("127.0.0.1", Portal.DEFAULT_PORT);

  private static final String TARGET = "iqn.2026-11.io.vmstore.local:";

  private static final String GENERATION = ".g";

  /** As long as it may be: 63 characters of a node's name, each escaped to 3, must follow. */
  private static final String INITIATOR = "iqn.2026-11.io.vmstore.node:";

  private final Path folder;

  /** One volume's admitted initiator, for the mapping of that number. */
  record Grant(VolumeId id, ZvolName zvol, long generation, Iqn initiator) {
    Target target() {
      return targetOf(id, generation);
    }
  }

  Grants(Path folder) {
    this.folder = folder;
  }

  static Target targetOf(VolumeId id, long generation) {
    return new Target(new Iqn(TARGET + id + GENERATION + generation), List.of(PORTAL));
  }

  /** {@return the volume of a target, or empty when no volume has such a target} */
  static Optional<VolumeId> volumeOf(Iqn target) {
    String name = target.value();
    int end = name.lastIndexOf(GENERATION);
    try {
      return name.startsWith(TARGET) && end > TARGET.length()
          ? Optional.of(VolumeId.parse(name.substring(TARGET.length(), end)))
          : Optional.empty();
    } catch (VmStoreException e) {
      return Optional.empty();
    }
  }

  /**
   * {@return the initiator of a node} An iSCSI name has no capitals and no {@code _}; they become
   * {@code :} and two hexadecimal digits, so that two nodes never share an initiator.
   */
  static Iqn initiatorOf(NodeName node) {
    StringBuilder name = new StringBuilder(INITIATOR);
    for (char c : node.value().toCharArray()) {
      boolean admitted = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
      name.append(admitted ? String.valueOf(c) : ":" + Integer.toHexString(c));
    }
    return new Iqn(name.toString());
  }

  void put(Grant grant) throws IOException {
    DurableFiles.write(
        file(grant.id()),
        Map.of(
            "zvol", grant.zvol().toString(),
            "generation", Long.toString(grant.generation()),
            "initiator", grant.initiator().value()));
  }

  void remove(VolumeId id) throws IOException {
    DurableFiles.remove(file(id));
  }

  Optional<Grant> find(VolumeId id) throws IOException {
    return DurableFiles.read(file(id)).map(fields -> grant(id, fields));
  }

  /** Refuses when a target shows the volume: one device has one target. */
  void requireNone(ZvolName zvol, String problem) throws IOException {
    for (Grant grant : all()) {
      if (grant.zvol().equals(zvol)) {
        throw Holders.held(problem, List.of("target '" + grant.target().iqn() + "'"));
      }
    }
  }

  List<Grant> all() throws IOException {
    List<Grant> grants = new ArrayList<>();
    for (VolumeId id : Layout.names(folder, VolumeId::parse)) {
      find(id).ifPresent(grants::add);
    }
    return grants;
  }

  private Path file(VolumeId id) {
    return folder.resolve(id.toString());
  }

  private Grant grant(VolumeId id, Map<String, String> fields) {
    try {
      return new Grant(
          id,
          ZvolName.parse(fields.getOrDefault("zvol", "")),
          Long.parseLong(fields.getOrDefault("generation", "")),
          new Iqn(fields.getOrDefault("initiator", "")));
    } catch (VmStoreException | NumberFormatException e) {
      throw VmStoreException.builder(ErrorCode.INTERNAL, "file '" + file(id) + "' is damaged")
          .reason(String.valueOf(e.getMessage()))
          .correction("remove the file; the NAS grants the volume again when it starts")
          .cause(e)
          .build();
    }
  }
}
