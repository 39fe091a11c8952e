package io.vmstore.managed;

import io.vmstore.model.Portal;

/**
 * One way to a volume.
 *
 * @param portal where to log in
 * @param target the target's name
 * @param lun the logical unit number as the kernel writes it, which may differ from one portal to
 *     another: the first two bytes of the LUN field as one number, so {@code 16384 + n} for unit
 *     {@code n} in the flat space form (SAM-5, 4.7.7.3; scsilun_to_int in scsi_common.c)
 */
public record IscsiPath(Portal portal, TargetName target, int lun) {
  /** Unit 16383, the highest that the flat space form has, in that form. */
  public static final int HIGHEST_LUN = 0x7fff;

  /**
   * Checks the LUN.
   *
   * @throws io.vmstore.error.VmStoreException INVALID_ARGUMENT when it is out of range
   */
  public IscsiPath {
    if (lun < 0 || lun > HIGHEST_LUN) {
      throw Documents.invalid("target_lun", lun, "a LUN is 0 to " + HIGHEST_LUN);
    }
  }
}
