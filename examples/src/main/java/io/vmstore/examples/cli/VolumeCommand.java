package io.vmstore.examples.cli;

import io.vmstore.model.NodeName;
import io.vmstore.model.ZvolName;
import picocli.CommandLine.Parameters;

/**
 * A command about one volume of a NAS: the two are its first parameters.
 *
 * @param <T> the result
 */
@SuppressWarnings("NullAway.Init") // picocli sets the parameters
abstract class VolumeCommand<T> implements NodeCommand<T> {
  @Parameters(index = "0", paramLabel = "NAS", description = "The node name of the NAS.")
  NodeName nas;

  @Parameters(index = "1", paramLabel = "POOL/ZVOL", description = "The volume.")
  ZvolName zvol;
}
