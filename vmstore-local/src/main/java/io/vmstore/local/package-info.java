/**
 * The embedded default for one machine: volumes are files below one folder, devices are loop
 * devices, or plain files without root. Start from {@link io.vmstore.local.LocalStorage}.
 */
@NullMarked
package io.vmstore.local;

import org.jspecify.annotations.NullMarked;
