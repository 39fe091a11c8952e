package io.vmstore.spi;

import io.vmstore.model.ByteSize;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Target;

/**
 * A target that this machine has a session with, and its disk.
 *
 * @param target the target, with the portals in use
 * @param serial the unit serial number (SPC-4, VPD page 0x80) read from the device itself, not from
 *     what was asked for
 * @param device the kernel's name of the device
 * @param stablePath a path that means this volume for as long as it is connected
 * @param size the device's size
 * @param loggedIn whether the session is logged in: when it is not, because its target was lost,
 *     reads and writes wait or fail until the initiator has logged in again by itself
 */
public record ConnectedDevice(
    Target target,
    String serial,
    DevicePath device,
    DevicePath stablePath,
    ByteSize size,
    boolean loggedIn) {}
