package io.vmstore.testkit.memory;

final class MemorySinglePathTest extends MemoryVolumeConnectorTests {}
