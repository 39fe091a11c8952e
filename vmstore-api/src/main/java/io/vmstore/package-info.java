/**
 * What an application calls: {@link io.vmstore.NasService} to map and unmap volumes, {@link
 * io.vmstore.ComputeService} to see what a compute node has attached, and the records of their
 * requests and results.
 */
@NullMarked
package io.vmstore;

import org.jspecify.annotations.NullMarked;
