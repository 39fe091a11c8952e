package io.vmstore.iscsi;

/** A disk, and the session by which it is here. */
record Connected(Sysfs.Session session, Sysfs.Disk disk) {}
