package io.vmstore.model;

/**
 * One volume in the hands of one compute node.
 *
 * @param zvol the volume
 * @param id its identity, equal to the unit serial number the device shows
 * @param host the compute node that has it
 * @param size its true size, which for an adopted zvol may differ from the one asked for
 * @param target where it is exported
 * @param device the kernel's name of the device on the compute node, which another boot may change
 * @param stablePath a path on the compute node that means this volume for as long as it is mapped
 * @param generation the number of this mapping, growing by one with each mapping of the volume
 */
public record Mapping(
    ZvolName zvol,
    VolumeId id,
    NodeName host,
    ByteSize size,
    Target target,
    DevicePath device,
    DevicePath stablePath,
    long generation) {}
