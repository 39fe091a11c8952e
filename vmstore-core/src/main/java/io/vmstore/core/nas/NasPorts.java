package io.vmstore.core.nas;

import io.vmstore.ComputeService;
import io.vmstore.model.NodeName;
import io.vmstore.spi.Scheduler;
import io.vmstore.spi.StateStore;
import io.vmstore.spi.TargetExporter;
import io.vmstore.spi.ZvolManager;
import java.util.function.Function;

/**
 * Everything outside the NAS role that it acts upon.
 *
 * @param zvols keeps the volumes
 * @param exporter exports them
 * @param computes finds the service of a compute node by its name
 * @param store keeps the records
 * @param scheduler gives time and threads
 */
public record NasPorts(
    ZvolManager zvols,
    TargetExporter exporter,
    Function<NodeName, ComputeService> computes,
    StateStore store,
    Scheduler scheduler) {}
