package io.vmstore.examples.cli;

import io.vmstore.AttachedDevice;
import io.vmstore.Finding;
import io.vmstore.ZvolStatus;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Mapping;
import io.vmstore.model.NodeName;
import io.vmstore.model.Target;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What people read; no promise is made about its form. */
final class Texts {
  private static final String NONE = "-";

  private Texts() {}

  static String mapping(Mapping mapping) {
    return mapping.zvol()
        + " is mapped to "
        + mapping.host()
        + "\n"
        + new Table()
            .row("  stable path", mapping.stablePath())
            .row("  device", mapping.device())
            .row("  size", mapping.size())
            .row("  volume id", mapping.id())
            .row("  target", mapping.target().iqn())
            .row("  portals", portals(mapping.target()))
            .row("  generation", mapping.generation());
  }

  static String zvols(List<ZvolStatus> zvols) {
    Table table = new Table().row("ZVOL", "SIZE", "STATE", "HOST", "STABLE PATH");
    for (ZvolStatus zvol : zvols) {
      table.row(
          zvol.zvol(),
          zvol.knownSize().map(ByteSize::toString).orElse(NONE),
          zvol.state(),
          zvol.remoteHost().map(NodeName::value).orElse(NONE),
          path(zvol));
    }
    return table.toString();
  }

  private static String path(ZvolStatus zvol) {
    return zvol.currentMapping()
        .map(mapping -> mapping.stablePath().value())
        .or(() -> zvol.currentExposure().map(its -> "exposed to " + its.initiator()))
        .orElse(NONE);
  }

  static String devices(List<AttachedDevice> devices) {
    Table table = new Table().row("DEVICE", "SIZE", "STABLE PATH", "TARGET", "PORTALS");
    for (AttachedDevice device : devices) {
      table.row(
          device.device(),
          device.size(),
          device.stablePath(),
          device.target().iqn(),
          portals(device.target()));
    }
    return table.toString();
  }

  static String findings(List<Finding> findings) {
    Table table = new Table().row("KIND", "SUBJECT", "ACTION", "OUTCOME", "REASON");
    for (Finding finding : findings) {
      table.row(
          finding.kind(),
          finding.subject(),
          finding.action(),
          finding.outcome(),
          finding.reason().isEmpty() ? NONE : finding.reason());
    }
    return table.toString();
  }

  static String error(VmStoreException failure) {
    Table table = new Table();
    addUnlessEmpty(table, "cause", failure.reason());
    addUnlessEmpty(table, "correction", failure.correction());
    if (failure.outcomeUnknown()) {
      table.row(
          "  outcome", "unknown: the effect may have happened; look before deciding anything");
    }
    addUnlessEmpty(table, "details", details(failure.details()));
    table.row("  code", failure.code());
    return "vmstore: " + failure.problem() + "\n" + table;
  }

  private static void addUnlessEmpty(Table table, String label, String value) {
    if (!value.isEmpty()) {
      table.row("  " + label, value);
    }
  }

  private static String details(Map<String, String> details) {
    return details.entrySet().stream()
        .map(detail -> detail.getKey() + "=" + detail.getValue())
        .collect(Collectors.joining(", "));
  }

  private static String portals(Target target) {
    return target.portals().stream().map(Object::toString).collect(Collectors.joining(","));
  }
}
