package io.vmstore.model;

import java.util.UUID;

/**
 * What makes a volume the same volume, whatever its name: a random UUID given at creation, kept
 * with the zvol, part of the target's IQN, and the unit serial number (SPC-4, VPD page 0x80) of the
 * exported disk.
 *
 * @param value the UUID
 */
public record VolumeId(UUID value) {
  /** {@return a new random id} */
  public static VolumeId random() {
    return new VolumeId(UUID.randomUUID());
  }

  /**
   * Reads the 36-character form, in either case.
   *
   * @throws io.vmstore.error.VmStoreException INVALID_ARGUMENT when it is not of that form
   */
  public static VolumeId parse(String text) {
    try {
      UUID value = UUID.fromString(text);
      // It also takes shortened groups, which would give one id two spellings.
      if (value.toString().equalsIgnoreCase(text)) {
        return new VolumeId(value);
      }
    } catch (IllegalArgumentException e) {
      // It is no UUID at all.
    }
    throw Checks.invalid(
        "volume id", text, "a volume id is a UUID of 36 characters", "copy it from 'vmstore ls'");
  }

  /** {@return the 36-character lower-case form} */
  @Override
  public String toString() {
    return value.toString();
  }
}
