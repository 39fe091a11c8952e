package io.vmstore.managed;

import io.vmstore.model.ByteSize;
import io.vmstore.model.DevicePath;
import org.jspecify.annotations.Nullable;

/**
 * A volume as a host has it.
 *
 * @param id the manager's id of it
 * @param connection how it is reached
 * @param exists whether, at this moment, the device is here, is the disk that was recorded, and has
 *     a path that works
 * @param path what a virtual machine is given: {@code /dev/mapper/WWID}, or a path of vmstore's own
 *     that means this volume for as long as it is attached; null when it was never attached
 * @param attachment the device behind it; null when it was never attached
 * @param size what the device has at this moment; null when {@code exists} is false
 */
public record ManagedVolume(
    String id,
    IscsiConnection connection,
    boolean exists,
    @Nullable DevicePath path,
    @Nullable Attachment attachment,
    @Nullable ByteSize size) {
  /**
   * The device of a volume: os-brick's answer to an attach.
   *
   * @param path the kernel's name, {@code /dev/sda} or {@code /dev/dm-25}, which another boot may
   *     change
   * @param wwn the name the disk gives itself, {@code scsi_wwn}: as the kernel's {@code wwid} says
   *     it, in the form of udev's scsi_id and of multipath (a digit for the kind, then the name)
   * @param multipathId the name of the multipath device, null when there is none
   */
  public record Attachment(DevicePath path, String wwn, @Nullable String multipathId) {}
}
