package io.vmstore.core.compute;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmstore.core.json.Chap;
import io.vmstore.core.json.Json;
import io.vmstore.core.json.JsonFields;
import io.vmstore.model.ChapSecrets;
import io.vmstore.model.Iqn;
import io.vmstore.model.Portal;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import org.jspecify.annotations.Nullable;

/**
 * What a compute node remembers of a volume: an export that it attaches, has attached or is
 * detaching, or that it has detached. It is written before the first effect and after the last.
 *
 * @param volume the volume
 * @param target where it is, or was, exported
 * @param generation the number of the mapping
 * @param attached whether the device is wanted; false once it was given back
 * @param newest the number of the latest mapping this node has heard of, at least {@code
 *     generation}: a late message of it, or of an earlier one, must not bring a device back
 * @param order grows with every record written, so that the oldest memories can be dropped
 * @param chap what a login has to prove, to attach again after a reboot; null when nothing, and
 *     once the device was given back
 */
record AttachmentRecord(
    VolumeId volume,
    Target target,
    long generation,
    boolean attached,
    long newest,
    long order,
    @Nullable ChapSecrets chap) {
  byte[] encode() {
    ObjectNode json = Json.object();
    json.put("volume", volume.toString());
    json.put("target", target.iqn().value());
    target.portals().forEach(portal -> json.withArray("portals").add(portal.toString()));
    json.put("generation", generation);
    json.put("attached", attached);
    json.put("newest", newest);
    json.put("order", order);
    Chap.put(json, chap);
    return Json.write(json);
  }

  static AttachmentRecord decode(byte[] bytes) {
    JsonFields json = Json.read(bytes, "attachment record");
    return new AttachmentRecord(
        VolumeId.parse(json.text("volume")),
        new Target(
            new Iqn(json.text("target")),
            json.texts("portals").stream().map(Portal::parse).toList()),
        json.count("generation"),
        json.flag("attached"),
        json.count("newest"),
        json.count("order"),
        Chap.in(json));
  }
}
