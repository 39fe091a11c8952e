/** Tests against a simulated iscsiadm and sysfs in a directory. */
@NullMarked
package io.vmstore.iscsi;

import org.jspecify.annotations.NullMarked;
