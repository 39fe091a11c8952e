package io.vmstore;

import io.vmstore.model.ByteSize;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;

/**
 * An export that a compute node has attached.
 *
 * @param target the target it is logged in to
 * @param volume the volume's identity, as the device itself says
 * @param device the kernel's name of the device, which another boot may change
 * @param stablePath a path that means this volume for as long as it is attached
 * @param size the device's size
 */
public record AttachedDevice(
    Target target, VolumeId volume, DevicePath device, DevicePath stablePath, ByteSize size) {}
