package io.vmstore.spi;

import io.vmstore.model.ByteSize;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Target;

/**
 * A target that this machine is logged in to, with its disk.
 *
 * @param target the target, with the portals in use
 * @param serial the unit serial number (SPC-4, VPD page 0x80) read from the device itself, not from
 *     what was asked for
 * @param device the kernel's name of the device
 * @param stablePath a path that means this volume for as long as it is connected
 * @param size the device's size
 */
public record ConnectedDevice(
    Target target, String serial, DevicePath device, DevicePath stablePath, ByteSize size) {}
