package io.vmstore.examples.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmstore.CallOptions;
import io.vmstore.ZvolQuery;
import io.vmstore.ZvolStatus;
import io.vmstore.core.VmStore;
import io.vmstore.model.Deadline;
import io.vmstore.model.NodeName;
import io.vmstore.model.ZvolName;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code vmstore ls}. */
@Command(
    name = "ls",
    description = "Lists the volumes of a NAS and who has them.",
    footer = {
      "",
      "A volume that does not exist gives an empty list.",
      "",
      "Examples:",
      "  vmstore ls nas1",
      "  vmstore --json ls nas1 tank/vm-17"
    })
@SuppressWarnings("NullAway.Init") // picocli sets the parameters
final class ListCommand implements NodeCommand<List<ZvolStatus>> {
  @Parameters(index = "0", paramLabel = "NAS", description = "The node name of the NAS.")
  NodeName nas;

  @Parameters(
      index = "1",
      paramLabel = "POOL/ZVOL",
      arity = "0..1",
      description = "Only this volume.")
  @Nullable ZvolName zvol;

  @Override
  public String doing() {
    return "listing the volumes of " + nas;
  }

  @Override
  public CompletableFuture<List<ZvolStatus>> ask(VmStore store, Deadline deadline) {
    ZvolQuery query = zvol == null ? ZvolQuery.all() : ZvolQuery.named(zvol);
    return store.nas(nas).listZvols(query, CallOptions.by(deadline));
  }

  @Override
  public JsonNode json(List<ZvolStatus> zvols) {
    return Documents.zvols(zvols);
  }

  @Override
  public String text(List<ZvolStatus> zvols) {
    return Texts.zvols(zvols);
  }
}
