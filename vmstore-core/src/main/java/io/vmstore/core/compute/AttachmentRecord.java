package io.vmstore.core.compute;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmstore.core.json.Json;
import io.vmstore.core.json.JsonFields;
import io.vmstore.model.Iqn;
import io.vmstore.model.Portal;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;

/**
 * What a compute node remembers of an export that it attaches, has attached or is detaching. It is
 * written before the first effect and removed after the last.
 *
 * @param volume the volume
 * @param target where it is exported
 * @param generation the number of the mapping
 */
record AttachmentRecord(VolumeId volume, Target target, long generation) {
  byte[] encode() {
    ObjectNode json = Json.object();
    json.put("volume", volume.toString());
    json.put("target", target.iqn().value());
    target.portals().forEach(portal -> json.withArray("portals").add(portal.toString()));
    json.put("generation", generation);
    return Json.write(json);
  }

  static AttachmentRecord decode(byte[] bytes) {
    JsonFields json = Json.read(bytes, "attachment record");
    return new AttachmentRecord(
        VolumeId.parse(json.text("volume")),
        new Target(
            new Iqn(json.text("target")),
            json.texts("portals").stream().map(Portal::parse).toList()),
        json.number("generation"));
  }
}
