package io.vmstore.managed;

import io.vmstore.model.Portal;

/**
 * One way to a volume.
 *
 * @param portal where to log in
 * @param target the target's name
 * @param lun the logical unit number, which may differ from one portal to another
 */
public record IscsiPath(Portal portal, TargetName target, int lun) {
  /** The highest LUN that the flat space addressing method has (SAM-5, 4.7.7.3). */
  public static final int HIGHEST_LUN = 16_383;

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
