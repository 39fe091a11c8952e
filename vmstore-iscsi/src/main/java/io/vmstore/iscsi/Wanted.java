package io.vmstore.iscsi;

import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import org.jspecify.annotations.Nullable;

/**
 * What is to be connected.
 *
 * @param target where it is
 * @param id which volume it must be
 * @param credentials what the login proves; null when the initiator's name suffices
 */
record Wanted(Target target, VolumeId id, @Nullable Credentials credentials) {}
