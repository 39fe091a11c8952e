package io.vmstore.iscsi;

import io.vmstore.managed.IscsiPath;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What a call of connect has made and takes back when it fails: what was there before is left
 * alone. Thread safety: thread-safe.
 */
final class Made {
  private final Set<IscsiPath> logins = ConcurrentHashMap.newKeySet();
  private final Set<IscsiPath> disks = ConcurrentHashMap.newKeySet();
  private volatile boolean underWay;

  /** Its portal had no session, so one that is there now, and its record, are of this call. */
  void login(IscsiPath path) {
    logins.add(path);
  }

  /** Nothing was at its LUN, so what is there now is of this call. */
  void disk(IscsiPath path) {
    disks.add(path);
  }

  Set<IscsiPath> logins() {
    return Set.copyOf(logins);
  }

  Set<IscsiPath> disks() {
    return Set.copyOf(disks);
  }

  /** iscsid or the kernel may go on with what it was asked for after whoever asked is gone. */
  void leaveUnderWay() {
    underWay = true;
  }

  boolean underWay() {
    return underWay;
  }
}
