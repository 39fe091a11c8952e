package io.vmstore.core.nas;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmstore.core.flow.Failures;
import io.vmstore.core.json.Json;
import io.vmstore.core.json.JsonFields;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Iqn;
import io.vmstore.model.NodeName;
import io.vmstore.model.Portal;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The compute nodes that were shut out of a volume without being asked, and have not yet confirmed
 * that they dropped its device. Kept beside the volumes' records.
 *
 * <p>Thread safety: thread-safe.
 */
final class Fences {
  /**
   * One node to be told.
   *
   * @param zvol the volume it had
   * @param id the volume's identity
   * @param host the node
   * @param target where it had the volume
   * @param generation the mapping that was ended
   */
  record Fence(ZvolName zvol, VolumeId id, NodeName host, Target target, long generation) {
    private static Fence decode(byte[] bytes) {
      JsonFields json = Json.read(bytes, "fence record");
      return new Fence(
          ZvolName.parse(json.text("zvol")),
          VolumeId.parse(json.text("id")),
          new NodeName(json.text("host")),
          new Target(
              new Iqn(json.text("target")),
              json.texts("portals").stream().map(Portal::parse).toList()),
          json.count("generation"));
    }

    private byte[] encode() {
      ObjectNode json = Json.object();
      json.put("zvol", zvol.toString());
      json.put("id", id.toString());
      json.put("host", host.value());
      json.put("target", target.iqn().value());
      target.portals().forEach(portal -> json.withArray("portals").add(portal.toString()));
      json.put("generation", generation);
      return Json.write(json);
    }

    /** It goes where the volume's record goes, under a name that no volume can have. */
    private String key() {
      return zvol.pool() + MARK + id + "." + generation;
    }
  }

  private static final String MARK = "/-fence/";

  private final RecordStores stores;
  private final Map<String, Fence> fences = new ConcurrentHashMap<>();

  Fences(RecordStores stores) {
    this.stores = stores;
  }

  /** Takes over what a store has. */
  void load(Map<String, byte[]> stored) {
    stored.forEach(
        (key, bytes) -> {
          if (isKey(key)) {
            fences.put(key, load(key, bytes));
          }
        });
  }

  private static Fence load(String key, byte[] bytes) {
    try {
      Fence fence = Fence.decode(bytes);
      JsonFields.requireKey(key, fence.key());
      return fence;
    } catch (VmStoreException e) {
      // Starting without it would leave the node its device for ever.
      throw Failures.unreadable(
          "the fence record '" + key + "' of the state store",
          "move it away and have its node drop the device by hand; the NAS does not start without it",
          e);
    }
  }

  static boolean isKey(String key) {
    return key.contains(MARK);
  }

  Collection<Fence> all() {
    return fences.values();
  }

  void add(Fence fence) {
    stores.of(fence.zvol().pool()).write(fence.key(), fence.encode());
    fences.put(fence.key(), fence);
  }

  void remove(Fence fence) {
    stores.of(fence.zvol().pool()).remove(fence.key());
    fences.remove(fence.key());
  }
}
